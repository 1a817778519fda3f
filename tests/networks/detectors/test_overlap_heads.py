"""The second stage that scores how well a box fits: its losses, and that it predicts as torchvision's does."""

import math

import pytest
import torch
from torch import nn

from smallimg.networks.detectors import build_detector
from smallimg.networks.detectors.overlap_heads import best_overlap, naming_loss

SMALL = {"widths": [8, 8, 8, 8], "channels": 8, "input_size": 64, "anchors": [8, 16, 32, 48], "samples": 8}


def detector(*, scores_overlap: bool) -> nn.Module:
    torch.manual_seed(0)
    return build_detector("compact_fasterrcnn", SMALL | {"scores_overlap": scores_overlap})


def test_overlap_is_that_with_the_best_true_box() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [5, 0, 15, 10], [50, 50, 60, 60]])
    true = torch.tensor([[0.0, 0, 10, 10], [50, 50, 60, 55]])
    assert best_overlap(boxes, true).tolist() == pytest.approx([1, 1 / 3, 0.5])
    assert best_overlap(boxes, true[:0]).tolist() == [0, 0, 0]


def test_it_predicts_as_torchvisions() -> None:
    ours, theirs = detector(scores_overlap=True).eval(), detector(scores_overlap=False).eval()
    theirs.load_state_dict(ours.state_dict())
    picture = torch.rand(3, 64, 64)
    with torch.inference_mode():
        (found,), (expected,) = ours([picture]), theirs([picture])
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert torch.equal(found[key], value)


def test_what_the_losses_want() -> None:
    heads = detector(scores_overlap=True).train().roi_heads
    for parameter in heads.box_predictor.parameters():
        nn.init.zeros_(parameter)  # boxes stay where they are, and every score is one half
    features = {str(level): torch.rand(1, 8, 16 >> level, 16 >> level) for level in range(4)}
    true = torch.tensor([[10.0, 10, 50, 50]])
    targets = [{"boxes": true, "labels": torch.ones(1, dtype=torch.int64)}]

    def losses(box: list[int]) -> dict[str, float]:
        _, found = heads(features, [torch.tensor([box], dtype=torch.float32)], [(64, 64)], targets)
        return {name: value.item() for name, value in found.items()}

    # The true box is always among those it learns from: alone it leaves no loss of place, and none but the score's.
    assert losses([10, 10, 50, 50])["loss_box_reg"] == pytest.approx(0, abs=1e-5)
    assert losses([10, 10, 50, 50])["loss_classifier"] == pytest.approx(math.log(2), abs=1e-5)
    assert losses([10, 10, 50, 42])["loss_box_reg"] == pytest.approx(0.2 / 2, abs=1e-5)  # IoU 0.8, mean of the two


def test_pictures_without_objects_have_losses() -> None:
    network = detector(scores_overlap=True).train()
    empty = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    losses = network([torch.rand(3, 64, 64)], [empty])
    assert all(value.isfinite() for value in losses.values())
    assert losses["loss_box_reg"].item() == 0


def test_it_learns_names_where_they_are_known() -> None:
    logits = torch.zeros(3, 4, requires_grad=True)
    assert naming_loss(logits, torch.tensor([1, -1, 2])).item() == pytest.approx(math.log(4))
    assert naming_loss(logits, torch.tensor([-1, -1, -1])).item() == 0
    assert naming_loss(logits[:0], torch.zeros(0, dtype=torch.int64)).item() == 0

    torch.manual_seed(0)
    network = build_detector("compact_fasterrcnn", SMALL | {"scores_overlap": True, "n_kinds": 3}).train()
    objects = {"boxes": torch.tensor([[8.0, 8, 40, 40], [30, 30, 60, 60]]), "labels": torch.ones(2, dtype=torch.int64)}
    nothing = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    targets = [objects | {"kinds": torch.tensor([2, -1])}, nothing | {"kinds": torch.zeros(0, dtype=torch.int64)}]
    losses = network([torch.rand(3, 64, 64), torch.rand(3, 64, 64)], targets)
    losses["loss_kind"].backward()
    assert network.roi_heads.kinds.weight.grad.abs().sum() > 0
