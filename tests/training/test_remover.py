"""The remover learns, and how its masks are measured."""

from dataclasses import replace

import pytest
import torch
from made_tensors import STILL, squares

from smallimg.training.recipes import StageRecipe
from smallimg.training.remover import fit_remover, mask_iou


def test_the_remover_learns() -> None:
    small = {"widths": [8, 16, 16], "blocks": [1, 1, 1]}
    recipe = StageRecipe("small_unet", 64, 5, 8, 5e-3, replace(STILL, paste=0.5), small, half_size_until=0.5)
    _, best = fit_remover(squares(64), squares(16), recipe=recipe, seed=0, report=lambda _: None)
    assert best["val_iou"] > 0.6
    assert {"loss_bce", "loss_iou", "val_iou_pasted", "val_mae"} <= set(best)


def test_overlap_of_masks() -> None:
    mask = torch.zeros(4, 1, 4, 4)
    mask[:3, :, :2] = 0.9  # the upper half; the last is empty
    true = torch.zeros(4, 1, 4, 4)
    true[0, :, :2] = 1  # the same half
    true[1, :, :, :2] = 1  # the left half: a quarter of the picture in common, three quarters covered
    true[2, :, 2:] = 1  # the other half
    assert mask_iou(mask, true).tolist() == pytest.approx([1, 1 / 3, 0, 0])
