"""The detector learns."""

import math
from dataclasses import replace

import pytest
import torch
from made_tensors import STILL, squares

from smallimg.errors import TrainingError
from smallimg.training.detector import fit_detector, kinds_of, labels_of, masks_in
from smallimg.training.recipes import StageRecipe
from smallimg.training.tensors import join


def test_the_detector_learns_and_logs_its_four_losses() -> None:
    small = {"widths": [8, 16, 16, 16], "channels": 16, "anchors": [16, 24, 32, 48], "samples": 16, "input_size": 64}
    recipe = StageRecipe("compact_fasterrcnn", 64, 6, 8, 1e-2, replace(STILL, paste=0.5), small, reads="image")
    curve: list[dict[str, float]] = []
    _, best = fit_detector(
        squares(48),
        squares(16),
        recipe=recipe,
        seed=0,
        report=lambda progress: curve.append(progress.metrics) if progress.metrics else None,
    )
    four = {"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"}
    assert four | {"val_iou", "val_map"} <= set(curve[0])
    assert best["val_iou"] > max(0.45, curve[0]["val_iou"])


#: One of each family; what they are built of is in tests/networks/detectors.
LEARNERS = {
    "ssd": {"widths": [8, 16, 32, 32], "channels": 16, "shares": (0.3, 0.5, 0.7, 0.9)},
    "yolo_grid": {"widths": [8, 16, 32], "blocks": (1, 1, 1), "channels": 32, "anchors": (16, 24, 32)},
    "localizer": {"widths": [8, 16, 32], "blocks": (1, 1, 1), "channels": 16, "hidden": 64},
    "sliding_window": {"widths": [8, 16], "crop": 16, "step": 0.4},
    "rcnn": {"widths": [8, 16], "crop": 16},
    "fast_rcnn": {"widths": [8, 16, 32], "blocks": (1, 1, 1), "channels": 16, "samples": 16, "pooling": "pool"},
}


#: They look at many places of each picture one by one, and need few pictures.
SLOW = {"sliding_window", "rcnn", "fast_rcnn"}


@pytest.mark.parametrize("architecture", LEARNERS)
def test_the_others_learn_too(architecture: str) -> None:
    arguments = LEARNERS[architecture] | {"input_size": 64}
    n, epochs = (32, 4) if architecture in SLOW else (64, 8)
    recipe = StageRecipe(architecture, 64, epochs, 8, 4e-3, STILL, arguments, reads="image")
    curve: list[float] = []
    _, best = fit_detector(
        squares(n),
        squares(16),
        recipe=recipe,
        seed=0,
        report=lambda progress: curve.append(progress.metrics["val_iou"]) if progress.metrics else None,
    )
    assert best["val_iou"] > max(0.3, min(curve[0], 0.8)), "one box for all is 0.2"


def test_masks_and_names_are_learned_where_they_are_asked_for() -> None:
    small = {"widths": [8, 8, 16, 16], "channels": 16, "anchors": [16, 24, 32, 48], "hidden": 16, "samples": 16}
    recipe = StageRecipe("mask_rcnn", 64, 1, 8, 4e-3, STILL, small | {"input_size": 64, "n_classes": 2}, reads="image")
    network, best = fit_detector(squares(16), squares(8), recipe=recipe, seed=0, report=lambda _: None)
    assert math.isfinite(best["loss_mask"])
    assert best["loss_mask"] > 0
    assert network.roi_heads.box_predictor.cls_score.out_features == 3
    with pytest.raises(TrainingError, match="mask_rcnn learns from masks, and these pictures have none"):
        fit_detector(replace(squares(8), alpha=None), squares(8), recipe=recipe, seed=0, report=lambda _: None)


def test_the_class_of_each_box_and_the_mask_in_it() -> None:
    one = replace(squares(2), labels=torch.tensor([1, -1]), boxes=(torch.zeros(2, 4), torch.zeros(3, 4)))
    several = replace(one, box_labels=(torch.tensor([], dtype=torch.int64), torch.tensor([0, 1, 0])))
    assert kinds_of(one, 0).tolist() == [1, 1]
    assert kinds_of(one, 1).tolist() == [-1, -1, -1]
    assert [kinds_of(several, index).tolist() for index in (0, 1)] == [[1, 1], [0, 1, 0]]
    assert labels_of(torch.tensor([0, 1]), named=True).tolist() == [1, 2]
    assert labels_of(torch.tensor([0, -1]), named=False).tolist() == [1, 1]
    mask = torch.ones(6, 6, dtype=torch.bool)
    within = masks_in(mask, torch.tensor([[1.0, 2, 4, 4], [0, 0, 6, 6]]))
    assert within.sum(dim=(1, 2)).tolist() == [6, 36]
    assert within[0, 2:4, 1:4].all()


def test_pictures_that_show_nothing_are_learned_from() -> None:
    """Half of them bare noise: the losses stay finite, and the fit is measured where there is something to fit."""
    small = {"widths": [16, 16, 32, 32], "channels": 32, "anchors": [16, 24, 32, 48], "input_size": 64}
    recipe = StageRecipe("compact_fasterrcnn", 64, 1, 8, 4e-3, STILL, small, reads="image")
    train = squares(8)
    bare = replace(
        train,
        pixels=torch.randint(90, 160, train.pixels.shape, dtype=torch.uint8),
        alpha=torch.zeros_like(train.pixels[:, :1]),
        boxes=(torch.zeros(0, 4),) * 8,
    )
    both = join(train, bare)
    _, best = fit_detector(both, both, recipe=recipe, seed=0, report=lambda _: None)
    assert all(math.isfinite(value) for value in best.values())
