"""Three ways up to full size, side by side: same pictures, same way down, same seed, same number of epochs.

    python -m benchmarks.segmenters DATA [--epochs 12] [--side 96] [--narrow] [--work FOLDER]

DATA is the challenge as `python -m smallimg challenge DATA` draws it. Each segmenter learns from its training split
with the recipe `fast`, but for the epochs, its side, and batches of 8, which make more steps of few pictures; it is
measured on its test split, whose backgrounds none of them has seen. `--narrow` halves its channels, and takes a third
of the time. What lies in FOLDER already is not trained again. Milliseconds are the segmenter's alone, in onnxruntime
with one thread, the median of all test pictures; turns are taken picture by picture.
"""

import json
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import typer

from benchmarks.tables import print_table
from smallimg.data.dataset import Dataset
from smallimg.data.formats import read_dataset
from smallimg.pictures.images import open_local
from smallimg.pipeline import Pipeline
from smallimg.study.evaluation import evaluate
from smallimg.training.architectures import ARCHITECTURES
from smallimg.training.bundle import train_bundle
from smallimg.training.loop import Progress

#: Half of what the network has where nothing is said.
NARROW = (16, 24, 48, 64, 72)
HEAD = ("", "mIoU", "background IoU", "pixels right", "val mIoU", "ms", "training, s", "MB")


def report(progress: Progress) -> None:
    if progress.metrics:
        figures = {name: round(value, 3) for name, value in progress.metrics.items()}
        typer.echo(f"{progress.epoch}/{progress.epochs} {figures}", err=True)


def trained(data: Dataset, out: Path, *, architecture: str, **changes: Any) -> float:
    """Train a bundle of that segmenter alone, unless it is there; the seconds it took."""
    clock = out / "seconds.json"
    if not clock.is_file():
        typer.echo(architecture, err=True)
        began = time.perf_counter()
        overrides = {"segmenter": {"architecture": architecture, **changes}}
        train_bundle(data, out, stages=("segmenter",), background="none", overrides=overrides, report=report)
        clock.write_text(json.dumps(time.perf_counter() - began))
    seconds: float = json.loads(clock.read_text())
    return seconds


def main(data: Path, epochs: int = 12, side: int = 96, narrow: bool = False, work: Path | None = None) -> None:
    """Print the table."""
    train, test = (read_dataset(data, split=split) for split in ("train", "test"))
    names = list(ARCHITECTURES["segmenter"])
    with tempfile.TemporaryDirectory() as temporary:
        folder = work or Path(temporary)
        changes = {
            "epochs": epochs,
            "input_size": side,
            "batch_size": 8,
            "arguments": {"widths": NARROW} if narrow else {},
        }
        seconds = {name: trained(train, folder / name, architecture=name, **changes) for name in names}
        pipelines = {name: Pipeline.load(folder / name, threads=1) for name in names}
        times: dict[str, list[float]] = defaultdict(list)
        for sample in test.samples:
            image = open_local(sample.path)
            for name, pipeline in pipelines.items():
                times[name].append(pipeline.predict(image).milliseconds["segmenter"])
        rows = []
        for name, pipeline in pipelines.items():
            figures, kept = evaluate(pipeline, test).metrics, pipeline.bundle.card["metrics"]
            shares = (figures["miou"], figures["background_iou"], figures["pixels_right"], kept["segmenter val_miou"])
            size = pipeline.bundle.file("segmenter").stat().st_size / 1e6
            row = [name, *(f"{share:.3f}" for share in shares), f"{median(times[name]):.1f}"]
            rows.append([*row, f"{seconds[name]:.0f}", f"{size:.1f}"])
    what = "half as wide, " if narrow else ""
    what += f"{len(train.samples)} pictures to learn from, {epochs} epochs, {side} px"
    print_table(f"Segmenters, {what}, n = {len(test.samples)} test pictures", HEAD, rows)


if __name__ == "__main__":
    typer.run(main)
