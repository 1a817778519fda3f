"""Looks: what a classifier that sees whole pictures too is shown, and what it is asked."""

from dataclasses import replace

import torch
from made_tensors import SMALL, STILL, squares

from smallimg.training.classifier import fit_classifier, validation_logits
from smallimg.training.looks import OFF, crops, disturbed, mean_of_looks
from smallimg.training.recipes import StageRecipe

NEAR = StageRecipe("compact_resnet", 32, 4, 8, 8e-3, STILL, SMALL, reads="image", margin=0.2)
BOTH = replace(NEAR, whole_too=True)


def test_whole_pictures_come_after_those_of_the_objects() -> None:
    data = replace(squares(6), alpha=None)
    near, both = crops(data, NEAR), crops(data, BOTH)
    assert len(both) == 2 * len(near)
    assert torch.equal(both[:6], near)
    whole = crops(data.without_boxes(), replace(NEAR, margin=0.0))
    torch.testing.assert_close(both[6:], whole)


def test_the_mean_is_of_each_pictures_looks() -> None:
    said = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [9.0, 10.0]])
    assert mean_of_looks(said, 2).tolist() == [[3.0, 4.0], [6.0, 7.0]]
    assert torch.equal(mean_of_looks(said, 4), said)


def test_disturbed_windows_stay_squares_near_their_place() -> None:
    torch.manual_seed(0)
    windows = torch.tensor([[10.0, 20.0, 50.0, 60.0]]).repeat(500, 1)
    moved = disturbed(windows)
    sides = moved[:, 2:] - moved[:, :2]
    torch.testing.assert_close(sides[:, 0], sides[:, 1])
    centres = (moved[:, 2:] + moved[:, :2]) / 2
    off = (centres - torch.tensor([30.0, 40.0])).abs() / 40
    assert off.amax() <= OFF
    assert off.amax() > 0.9 * OFF
    assert 0.7 < (sides / 40).amin() < 0.8
    assert 1.25 < (sides / 40).amax() < 1.4


def test_one_that_looks_at_both_learns_and_answers_with_the_mean() -> None:
    train, held = (replace(squares(n), alpha=None) for n in (96, 40))
    network, best = fit_classifier(train, held, n_classes=2, recipe=BOTH, seed=0, report=lambda _: None)
    assert best["val_accuracy"] > 0.9
    asked = [validation_logits(network, part, NEAR) for part in (held, held.without_boxes())]
    whole = validation_logits(network, held.without_boxes(), replace(NEAR, margin=0.0))
    torch.testing.assert_close(validation_logits(network, held, BOTH), (asked[0] + whole) / 2, rtol=1e-3, atol=1e-3)
