"""How long a training will take, from a few measured steps of it: its own networks, batches and pictures."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from smallimg.bundle_training import boxed, make_plan, make_views
from smallimg.datasets import Dataset, split_train_validation
from smallimg.errors import Stopped
from smallimg.loop import Progress
from smallimg.recipes import Recipe, StageRecipe
from smallimg.start_from import Start
from smallimg.tensors import load_tensors
from smallimg.training import fit_classifier, fit_detector, fit_remover

BATCHES = 3
LIMIT_S = 6.0  # for a stage; a step under way is not cut short


@dataclass
class _Stopwatch:
    """The `report` of a training that is only there to be timed; it ends it when there is enough."""

    started: float = field(default_factory=time.perf_counter)
    steps: dict[int, list[float]] = field(default_factory=dict)
    validations: dict[int, float] = field(default_factory=dict)
    last: float | None = None

    def __call__(self, progress: Progress) -> None:
        now = time.perf_counter()
        if progress.metrics and self.last is not None:
            self.validations[progress.epoch] = now - self.last
        elif progress.step > 1 and self.last is not None:  # the first step of an epoch warms up
            self.steps.setdefault(progress.epoch, []).append(now - self.last)
        self.last = now
        if now - self.started > LIMIT_S:
            raise Stopped("It has been timed long enough.")

    def epoch(self, number: int, *, steps: int, share: float) -> float:
        """Seconds of a whole epoch of `steps`, whose validation split is `share` times the one that was timed."""
        known = number if number in self.steps else max(self.steps, default=0)
        step = median(self.steps[known]) if known else (self.last or time.perf_counter()) - self.started
        return steps * step + share * self.validations.get(known, step)


def estimate_seconds(
    dataset: Dataset,
    *,
    stages: Sequence[str],
    recipe: str = "fast",
    epochs: int | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    background: str | None = None,
    boxes_from_masks: bool = False,
    start: Start | None = None,
    seed: int = 42,
) -> dict[str, float]:
    """Seconds by stage, for the arguments of `smallimg.bundle_training.train_bundle`.

    What is measured is the training itself; the making of cut-outs between the stages, a minute or two for the sample
    challenge, comes on top. It takes some seconds a stage.

    Raises:
        TrainingError: when a setting is wrong, or the data lacks what a stage learns from.
        DataError: when pictures cannot be opened, or cannot be split.
    """
    plan = make_plan(recipe, stages, epochs, overrides or {}, background=background, start=start)
    training, validation = split_train_validation(dataset, seed=seed)
    return {
        stage: _measure(stage, plan, training, validation, boxes_from_masks=boxes_from_masks)
        for stage in ("remover", "detector", "classifier")
        if stage in stages
    }


def _measure(stage: str, plan: Recipe, training: Dataset, validation: Dataset, *, boxes_from_masks: bool) -> float:
    recipe: StageRecipe = getattr(plan, stage)
    n = min(BATCHES * recipe.batch_size, len(training.samples))
    n_validation = min(recipe.batch_size, len(validation.samples))
    train, val = (
        load_tensors(replace(part, samples=_spread(part, count)), plan.remover.input_size)
        for part, count in ((training, n), (validation, n_validation))
    )
    if boxes_from_masks:
        train, val = boxed(train), boxed(val)
    watch = _Stopwatch()
    # The third epoch of three is the first with the remover's whole side.
    short = replace(recipe, epochs=3 if stage == "remover" else 1)
    try:
        if stage == "remover":
            fit_remover(train, val, recipe=short, seed=0, report=watch)
        else:
            train, val = (make_views(part, None, count=1, seed=0) for part in (train, val))
            if stage == "detector":
                fit_detector(train, val, recipe=short, seed=0, report=watch)
            else:
                classes = len(training.class_names)
                fit_classifier(train, val, n_classes=classes, recipe=short, seed=0, report=watch)
    except Stopped:
        pass
    steps = -(-len(training.samples) // recipe.batch_size)
    share = len(validation.samples) / n_validation
    half = recipe.half_size_until if stage == "remover" else 0.0
    first, last = (watch.epoch(number, steps=steps, share=share) for number in (1, short.epochs))
    return recipe.epochs * (half * first + (1 - half) * last)


def _spread(dataset: Dataset, count: int) -> tuple[Any, ...]:
    """Some of the samples, from all over the data set."""
    n = len(dataset.samples)
    return tuple(dataset.samples[index * n // count] for index in range(count))
