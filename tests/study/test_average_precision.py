"""Mean average precision, against torchmetrics on boxes drawn at random, and by hand where nothing is to be found."""

import numpy as np
import pytest
import torch
from torchmetrics.detection import MeanAveragePrecision

from smallimg.boxes import as_boxes
from smallimg.study.average_precision import average_precision, size_of


def drawn(rng: np.random.Generator, n: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Pictures with objects of all sizes, boxes near them, and some boxes and objects alone."""
    found, true = [], []
    for _ in range(n):
        count = rng.integers(0, 4)
        corner, size = rng.uniform(0, 200, (count, 2)), rng.uniform(5, 150, (count, 2))
        boxes = np.concatenate([corner, corner + size], axis=1)
        near = np.concatenate([boxes + rng.normal(0, 4, boxes.shape), rng.uniform(0, 50, (1, 4)).cumsum(axis=1)])
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        scores = np.sort(rng.uniform(0.05, 1, len(near)))[::-1]
        found.append(np.concatenate([near, scores[:, None]], axis=1).astype(np.float32))
        true.append(as_boxes(boxes))
    return found, true


def test_it_is_what_torchmetrics_counts() -> None:
    found, true = drawn(np.random.default_rng(3), 40)
    # Its own thresholds are float32: 0.2 of five objects is less than its 0.2.
    oracle = MeanAveragePrecision(
        iou_thresholds=np.linspace(0.5, 0.95, 10).tolist(), rec_thresholds=np.linspace(0, 1, 101).tolist()
    )
    for boxes, objects in zip(map(torch.from_numpy, found), map(torch.from_numpy, true), strict=True):
        one = {"boxes": boxes[:, :4], "scores": boxes[:, 4], "labels": torch.ones(len(boxes)).long()}
        oracle.update([one], [{"boxes": objects, "labels": torch.ones(len(objects)).long()}])
    expected = oracle.compute()
    figures = average_precision(found, true)
    for name in ("map", "map_50", "map_75", "map_small", "map_medium", "map_large"):
        assert figures[name] == pytest.approx(expected[name].item(), abs=1e-5), name
    assert 0 < figures["map"] < 1
    assert sum(figures["objects"].values()) == sum(map(len, true))


def test_a_box_where_nothing_is_costs_precision_and_no_object_has_no_figure() -> None:
    box = as_boxes([10, 10, 60, 60])
    right, wrong = (np.array([[10, 10, 60, 60, score]], np.float32) for score in (0.5, 0.9))
    nothing, empty = as_boxes([]), np.zeros((0, 5), np.float32)
    assert average_precision([right, empty], [box, nothing])["map"] == 1
    assert average_precision([right, wrong], [box, nothing])["map"] == pytest.approx(0.5)
    assert average_precision([empty], [box]) == {
        "map": 0, "map_50": 0, "map_75": 0, "map_medium": 0, "objects": {"small": 0, "medium": 1, "large": 0},
    }  # fmt: skip
    assert average_precision([wrong], [nothing]) == {}
    assert average_precision([], []) == {}


@pytest.mark.parametrize(("side", "name"), [(31.9, "small"), (32, "medium"), (95.9, "medium"), (96, "large")])
def test_sizes_are_cocos(side: float, name: str) -> None:
    assert size_of(side**2) == name
