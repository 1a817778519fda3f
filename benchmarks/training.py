"""Training, in figures: how soon it is good, what it costs those who use the app meanwhile, how fast its page is.

    python -m benchmarks.training --part ninety DATA [--epochs 4 --epochs 8 …]
    python -m benchmarks.training --part latency DATA
    python -m benchmarks.training --part page
    python -m benchmarks.training --part bf16 DATA [--epochs 12]
    python -m benchmarks.training --part full DATA --epochs 10 --epochs 4 --epochs 72

DATA is the challenge as `python -m smallimg challenge DATA` draws it. Several parts may be given; each prints a table
as soon as it is done. Nothing else should run meanwhile.

- ninety: seconds from Start to a classifier that is right about 90 % of the test pictures, their true boxes given. A
  learning rate that falls to zero makes every number of epochs a training of its own, so each is tried for itself.
- latency: a prediction in this process, idle and while a run trains in its own.
- page: four runs of 500 epochs compared; on the server, and in Chromium.
- bf16: an epoch in bfloat16 and in float32, taking turns, and what both learn in the end.
- full: all three networks, with epochs for the remover, the detector and the classifier, beside the shipped bundle.
"""

import fcntl
import math
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, Any
from unittest import mock

import numpy as np
import typer
from accelerate.state import AcceleratorState

from benchmarks.speed import ROOT
from benchmarks.tables import machine, print_table
from benchmarks.training_page import measure_page
from smallimg.bundles.bundle import STAGE_FILES
from smallimg.data.dataset import split_train_validation
from smallimg.data.formats import read_dataset
from smallimg.pictures.images import list_images, open_image
from smallimg.pipeline import Pipeline
from smallimg.runs.outcome import read_outcome
from smallimg.runs.process import start_run
from smallimg.runs.run import Run, RunConfig, create_run, read_log, read_metrics, read_run
from smallimg.runs.summary import BETTER
from smallimg.study.evaluation import evaluate
from smallimg.training.classifier import fit_classifier
from smallimg.training.detector import fit_detector
from smallimg.training.loop import Progress
from smallimg.training.plan import STAGES
from smallimg.training.precision import has_fast_bfloat16
from smallimg.training.recipes import RECIPES
from smallimg.training.tensors import Tensors, load_tensors

GOAL = 0.9
ENDLESS = 500  # epochs, of a run that is stopped
FIGURES = ("accuracy", "box_iou", "mask_iou")


class Part(StrEnum):
    """What can be measured."""

    NINETY = "ninety"
    LATENCY = "latency"
    PAGE = "page"
    BF16 = "bf16"
    FULL = "full"


@contextmanager
def started(config: RunConfig) -> Iterator[Run]:
    """A run in a folder of its own, just started; at the end it is stopped and deleted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = start_run(create_run(config, folder=folder).id, folder=folder)
        try:
            yield run
        finally:
            (run.path / "stop").touch()
            with (run.path / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # its process is gone, and takes no time from what comes next


def again(run: Run) -> Run:
    """The run as it stands now."""
    return read_run(run.id, folder=run.path.parent)


@dataclass(frozen=True)
class Timed:
    """A finished run; all times in seconds from Start.

    Attributes:
        first_epoch: until the first epoch's figures were there.
        trained: until the last network was.
        finished: until it was measured on the test split too.
        metrics: what was measured.
    """

    first_epoch: float
    trained: float
    finished: float
    metrics: dict[str, Any]


def train(config: RunConfig) -> Timed:
    """Start a run as the page does, and wait for its end."""
    began = time.perf_counter()
    marks: dict[str, float] = {}
    with started(config) as run:
        while (now := again(run)).is_alive:
            elapsed = time.perf_counter() - began
            if read_metrics(run.id, folder=run.path.parent):
                marks.setdefault("first_epoch", elapsed)
            if (run.path / STAGE_FILES["classifier"]).is_file():
                marks.setdefault("trained", elapsed)
            time.sleep(0.1)
        elapsed = time.perf_counter() - began
        outcome = read_outcome(run.path)
        if now.status != "finished" or outcome is None:
            typer.echo(read_log(run.id, folder=run.path.parent), err=True)
            raise SystemExit(f"The run is {now.status}: {now.reason}")
        return Timed(
            **{"first_epoch": elapsed, "trained": elapsed} | marks, finished=elapsed, metrics=outcome["metrics"]
        )


def classifier_run(data: Path, epochs: int) -> RunConfig:
    return RunConfig(
        name=f"{epochs} epochs", data=str(data.resolve()), stages=("classifier",), background="none", epochs=epochs
    )


def measure_ninety(data: Path, epochs: Sequence[int]) -> None:
    runs = {count: train(classifier_run(data, count)) for count in sorted(epochs)}
    print_table(
        f"Classifier, from Start; n = 1 a row, {next(iter(runs.values())).metrics['n']} test pictures",
        ("epochs", "first epoch, s", "trained, s", "measuring, s", "test accuracy"),
        [
            (
                str(count),
                f"{run.first_epoch:.1f}",
                f"{run.trained:.1f}",
                f"{run.finished - run.trained:.1f}",
                f"{run.metrics['accuracy']:.3f}",
            )
            for count, run in runs.items()
        ],
    )
    enough = next((count for count, run in runs.items() if run.metrics["accuracy"] >= GOAL), None)
    if enough is None:
        typer.echo(f"\nNone of them reaches {GOAL:.0%}: try more epochs.")
    else:
        typer.echo(f"\n{GOAL:.0%} test accuracy: {runs[enough].trained:.0f} s from Start, with {enough} epochs.")


def measure_latency(data: Path, n: int) -> None:
    pipeline = Pipeline.load("challenge")
    images = [open_image(path) for path in list_images(ROOT / "assets" / "examples" / "challenge")]

    def predict(count: int) -> list[float]:
        return [pipeline.predict(image).milliseconds["total"] for image in islice(cycle(images), count)]

    predict(2 * len(images))  # warms up
    idle = predict(math.ceil(n / 2))
    with started(classifier_run(data, ENDLESS)) as run:
        while (now := again(run)).is_alive and not now.stage:
            time.sleep(0.2)
        busy = predict(n)
        if not again(run).is_alive:
            raise SystemExit("The run ended before the predictions did: give more pictures.")
    rows = [
        (name, str(len(values)), f"{statistics.median(values):.1f}", f"{np.percentile(values, 95):.1f}")
        for name, values in (("idle", idle), ("while a run trains", busy))
    ]
    print_table("A prediction, milliseconds", ("", "n", "median", "95th percentile"), rows)
    base = statistics.median(idle)
    typer.echo(
        f"\nto the idle median: median × {statistics.median(busy) / base:.2f}, "
        f"95th percentile × {np.percentile(busy, 95) / base:.2f}"
    )


def measure_bf16(data: Path, epochs: int, n: int, pictures: int) -> None:
    if not has_fast_bfloat16():
        typer.echo(f"\n{machine()}: no instructions for bfloat16, so training is in float32: nothing to compare.")
        return
    dataset = read_dataset(data, split="train")
    side, rows = RECIPES["fast"].detector.input_size, []
    few, every = (
        [load_tensors(part, side) for part in split_train_validation(replace(dataset, samples=samples))]
        for samples in (dataset.samples[:pictures], dataset.samples)
    )
    for stage in ("classifier", "detector"):
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for is_bf16 in islice(cycle(seconds), 2 * n):
            seconds[is_bf16].append(fit_stage(stage, few, len(dataset.class_names), is_bf16=is_bf16, epochs=2)[0])
        bf16, fp32 = (statistics.median(values) for values in seconds.values())
        learnt = (fit_stage(stage, every, len(dataset.class_names), is_bf16=kind, epochs=epochs)[1] for kind in seconds)
        rows.append((stage, f"{bf16:.2f}", f"{fp32:.2f}", f"{fp32 / bf16:.2f}", *(f"{value:.3f}" for value in learnt)))
    after = f"after {epochs} epochs of {len(dataset.samples)}"
    print_table(
        f"bfloat16 beside float32: an epoch of {pictures} pictures in seconds, validation included, median of n = {n}; "
        f"validation accuracy (classifier) and IoU (detector) {after}",
        ("", "bf16, s", "fp32, s", "ratio", "bf16", "fp32"),
        rows,
    )


def fit_stage(
    stage: str, parts: Sequence[Tensors], n_classes: int, *, is_bf16: bool, epochs: int
) -> tuple[float, float]:
    """Train a network: seconds of its last epoch, and the best epoch's figure, measured in float32."""
    ends = [time.perf_counter()]

    def report(progress: Progress) -> None:
        if progress.metrics:
            ends.append(time.perf_counter())

    train_part, validation = parts
    recipe = replace(getattr(RECIPES["fast"], stage), epochs=epochs)
    AcceleratorState._reset_state(reset_partial_state=True)  # it takes one precision for a process's whole life
    with mock.patch("smallimg.training.device.has_fast_bfloat16", return_value=is_bf16):
        if stage == "classifier":
            _, figures = fit_classifier(
                train_part, validation, n_classes=n_classes, recipe=recipe, seed=42, report=report
            )
        else:
            _, figures = fit_detector(train_part, validation, recipe=recipe, seed=42, report=report)
    return ends[-1] - ends[-2], figures[BETTER[stage]]


def measure_full(data: Path, epochs: Sequence[int]) -> None:
    overrides = {stage: {"epochs": count} for stage, count in zip(STAGES, epochs, strict=True)}
    run = train(RunConfig(name="full", data=str(data.resolve()), stages=STAGES, overrides=overrides))
    shipped = evaluate(Pipeline.load("challenge"), read_dataset(data, split="test")).metrics
    shown = [
        (f"{' + '.join(map(str, epochs))} epochs", f"{run.trained:.0f}", run.metrics),
        ("shipped `challenge`", "—", shipped),
    ]
    print_table(
        f"All three networks; n = 1, {shipped['n']} test pictures",
        ("", "trained, s from Start", *FIGURES),
        [(name, seconds, *(f"{metrics[figure]:.3f}" for figure in FIGURES)) for name, seconds, metrics in shown],
    )


def main(
    part: Annotated[list[Part], typer.Option()],
    data: Annotated[Path | None, typer.Argument()] = None,
    *,
    epochs: Annotated[
        list[int] | None, typer.Option(help="ninety: each is tried; bf16: the longest; full: one a stage")
    ] = None,
    n: Annotated[int | None, typer.Option(help="instead of 200 predictions, 5 page views, 3 trainings")] = None,
    pictures: Annotated[int, typer.Option(help="bf16: those of the timed epochs")] = 320,
) -> None:
    """Print the tables."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as after Ctrl-C, no run goes on training by itself
    if Part.PAGE in part:
        measure_page(n or 5)
    if data is None:
        if set(part) != {Part.PAGE}:
            raise typer.BadParameter("All parts but “page” need DATA.")
        return
    if Part.LATENCY in part:
        measure_latency(data, n or 200)
    if Part.NINETY in part:
        measure_ninety(data, epochs or (2, 4, 8, 12))
    if Part.BF16 in part:
        measure_bf16(data, max(epochs or [12]), n or 3, pictures)
    if Part.FULL in part:
        measure_full(data, epochs or (10, 4, 72))


if __name__ == "__main__":
    typer.run(main)
