"""The classifier learns, repeats with its seed, and says what it cannot do."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from made_tensors import SMALL, STILL, squares

from smallimg.errors import TrainingError
from smallimg.training.classifier import fit_classifier, validation_logits
from smallimg.training.loop import Progress
from smallimg.training.recipes import Augment, StageRecipe
from smallimg.training.tensors import Tensors


def learned(recipe: StageRecipe, report: Callable[[Progress], None]) -> dict[str, float]:
    """The best epoch's figures of a classifier that was taught what the squares show, without masks."""
    _, best = fit_classifier(
        replace(squares(96), alpha=None),
        replace(squares(40), alpha=None),
        n_classes=2,
        recipe=recipe,
        seed=0,
        report=report,
    )
    return best


def test_the_classifier_learns() -> None:
    seen: list[Progress] = []
    best = learned(StageRecipe("compact_resnet", 32, 4, 8, 8e-3, STILL, SMALL, margin=0.2), seen.append)
    assert best["val_accuracy"] > 0.95
    epochs = [progress for progress in seen if progress.metrics]
    assert [progress.epoch for progress in epochs] == [1, 2, 3, 4]
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "val_precision", "learning_rate"} <= set(epochs[0].metrics)


def test_it_learns_from_pictures_that_are_mixed() -> None:
    mixed = StageRecipe("compact_resnet", 32, 6, 8, 8e-3, replace(STILL, mix=1.0), SMALL, margin=0.2)
    losses = {}
    for recipe in (mixed, replace(mixed, augment=STILL)):
        best = learned(recipe, lambda _: None)
        assert best["val_accuracy"] > 0.9
        losses[recipe.augment.mix] = best["loss"]
    assert losses[1.0] > 1.5 * losses[0.0], "of two classes at once, neither is certain"


def test_the_same_seed_gives_the_same_network() -> None:
    recipe = StageRecipe("compact_resnet", 32, 1, 16, 2e-3, Augment(), SMALL)
    weights = []
    for seed in (5, 5, 6):
        network, _ = fit_classifier(
            squares(32), squares(16), n_classes=2, recipe=recipe, seed=seed, report=lambda _: None
        )
        weights.append(network.state_dict()["head.3.weight"])
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_loss_that_explodes_is_said() -> None:
    recipe = StageRecipe("compact_resnet", 32, 3, 16, float("inf"), STILL, SMALL)
    with pytest.raises(TrainingError, match="lower its learning rate"):
        fit_classifier(squares(64), squares(8), n_classes=2, recipe=recipe, seed=0, report=lambda _: None)


def test_a_ground_that_gives_the_class_away_does_so_no_more() -> None:
    plain = squares(64)
    assert plain.alpha is not None
    ground = torch.tensor([30, 200], dtype=torch.uint8)[plain.labels].reshape(-1, 1, 1, 1)
    wide = torch.nn.functional.max_pool2d(plain.alpha.float(), 9, stride=1, padding=4) > 0  # no ground on its edge
    telling = replace(plain, pixels=torch.where(wide, torch.tensor(120, dtype=torch.uint8), ground))
    accuracy = {}
    for paste in (0.0, 1.0):
        recipe = StageRecipe(
            "compact_resnet", 32, 5, 8, 2e-3, replace(STILL, paste=paste), SMALL, margin=1.0, reads="image"
        )
        _, best = fit_classifier(telling, telling, n_classes=2, recipe=recipe, seed=0, report=lambda _: None)
        accuracy[paste] = best["accuracy"]
    assert accuracy[0.0] > 0.9
    assert accuracy[1.0] < 0.75


def test_strangers_get_no_name() -> None:
    data = squares(64)
    noise = torch.randint(0, 256, data.pixels.shape, dtype=torch.uint8)
    strangers = Tensors(noise, None, tuple(torch.zeros(0, 4) for _ in noise), torch.full((64,), -1))
    recipe = StageRecipe("compact_resnet", 32, 8, 8, 6e-3, STILL, SMALL, margin=1.0, reads="image")
    sure = []
    for others in (None, strangers):
        network, best = fit_classifier(
            data, data, n_classes=2, recipe=recipe, seed=0, report=lambda _: None, strangers=others
        )
        assert best["val_accuracy"] > 0.9
        assert ("loss_strangers" in best) == (others is not None)
        sure.append(validation_logits(network, strangers, recipe).softmax(dim=1).amax(dim=1).mean().item())
    assert sure[1] < 0.6 < sure[0]
    assert sure[1] < sure[0] - 0.1
