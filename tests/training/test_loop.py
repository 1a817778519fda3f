"""The loop: a run that was stopped or killed continues as if nothing had happened."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from smallimg.errors import Stopped, TrainingError
from smallimg.training.loop import Forward, Keep, Progress, fit
from smallimg.training.recipes import Augment, StageRecipe

RECIPE = StageRecipe("tiny", 8, 5, 4, 1e-2, Augment())
X = torch.rand(22, 3, 8, 8, generator=torch.Generator().manual_seed(0))
Y = (X.mean(dim=(1, 2, 3)) > 0.5).long()


def train(
    keep: Keep | None, *, recipe: StageRecipe = RECIPE, network: nn.Module | None = None
) -> tuple[nn.Module, list[dict[str, float]], dict[str, float]]:
    """A small noisy training; the network, each epoch's figures and the best epoch's."""
    torch.manual_seed(1)
    network = network or nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(288, 2))
    curve: list[dict[str, float]] = []

    def losses_of(forward: Forward, chosen: Tensor, done: float) -> dict[str, Tensor]:
        noisy = X[chosen] + torch.randn_like(X[chosen]) * (1 - done)
        return {"loss": F.cross_entropy(forward(noisy), Y[chosen])}

    def validate(forward: Forward) -> dict[str, float]:
        return {"score": (forward(X).argmax(dim=1) == Y).float().mean().item()}

    def report(progress: Progress) -> None:
        if progress.metrics:
            curve.append(progress.metrics)

    best = fit(
        network,
        stage="tiny",
        n=len(X),
        losses_of=losses_of,
        validate=validate,
        better="score",
        recipe=recipe,
        seed=3,
        report=report,
        keep=keep,
    )
    return network, curve, best


def stop_after(steps: int) -> Keep:
    asked = iter(range(10_000))
    return Keep(Path(), lambda: next(asked) >= steps)


@pytest.mark.parametrize("steps", [0, 1, 6, 11, 12, 20, 29])  # six steps an epoch
def test_a_resumed_run_equals_the_unbroken_one(tmp_path: Path, steps: int) -> None:
    unbroken, whole_curve, whole_best = train(None)
    with pytest.raises(Stopped, match=f"epoch {steps // 6 + 1} of 5"):
        train(replace(stop_after(steps), folder=tmp_path))
    assert (tmp_path / "tiny.pt").is_file() == (steps >= 6)
    resumed, curve, best = train(Keep(tmp_path))
    assert curve == whole_curve[steps // 6 :]
    assert best == whole_best
    for name, value in unbroken.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    network, _, best = train(Keep(tmp_path))
    again, curve, best_again = train(Keep(tmp_path))
    assert curve == []
    assert best_again == best
    assert torch.equal(network.state_dict()["3.weight"], again.state_dict()["3.weight"])


def test_the_last_epoch_is_kept_beside_the_best(tmp_path: Path) -> None:
    train(Keep(tmp_path))
    state = torch.load(tmp_path / "tiny.pt", weights_only=True)
    assert state["epoch"] == RECIPE.epochs
    assert state["network"].keys() == state["best_weights"].keys()


def test_a_state_that_was_half_written_is_not_looked_at(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        train(replace(stop_after(8), folder=tmp_path))
    (tmp_path / "tiny.tmp").write_bytes(b"half")
    _, curve, _ = train(Keep(tmp_path))
    assert len(curve) == RECIPE.epochs - 1


def test_a_damaged_state_is_named(tmp_path: Path) -> None:
    (tmp_path / "tiny.pt").write_bytes(b"PK not a state")
    with pytest.raises(TrainingError, match=r"tiny\.pt is damaged"):
        train(Keep(tmp_path))


def test_a_state_of_another_run_is_refused(tmp_path: Path) -> None:
    train(Keep(tmp_path), recipe=replace(RECIPE, epochs=1))
    with pytest.raises(TrainingError, match="other settings"):
        train(Keep(tmp_path))


def test_a_loss_that_is_not_a_number_is_said() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))
    nn.init.constant_(network[1].weight, torch.nan)
    with pytest.raises(TrainingError, match=r"tiny's loss became nan in epoch 1: lower its learning rate"):
        train(None, network=network)


@pytest.mark.parametrize(("freeze_from", "moves"), [(0.0, False), (1.0, True)])
def test_batch_norm_keeps_its_statistics_once_frozen(freeze_from: float, moves: bool) -> None:
    network, *_ = train(None, recipe=replace(RECIPE, freeze_norm_from=freeze_from))
    norm = network.get_submodule("1")
    assert isinstance(norm, nn.BatchNorm2d)
    assert bool(norm.running_mean.any()) is moves
    assert norm.weight.std() > 0, "its scale learns all the same"
