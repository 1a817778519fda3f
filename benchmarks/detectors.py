"""The detectors of the textbooks, side by side: same pictures, same trunk, same seed, same number of epochs.

    python -m benchmarks.detectors DATA [--architecture ssd …] [--epochs 12] [--every 1] [--work FOLDER]

DATA is the challenge as `python -m smallimg challenge DATA` draws it. Each detector looks at the picture as it is,
learns from its training split with the recipe `fast`, and is measured on its test split, whose backgrounds none of them
has seen. What lies in FOLDER already is not trained again. Milliseconds are all that a detector needs, proposals too;
seconds of training are the processor's, all cores together, so that a machine with other work to do can be used.
"""

import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from benchmarks.tables import print_table
from smallimg.data.dataset import Dataset
from smallimg.data.formats import read_dataset
from smallimg.pipeline import Pipeline
from smallimg.study.detectors import measure_detectors
from smallimg.training.architectures import ARCHITECTURES
from smallimg.training.bundle import train_bundle
from smallimg.training.loop import Progress

#: Those on our trunk; torchvision's own take an hour and more.
OURS = tuple(name for name in ARCHITECTURES["detector"] if not name.endswith(("_fpn", "_vgg16")))
HEAD = ("", "mAP50", "mAP", "IoU", "val IoU", "ms", "search, ms", "training, processor s", "MB")


def report(progress: Progress) -> None:
    if progress.metrics:
        figures = {name: round(value, 3) for name, value in progress.metrics.items()}
        typer.echo(f"{progress.epoch}/{progress.epochs} {figures}", err=True)


def trained(data: Dataset, out: Path, *, architecture: str, epochs: int) -> float:
    """Train a bundle of that detector alone, unless it is there; the processor's seconds that it took."""
    clock = out / "seconds.json"
    if not clock.is_file():
        typer.echo(architecture, err=True)
        began = time.process_time()
        train_bundle(
            data,
            out,
            stages=("detector",),
            background="none",
            epochs=epochs,
            overrides={"detector": {"architecture": architecture}},
            report=report,
        )
        clock.write_text(json.dumps(time.process_time() - began))
    seconds: float = json.loads(clock.read_text())
    return seconds


def thinned(data: Dataset, every: int) -> Dataset:
    return replace(data, samples=data.samples[::every])


def main(
    data: Path,
    architecture: Annotated[list[str] | None, typer.Option()] = None,
    epochs: int = 12,
    every: int = 1,
    work: Path | None = None,
) -> None:
    """Print the table."""
    train, test = (thinned(read_dataset(data, split=split), every) for split in ("train", "test"))
    names = architecture or list(OURS)
    with tempfile.TemporaryDirectory() as temporary:
        folder = work or Path(temporary)
        seconds = {name: trained(train, folder / name, architecture=name, epochs=epochs) for name in names}
        pipelines = {name: Pipeline.load(folder / name) for name in names}
        with tqdm(total=len(test.samples), file=sys.stderr) as bar:
            measured = measure_detectors(pipelines, test, progress=lambda done, _: bar.update(done - bar.n))
    rows = []
    for one in measured:
        figures = pipelines[one.name].bundle.card["metrics"]
        shares = (one.figures["map_50"], one.figures["map"], one.iou, figures["detector val_iou"])
        row = [one.name, *(f"{share:.3f}" for share in shares)]
        rows.append(
            [
                *row,
                f"{one.milliseconds:.1f}",
                f"{one.search_ms:.0f}",
                f"{seconds[one.name]:.0f}",
                f"{one.megabytes:.1f}",
            ]
        )
    title = f"Detectors, {len(train.samples)} training pictures, {epochs} epochs, n = {measured[0].n} test pictures"
    print_table(title, HEAD, rows)


if __name__ == "__main__":
    typer.run(main)
