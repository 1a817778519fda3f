"""A network's training, timed: a few epochs of a few pictures, multiplied to the whole of it."""

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean

from smallimg.errors import Stopped
from smallimg.runs.forecast import Part
from smallimg.training.loop import Keep, Progress, Report
from smallimg.training.recipes import StageRecipe

#: How many batches the timed epochs have at most.
BATCHES = 3
#: A first step of so many seconds is a slow network's: it is near enough to the others, and they are not waited for.
SLOW_S = 6.0
#: Steps that are not reached are timed no longer than so many times the time asked for.
PATIENCE = 4.0
#: A validation in float32, as at the end, beside one in training's precision.
EXACT = 1.5
#: A validation beside a step on as many pictures, where none was reached: looking costs a third of learning.
LOOK = 1 / 3
#: So many that no timing comes to their end.
ENDLESS = 100_000

#: Trains with a recipe, tells a report, and leaves its state in a `Keep`.
Training = Callable[[StageRecipe, Report, Keep], object]


@dataclass
class Stopwatch:
    """The `report` of a training that is only there to be timed; it ends it when there is enough.

    Attributes:
        limit_s: seconds of timed steps that are enough, once there is a second validation.
        began: when the training was called.
        looks_first: whether what comes before the first step is all that takes long, so that steps are waited for.
        epochs: for each epoch the seconds of each of its steps; the very first has all that comes before it, the first
            of each later epoch the writing of the state.
        validations: seconds of each validation.
    """

    limit_s: float
    began: float
    looks_first: bool = False
    last: float | None = None
    epochs: list[list[float]] = field(default_factory=list)
    validations: list[float] = field(default_factory=list)

    def __call__(self, progress: Progress) -> None:
        now = time.perf_counter()
        took = now - (self.began if self.last is None else self.last)
        self.last = now
        if progress.metrics:
            self.validations.append(took)
        else:
            if len(self.epochs) < progress.epoch:
                self.epochs.append([])
            self.epochs[-1].append(took)
        timed = now - self.began - self.epochs[0][0]
        is_enough = timed > self.limit_s and len(self.validations) > 1 and len(self.epochs) > 2
        if self.looks_first and sum(map(len, self.epochs)) == 1:
            return  # there is no step yet that tells anything
        is_slow = self.epochs[0][0] > SLOW_S and not self.looks_first
        if is_enough or is_slow or timed > PATIENCE * self.limit_s:
            raise Stopped("It has been timed long enough.")

    @property
    def step(self) -> float:
        """Seconds of a step among others."""
        inner = [seconds for epoch in self.epochs for seconds in epoch[1:]]
        return mean(inner or [epoch[0] for epoch in self.epochs[1:]] or self.epochs[0])

    @property
    def steps(self) -> float:
        """Seconds of all steps of an epoch, of those epochs that were walked through."""
        whole = [epoch for epoch in self.epochs if len(epoch) == len(self.epochs[0])]
        later = [min(epoch[0], self.step) + sum(epoch[1:]) for epoch in whole[1:] or whole]
        return mean(later)

    @property
    def between(self) -> float:
        """Seconds between an epoch and the next, as far as they can be told from the first step's."""
        firsts = [epoch[0] for epoch in self.epochs[1:]]
        return max(0.0, mean(firsts) - self.step) if firsts else 0.0

    @property
    def setup(self) -> float:
        """Seconds before the first step, and what a first step costs beyond the others."""
        return max(0.0, self.epochs[0][0] - self.step)


def time_network(
    train: Training, recipe: StageRecipe, *, n: int, n_validation: int, timed: int, timed_validation: int,
    folder: Path, limit_s: float, looks_first: bool = False,
) -> Part:  # fmt: skip
    """A network's training as a part of a run, from a few epochs of it; the writing of the network itself is left out.

    Args:
        train: trains on `timed` pictures and validates on `timed_validation`.
        n, n_validation: how many there are in the run.
        folder: for the training's states.
        limit_s: seconds of steps that are timed, if they hold two epochs; a slow network's take longer.
        looks_first: whether it looks at all pictures once before its first step, as where only a head learns: that
            step says nothing of those after it.
    """

    def watch(half_size_until: float, name: str) -> Stopwatch:
        watched = Stopwatch(limit_s, time.perf_counter(), looks_first)
        with contextlib.suppress(Stopped):
            train(replace(recipe, epochs=ENDLESS, half_size_until=half_size_until), watched, Keep(folder / name))
        return watched

    whole = watch(0.0, "whole")
    scale = n / timed
    if whole.validations:
        validation = mean(whole.validations[1:] or whole.validations) * n_validation / timed_validation
    else:
        validation = LOOK * whole.step * n_validation / recipe.batch_size
    around = validation + whole.between
    late = _epoch_steps(whole, timed, recipe.batch_size) * scale + around
    early_epochs = sum(epoch / recipe.epochs < recipe.half_size_until for epoch in range(recipe.epochs))
    end = whole.between + EXACT * validation
    if not early_epochs:
        return Part(whole.setup, recipe.epochs * late, end)
    half = watch(1.0, "half")
    early = _epoch_steps(half, timed, recipe.batch_size) * scale + around
    work = early_epochs * early + (recipe.epochs - early_epochs) * late
    bend = (early_epochs / recipe.epochs, early_epochs * early / work) if early_epochs < recipe.epochs else None
    return Part(whole.setup, work, end, bend)


def _epoch_steps(watch: Stopwatch, timed: int, batch_size: int) -> float:
    """Seconds of all steps of an epoch of the timed pictures, whether or not one was walked through."""
    steps = math.ceil(timed / batch_size)
    return watch.steps if len(watch.epochs[0]) == steps else steps * watch.step
