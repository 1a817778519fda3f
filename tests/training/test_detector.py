"""The detector learns."""

import math
from dataclasses import replace

import torch
from made_tensors import STILL, squares

from smallimg.training.detector import fit_detector
from smallimg.training.recipes import StageRecipe
from smallimg.training.tensors import join


def test_the_detector_learns_and_logs_its_four_losses() -> None:
    small = {"widths": [16, 16, 32, 32], "channels": 32, "anchors": [16, 24, 32, 48], "input_size": 64}
    recipe = StageRecipe("compact_fasterrcnn", 64, 8, 8, 4e-3, replace(STILL, paste=0.5), small, reads="image")
    curve: list[dict[str, float]] = []
    _, best = fit_detector(
        squares(96),
        squares(24),
        recipe=recipe,
        seed=0,
        report=lambda progress: curve.append(progress.metrics) if progress.metrics else None,
    )
    four = {"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"}
    assert four | {"val_iou", "val_map"} <= set(curve[0])
    assert best["val_iou"] > max(0.45, curve[0]["val_iou"])


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
