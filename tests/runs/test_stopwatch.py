"""A network's training from a few epochs of it: what is multiplied, what is not, and when it has been timed enough."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from smallimg.errors import Stopped
from smallimg.runs import stopwatch
from smallimg.runs.forecast import Part
from smallimg.runs.stopwatch import EXACT, LOOK, time_network
from smallimg.training.loop import Keep, Progress, Report
from smallimg.training.recipes import RECIPES, StageRecipe

RECIPE = replace(RECIPES["fast"].remover, epochs=10, batch_size=4, half_size_until=0.0)


class Clock:
    """A clock that goes only where it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(stopwatch, "time", SimpleNamespace(perf_counter=clock.perf_counter))
    return clock


def training(
    clock: Clock, *, setup: float, step: float, validation: float, state: float, steps: int, half: float | None = None
) -> tuple[Callable[[StageRecipe, Report, Keep], None], list[int]]:
    """A training of known seconds, that warms up in its first step and writes its state after each epoch."""
    epochs_seen: list[int] = []

    def train(recipe: StageRecipe, report: Report, _keep: Keep) -> None:
        each = step if half is None or recipe.half_size_until == 0 else half
        clock.now += setup
        for epoch in range(1, recipe.epochs + 1):
            epochs_seen.append(epoch)
            for number in range(1, steps + 1):
                clock.now += each
                report(Progress("remover", epoch, recipe.epochs, number, steps))
            clock.now += validation
            report(Progress("remover", epoch, recipe.epochs, steps, steps, {"val_iou": 0.5}))
            clock.now += state

    return train, epochs_seen


def timed(
    train: Callable[[StageRecipe, Report, Keep], None],
    recipe: StageRecipe = RECIPE,
    *,
    looks_first: bool = False,
    **sizes: int,
) -> Part:
    sizes = {"n": 12, "n_validation": 4, "timed": 12, "timed_validation": 4} | sizes
    return time_network(train, recipe, folder=Path("unused"), limit_s=1.5, looks_first=looks_first, **sizes)


def test_epochs_are_multiplied_and_what_comes_once_is_not(clock: Clock) -> None:
    train, _ = training(clock, setup=3.0, step=0.2, validation=0.3, state=0.1, steps=3)
    part = timed(train)
    assert part.setup == pytest.approx(3.0)
    assert part.work == pytest.approx(10 * (3 * 0.2 + 0.3 + 0.1))
    assert part.end == pytest.approx(0.1 + EXACT * 0.3)
    assert part.bend is None


def test_a_part_of_the_pictures_stands_for_all(clock: Clock) -> None:
    train, _ = training(clock, setup=3.0, step=0.2, validation=0.3, state=0.0, steps=3)
    part = timed(train, n=120, n_validation=40)
    assert part.work == pytest.approx(10 * (30 * 0.2 + 10 * 0.3))


def test_one_step_an_epoch_tells_as_well(clock: Clock) -> None:
    """With a single step it cannot be told from the writing of the state; together they are right."""
    train, _ = training(clock, setup=3.0, step=0.2, validation=0.3, state=0.1, steps=1)
    part = timed(train, n=4, timed=4)
    assert part.setup == pytest.approx(2.9)
    assert part.work == pytest.approx(10 * (0.2 + 0.3 + 0.1))


def test_half_the_side_bends_the_work(clock: Clock) -> None:
    train, _ = training(clock, setup=1.0, step=0.2, validation=0.3, state=0.0, steps=3, half=0.1)
    part = timed(train, replace(RECIPE, half_size_until=0.55))
    early, late = 6 * (3 * 0.1 + 0.3), 4 * (3 * 0.2 + 0.3)  # as in training: epochs 1 to 6 of 10
    assert part.work == pytest.approx(early + late)
    assert part.bend == pytest.approx((0.6, early / (early + late)))
    whole = timed(train, replace(RECIPE, half_size_until=1.0))
    assert whole.work == pytest.approx(10 * (3 * 0.1 + 0.3))
    assert whole.bend is None


def test_a_slow_network_is_not_waited_for(clock: Clock) -> None:
    train, seen = training(clock, setup=2.0, step=8.0, validation=9.0, state=0.0, steps=3)
    part = timed(train, n=120, n_validation=40)
    assert clock.now == 110.0, "one step was enough"
    assert seen == [1]
    assert part.work == pytest.approx(10 * (30 * 10.0 + LOOK * 10.0 * 10))


@pytest.mark.parametrize("steps", [1, 3])
def test_a_head_alone_is_timed_in_the_steps_after_its_first(clock: Clock, steps: int) -> None:
    """Its body looks at all pictures once, before the first: on a busy machine a run was told 60 times its time."""
    train, _ = training(clock, setup=90.0, step=0.2, validation=0.3, state=0.0, steps=steps)
    part = timed(train, n=4 * steps, timed=4 * steps, looks_first=True)
    assert part.work == pytest.approx(10 * (steps * 0.2 + 0.3))
    assert part.setup == pytest.approx(90.0)
    train, _ = training(clock, setup=90.0, step=7.0, validation=9.0, state=0.0, steps=steps)
    part = timed(train, n=4 * steps, timed=4 * steps, looks_first=True)
    assert part.work < 10 * (steps * 8.0 + 10.0), "one more step is waited for, however slow"


def test_timing_ends_soon_after_its_limit(clock: Clock) -> None:
    train, seen = training(clock, setup=0.0, step=0.1, validation=0.1, state=0.0, steps=3)
    timed(train)
    assert len(seen) < 8
    train, _ = training(clock, setup=0.0, step=3.0, validation=3.0, state=0.0, steps=3)
    began = clock.now
    timed(train)
    assert clock.now - began <= 3.0 + stopwatch.PATIENCE * 1.5 + 3.0


def test_the_watch_ends_the_training_as_a_stop_does(clock: Clock) -> None:
    watch = stopwatch.Stopwatch(1.5, clock.now)
    clock.now += 1.0
    watch(Progress("remover", 1, 1000, 1, 2))
    clock.now += 100.0
    with pytest.raises(Stopped):
        watch(Progress("remover", 1, 1000, 2, 2))
