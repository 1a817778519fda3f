"""How long five kinds of runs take, beside what the page says before they are started and half-way through.

    python -m benchmarks.estimates PHOTOS [--kind few --kind start …]

PHOTOS is a data set of photos with a class each, a hundred classes at least; some of them are copied into folders named
by class. Everything else is drawn. Nothing else should run meanwhile: the table says how busy the machine was.

- drawn: a quarter of the sample challenge, the classifier alone;
- few: three classes of twelve photos, the classifier from scratch;
- start: the same, started from the bundle `everyday`;
- networks: sixty drawn pictures with boxes and masks, all three networks for three epochs each;
- paper: a hundred classes of forty photos, the paper's classifier for two epochs.
"""

import os
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.tables import print_table
from smallimg.data.challenge import write_challenge
from smallimg.data.formats import read_dataset
from smallimg.runs.process import start_run
from smallimg.runs.run import Run, RunConfig, create_run, read_log, read_run
from smallimg.ui.train.estimate import estimate

LOOK_EVERY_S = 0.5


class Kind(StrEnum):
    """What can be measured."""

    DRAWN = "drawn"
    FEW = "few"
    START = "start"
    NETWORKS = "networks"
    PAPER = "paper"


def config_of(kind: Kind, photos: Path, folder: Path) -> RunConfig:
    """The run of a kind, its pictures written to `folder` if they are not there yet."""
    name, data = str(kind), folder / kind
    match kind:
        case Kind.DRAWN:
            _once(data, lambda: write_challenge(data, train=400, test=200))
            return RunConfig(name, str(data), stages=("classifier",), background="none")
        case Kind.FEW | Kind.START:
            data = folder / Kind.FEW
            _once(data, lambda: copy_photos(photos, data, classes=3, each=12))
            config = RunConfig(name, str(data), stages=("classifier",), background="none")
            if kind is Kind.FEW:
                return config
            return RunConfig(
                name, str(data), stages=("classifier",), background="own", start_from="everyday", start_mode="features"
            )
        case Kind.NETWORKS:
            _once(data, lambda: write_challenge(data, train=60, test=30))
            return RunConfig(name, str(data), epochs=3)
        case Kind.PAPER:
            _once(data, lambda: copy_photos(photos, data, classes=100, each=40))
            return RunConfig(name, str(data), stages=("classifier",), recipe="paper", background="none", epochs=2)


def copy_photos(photos: Path, folder: Path, *, classes: int, each: int) -> None:
    """Some photos of some classes, in folders named by class."""
    dataset = read_dataset(photos)
    found: dict[int, list[Path]] = defaultdict(list)
    for sample in dataset.samples:
        if sample.label is not None:
            found[sample.label].append(sample.path)
    for label in sorted(found)[:classes]:
        into = folder / dataset.class_names[label].replace("/", " ")
        into.mkdir(parents=True)
        for path in found[label][:each]:
            shutil.copyfile(path, into / path.name)


def measure(config: RunConfig, folder: Path) -> tuple[str, ...]:
    """A row of the table: told and true, before the run and half-way."""
    load = os.getloadavg()[0]
    began = time.perf_counter()
    forecast = estimate(config)
    found_s = time.perf_counter() - began
    run = create_run(config, forecast=forecast, folder=folder)
    began = time.perf_counter()
    start_run(run.id, folder=folder)
    told: list[tuple[float, float]] = []
    while (now := read_run(run.id, folder=folder)).is_alive:
        if now.seconds_left is not None:
            told.append((time.perf_counter() - began, now.seconds_left))
        time.sleep(LOOK_EVERY_S)
    took = time.perf_counter() - began
    _insist(now, folder)
    after, left = min(told, key=lambda one: abs(one[0] - took / 2))
    return (
        config.name,
        f"{forecast.seconds:.0f}",
        f"{took:.0f}",
        f"{forecast.seconds / took:.2f}",
        f"{left:.0f} of {took - after:.0f}",
        f"{found_s:.0f}",
        f"{load:.1f}",
    )


def _once(data: Path, write: Callable[[], object]) -> None:
    if not data.is_dir():
        write()


def _insist(run: Run, folder: Path) -> None:
    if run.status != "finished":
        raise typer.BadParameter(
            f"The run {run.config.name} {run.status}: {run.reason}\n{read_log(run.id, folder=folder)}"
        )


def main(
    photos: Annotated[Path, typer.Argument(help="A data set of photos with a class each.")],
    kind: Annotated[list[Kind] | None, typer.Option(help="Some of the five; by default all.")] = None,
) -> None:
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for one in kind or list(Kind):
            rows.append(measure(config_of(one, photos, folder), folder / "runs"))
            typer.echo("  ".join(rows[-1]), err=True)
    head = ("run", "told, s", "took, s", "ratio", "left told half-way, s", "estimate found in, s", "load before")
    print_table("Estimates, n = 1 run each", head, rows)


if __name__ == "__main__":
    typer.run(main)
