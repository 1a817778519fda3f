"""The grid: what its cells say, whose object is whose, and its losses, each beside the slow way."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import box_iou, generalized_box_iou

from smallimg.networks.detectors.yolo_grid import NO_OBJECT, PLACE, YoloGrid, fitting

SIDES = (16, 24, 40)


def grid(n_classes: int = 1) -> YoloGrid:
    torch.manual_seed(0)
    trunk = {"widths": [8, 8, 16, 16], "blocks": [1, 1, 1, 1]}
    return YoloGrid(**trunk, channels=16, anchors=SIDES, n_classes=n_classes, input_size=64)  # type: ignore[arg-type]


def test_boxes_begin_in_the_middle_of_their_cells_with_their_base_sizes() -> None:
    network = grid()
    torch.nn.init.zeros_(network.head[-1].weight)  # type: ignore[arg-type]
    _, boxes, _ = network.said([torch.rand(3, 64, 64)])
    assert boxes.shape == (1, 4, 3, 4), "2 × 2 cells of 32 pixels, three boxes each"
    centres, sizes = (boxes[0, ..., :2] + boxes[0, ..., 2:]) / 2, boxes[0, ..., 2:] - boxes[0, ..., :2]
    assert centres[:, 0].tolist() == [[16, 16], [48, 16], [16, 48], [48, 48]]
    assert sizes[0].tolist() == [[side, side] for side in SIDES]


@pytest.mark.parametrize(("size", "best"), [((14, 15), 0), ((10, 40), 1), ((64, 60), 2), ((24, 24), 1)])
def test_the_base_box_that_fits_best(size: tuple[int, int], best: int) -> None:
    by_hand = [
        min(size[0], s) * min(size[1], s) / (size[0] * size[1] + s * s - min(size[0], s) * min(size[1], s))
        for s in SIDES
    ]
    assert by_hand.index(max(by_hand)) == best
    assert fitting(torch.tensor([size], dtype=torch.float32), torch.tensor(SIDES, dtype=torch.float32)).tolist() == [
        best
    ]


def test_losses_are_those_of_the_slow_way() -> None:
    network = grid(n_classes=3).train()
    true = torch.tensor([[2.0, 4, 20, 22], [30, 28, 62, 62]])
    targets = [{"boxes": true, "labels": torch.tensor([3, 1])}, {"boxes": true[:0], "labels": torch.zeros(0).long()}]
    scores, boxes, kinds = network.said([torch.rand(3, 64, 64), torch.rand(3, 64, 64)])
    losses = network.losses(scores, boxes, kinds, targets)

    sure, misplaced, named = 0.0, 0.0, 0.0
    owners = {(0, 0, 0): 0, (0, 3, 2): 1}  # picture, cell, base box → object: centres (11, 13) and (46, 45)
    for picture in range(2):
        for cell in range(4):
            for base in range(3):
                box, logit = boxes[picture, cell, base][None], scores[picture, cell, base]
                owned = owners.get((picture, cell, base))
                if owned is not None:
                    sure += bce(logit, box_iou(box, true[owned : owned + 1])[0, 0])
                    misplaced += 1 - generalized_box_iou(box, true[owned : owned + 1]).item()
                    named -= kinds[picture, cell].log_softmax(0)[targets[0]["labels"][owned] - 1].item()
                elif picture == 1 or box_iou(box, true).max() <= 0.5:
                    sure += NO_OBJECT * bce(logit, torch.tensor(0.0))
    assert losses["loss_objectness"].item() == pytest.approx(sure / 2, rel=1e-4)
    assert losses["loss_box_reg"].item() == pytest.approx(PLACE * misplaced / 2, rel=1e-4)
    assert losses["loss_classifier"].item() == pytest.approx(named / 2, rel=1e-4)


def bce(logit: Tensor, wanted: Tensor) -> float:
    return F.binary_cross_entropy_with_logits(logit.detach(), wanted.detach()).item()


def test_a_score_is_that_of_an_object_times_that_of_its_name() -> None:
    network = grid(n_classes=2).eval()
    scores = torch.full((4, 3), -9.0)
    scores[2, 1] = 2.0
    boxes = torch.tensor([-5.0, 10, 30, 70]).expand(4, 3, 4)
    found = network.best(scores, boxes, torch.tensor([[0.0, 1.0]] * 4))
    assert found["scores"].item() == pytest.approx(1 / (1 + math.exp(-2)) / (1 + math.exp(-1)))
    assert found["labels"].tolist() == [2]
    assert found["boxes"].tolist() == [[0, 10, 30, 64]], "clipped to the picture"
