"""Windows: which there are, which are learned from, and what they show."""

import torch

from smallimg.networks.detectors.crops import SlidingWindow, best_windows, drawn_windows, label_of, window_grid


def test_windows_lie_within_the_picture_and_reach_its_edges() -> None:
    grid = window_grid(64, (0.25, 0.8), (0.5, 1.0, 2.0), 0.25)
    assert (grid[:, :2] >= 0).all()
    assert (grid[:, 2:] <= 64 + 1e-4).all()
    assert grid[:, :2].amin() == 0
    assert grid[:, 2:].amax() >= 64 - 1e-4
    shapes = {tuple(round(value) for value in (box[2:] - box[:2]).tolist()) for box in grid}
    assert shapes == {(23, 11), (16, 16), (11, 23), (64, 36), (51, 51), (36, 64)}


def test_what_a_window_shows() -> None:
    true = torch.tensor([[10.0, 10, 30, 30], [40, 40, 60, 60]])
    windows = torch.tensor([[10.0, 10, 30, 29], [40, 40, 60, 50], [0, 0, 9, 9], [41, 41, 60, 60]])
    assert label_of(windows, true, torch.tensor([2, 5])).tolist() == [2, -1, 0, 5], "half an object is hard to say"
    assert label_of(windows, true[:0], torch.zeros(0).long()).tolist() == [0, 0, 0, 0]


def test_windows_to_learn_from_show_the_object_and_miss_it() -> None:
    torch.manual_seed(0)
    true, grid = torch.tensor([[20.0, 20, 44, 44]]), window_grid(64, (0.25,), (1.0,), 0.5)
    windows = torch.cat([drawn_windows(grid, true, 24, 64) for _ in range(10)])
    labels = label_of(windows, true, torch.tensor([1]))
    assert (labels == 1).float().mean() > 0.15
    assert (labels == 0).float().mean() > 0.3
    assert len(drawn_windows(grid, true[:0], 24, 64)) == 24, "a picture of nothing teaches what is nothing"


def test_all_windows_are_asked_in_parts(monkeypatch) -> None:
    network = SlidingWindow(widths=[8, 8], crop=16, input_size=64).eval()
    picture = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        whole = network.shares(picture)
        monkeypatch.setattr("smallimg.networks.detectors.crops.AT_ONCE", 7)
        torch.testing.assert_close(network.shares(picture), whole)
    assert len(whole) == len(network.windows) > 100


def test_the_best_window_comes_first_and_its_neighbours_go() -> None:
    windows = torch.tensor([[0.0, 0, 20, 20], [1, 0, 21, 20], [40, 40, 60, 60], [40, 0, 60, 20]])
    shares = torch.tensor([[0.3, 0.7, 0.0], [0.1, 0.9, 0.0], [0.2, 0.2, 0.6], [0.99, 0.01, 0.0]])
    found = best_windows(windows, shares)
    assert found["boxes"].tolist() == [[1, 0, 21, 20], [40, 40, 60, 60]]
    assert found["labels"].tolist() == [1, 2]
