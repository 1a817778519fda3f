"""The sample challenge's test split: the shipped bundle, and the paper's CNN where its recipe breaks.

    python -m benchmarks.accuracy DATA [--epochs 12]

DATA is the challenge as `python -m smallimg challenge DATA` draws it. The paper's CNN is trained twice on its training
split: on whole pictures, background and all, and on crops of pictures whose background our remover took away; the
second is tested behind our remover and our detector.
"""

import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import typer
from tqdm import tqdm

from benchmarks.tables import print_table
from smallimg.bundles.bundle import find_bundle
from smallimg.data.dataset import Dataset
from smallimg.data.formats import read_dataset
from smallimg.pipeline import Pipeline
from smallimg.study.evaluation import evaluate
from smallimg.training.bundle import train_bundle
from smallimg.training.loop import Progress
from smallimg.training.recipes import RECIPES

COLUMNS = ("val_accuracy", "accuracy", "precision", "recall", "box_iou", "box_iou_50", "mask_iou")


def report(progress: Progress) -> None:
    if progress.metrics:
        typer.echo(f"{progress.stage} {progress.epoch}/{progress.epochs} {progress.metrics}", err=True)


def train_paper_cnn(data: Dataset, out: Path, *, background: str, epochs: int) -> Path:
    """The paper's CNN, into the bundle that may lie in `out`."""
    recipe = replace(RECIPES["paper"], background=background)
    return train_bundle(data, out, stages=("classifier",), recipe=recipe, epochs=epochs, report=report)


def whole(data: Dataset) -> Dataset:
    """The same pictures without their boxes: the classifier then sees all of each."""
    nothing = np.zeros((0, 4), np.float32)
    return replace(data, samples=tuple(replace(sample, boxes=nothing) for sample in data.samples))


def main(data: Path, epochs: int = 12) -> None:
    """Print the table."""
    train, test = read_dataset(data, split="train"), read_dataset(data, split="test")
    with tempfile.TemporaryDirectory() as folder:
        cropped = Path(folder) / "cropped"
        shutil.copytree(find_bundle("challenge"), cropped)
        bundles = {
            "ours": find_bundle("challenge"),
            "paper's CNN, background removed and cropped": train_paper_cnn(
                train, cropped, background="own", epochs=epochs
            ),
            "paper's CNN, whole pictures": train_paper_cnn(
                whole(train), Path(folder) / "whole", background="none", epochs=epochs
            ),
        }
        rows = []
        for name, bundle in bundles.items():
            pipeline = Pipeline.load(bundle)
            with tqdm(total=len(test.samples), desc=name, file=sys.stderr) as bar:
                metrics = evaluate(pipeline, test, progress=lambda done, _, bar=bar: bar.update(done - bar.n)).metrics
            figures = pipeline.bundle.card["metrics"]
            metrics = metrics | {"val_accuracy": figures["classifier val_accuracy"]}
            rows.append([name, *(f"{metrics[column]:.3f}" if column in metrics else "—" for column in COLUMNS)])
    print_table(f"The sample challenge, n = {len(test.samples)} test pictures", ["", *COLUMNS], rows)


if __name__ == "__main__":
    typer.run(main)
