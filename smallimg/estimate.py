"""How long a training will take, from a few measured steps of it: its own networks, batches and pictures."""

import contextlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean
from typing import Any

import torch
from torch import Tensor, nn

from smallimg.bundle_training import (
    STAGES,
    boxed,
    canvas_side,
    check_data,
    make_plan,
    make_views,
    training_arguments,
)
from smallimg.datasets import Dataset, read_dataset, split_train_validation, trainable
from smallimg.errors import SmallimgError, Stopped
from smallimg.loop import Progress
from smallimg.recipes import Recipe, StageRecipe
from smallimg.runs import RunConfig
from smallimg.start_from import Start, freeze
from smallimg.tensors import Tensors, load_tensors
from smallimg.training import Prepare, fit_classifier, fit_detector, fit_remover, leave_as_it_is

#: How many batches are trained on: the first warms up, the others are timed.
BATCHES = 3
#: A warm-up step of so many seconds is a slow network's: it is near enough to the others, and they are not waited for.
SLOW_S = 6.0


@dataclass
class _Stopwatch:
    """The `report` of a training that is only there to be timed; it ends it when there is enough.

    Attributes:
        limit_s: after so many seconds of timed steps no further one is begun; one is timed always.
        validates: whether the validation is to be timed too.
        steps: seconds of each step, the first with all that comes before it.
        validation: seconds of the validation; None if it was not come to.
    """

    limit_s: float
    started: float
    validates: bool
    last: float | None = None
    steps: list[float] = field(default_factory=list)
    validation: float | None = None

    def __call__(self, progress: Progress) -> None:
        now = time.perf_counter()
        took = now - (self.started if self.last is None else self.last)
        self.last = now
        if progress.metrics:
            self.validation = took
        else:
            self.steps.append(took)
        is_last = progress.metrics or (progress.step == progress.steps and not self.validates)
        is_enough = sum(self.steps[1:]) > self.limit_s or self.steps[0] > SLOW_S
        if is_last or is_enough:
            raise Stopped("It has been timed long enough.")

    @property
    def step(self) -> float:
        return mean(self.steps[1:] or self.steps)


def estimate_seconds(
    dataset: Dataset,
    *,
    stages: Sequence[str],
    recipe: str | Recipe = "fast",
    epochs: int | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    background: str | None = None,
    boxes_from_masks: bool = False,
    start: Start | None = None,
    seed: int = 42,
    seconds_per_stage: float = 1.5,
) -> dict[str, float]:
    """Seconds by stage, for the arguments of `smallimg.bundle_training.train_bundle`.

    What is measured is the training itself; the making of cut-outs between the stages, a minute or two for the sample
    challenge, comes on top.

    Args:
        seconds_per_stage: how long a stage's steps are timed, after one that warms up; the remover's twice if it learns
            at half its side too. A step under way is not cut short.

    Raises:
        TrainingError: when a setting is wrong, or the data lacks what a stage learns from.
        DataError: when pictures cannot be opened, or cannot be split.
    """
    plan = make_plan(recipe, stages, epochs, overrides or {}, background=background, start=start)
    check_data(dataset, stages, boxes_from_masks=boxes_from_masks)
    parts = split_train_validation(dataset, seed=seed)
    chosen = [stage for stage in STAGES if stage in stages]
    most = max(getattr(plan, stage).batch_size for stage in chosen)
    tensors = [load_tensors(_spread(part, most), canvas_side(plan, stages, dataset)) for part in parts]
    if boxes_from_masks:
        tensors = [boxed(part) for part in tensors]
    return {
        stage: _measure(stage, plan=plan, tensors=tensors, parts=parts, start=start, limit_s=seconds_per_stage)
        for stage in chosen
    }


def whole_run(
    recipe: StageRecipe, *, n: int, step: float, validation: float, half_size_step: float | None = None
) -> float:
    """Seconds of a stage's whole run.

    Args:
        n: how many training pictures there are.
        step, validation: seconds of one step and of the whole validation split.
        half_size_step: seconds of a step at half the side, where the recipe begins with such.
    """
    steps = -(-n // recipe.batch_size)
    if half_size_step is None:
        return recipe.epochs * (steps * step + validation)
    half = sum(epoch / recipe.epochs < recipe.half_size_until for epoch in range(recipe.epochs))
    return recipe.epochs * validation + steps * (half * half_size_step + (recipe.epochs - half) * step)


def _measure(
    stage: str,
    *,
    plan: Recipe,
    tensors: Sequence[Tensors],
    parts: Sequence[Dataset],
    start: Start | None,
    limit_s: float,
) -> float:
    """A stage's seconds, from an epoch of a few batches.

    Args:
        tensors: some pictures of the parts.
        parts: all there is to learn from, and to validate on.
    """
    recipe: StageRecipe = getattr(plan, stage)
    n, n_validation = (len(part.samples) for part in parts)
    batch = min(recipe.batch_size, n)
    train, validation = (_repeated(part, count) for part, count in zip(tensors, (BATCHES * batch, batch), strict=True))
    if stage != "remover":
        if plan.background == "none":
            recipe = replace(recipe, reads="image")
        if recipe.reads == "cutout":
            train, validation = (make_views(part, _any_masks, count=1, seed=0) for part in (train, validation))
    short = replace(recipe, epochs=1, batch_size=batch, half_size_until=0.0)

    def timed(recipe: StageRecipe, *, validates: bool) -> _Stopwatch:
        watch = _Stopwatch(limit_s, time.perf_counter(), validates)
        prepare = _frozen(stage, start)
        n_classes = len(parts[0].class_names)
        with contextlib.suppress(Stopped):
            if stage == "remover":
                fit_remover(train, validation, recipe=recipe, seed=0, report=watch)
            elif stage == "detector":
                fit_detector(train, validation, recipe=recipe, seed=0, report=watch, prepare=prepare)
            else:
                fit_classifier(
                    train, validation, n_classes=n_classes, recipe=recipe, seed=0, report=watch, prepare=prepare
                )
        return watch

    half_size_step = None
    if stage == "remover" and recipe.half_size_until > 0:
        half_size_step = timed(replace(short, half_size_until=1.0), validates=False).step
    watch = timed(short, validates=True)
    # Looking at a batch without learning from it costs about a third of a step.
    one_batch = watch.step / 3 if watch.validation is None else watch.validation
    share = n_validation / len(validation)
    return whole_run(recipe, n=n, step=watch.step, validation=share * one_batch, half_size_step=half_size_step)


def _frozen(stage: str, start: Start | None) -> Prepare:
    """Freezes what the start freezes, which saves time; its weights, which may have to be fetched, don't matter."""
    if start is None or not start.has(stage):
        return leave_as_it_is
    mode = start.mode

    def prepare(network: nn.Module) -> str:
        freeze(network, stage, mode)
        return ""

    return prepare


def _any_masks(pixels: Tensor) -> Tensor:
    """Masks [n, 1, h, w] of pictures [n, 3, h, w]: a step costs the same whatever they show."""
    return torch.full_like(pixels[:, :1], 255)


def _spread(dataset: Dataset, most: int) -> Dataset:
    """Some of the samples, from all over the data set."""
    n = len(dataset.samples)
    count = min(n, most)
    return replace(dataset, samples=tuple(dataset.samples[index * n // count] for index in range(count)))


def _repeated(tensors: Tensors, count: int) -> Tensors:
    """The first `count` pictures, from the beginning again when there are fewer."""
    rows = torch.arange(count) % len(tensors)
    return Tensors(
        pixels=tensors.pixels[rows],
        alpha=tensors.alpha[rows] if tensors.alpha is not None else None,
        boxes=tuple(tensors.boxes[row] for row in rows.tolist()),
        labels=tensors.labels[rows],
    )


def main(asked: str) -> str:
    """What the page asks for, a `smallimg.runs.RunConfig` as JSON → the seconds by stage, or the `error`, as JSON."""
    content = json.loads(asked)
    config = RunConfig(**content | {"stages": tuple(content["stages"])})
    try:
        dataset = trainable(read_dataset(config.data, split=config.split, max_files=200_000, max_bytes=10_000_000_000))
        seconds = estimate_seconds(dataset, **training_arguments(config))
    except SmallimgError as error:
        return json.dumps({"error": str(error)})
    return json.dumps(seconds)


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1]) + "\n")
