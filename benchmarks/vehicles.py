"""The study of vehicles against animals on CIFAR-10: five variants of its custom CNN, trained from scratch.

    python -m benchmarks.vehicles CIFAR10 [--epochs 12] [--pictures 0] [--out build/vehicles]

CIFAR10 holds `train/<class>/` and `test/<class>/`, as a folder or a zip. A variant changes one number of the network
that the study describes. Printed are accuracy, loss and precision of the validation pictures as mean ± standard
deviation over the epochs, then what the best epoch makes of the test pictures; below, the classes whose pictures are
mistaken. The pictures that each variant is surest and wrong about come as a sheet to `--out`. With `--pictures` it
learns from so many. The last row is the classifier of the bundle `cifar10`, which knows ten classes: its
probabilities of the four vehicles are added up. What was cut off goes on when it is started again.
"""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import torch
import typer
from PIL import Image
from torch.nn import functional as F
from torchmetrics.functional.classification import multiclass_precision

from benchmarks.tables import print_table
from smallimg.bundles.bundle import load_bundle
from smallimg.data.dataset import Dataset, split_train_validation
from smallimg.data.formats import read_dataset
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.onnx_files import load_weights
from smallimg.training.classifier import fit_classifier, validation_logits
from smallimg.training.loop import Keep, Progress
from smallimg.training.recipes import Augment, StageRecipe
from smallimg.training.tensors import Tensors, load_tensors

VEHICLES = frozenset({"airplane", "automobile", "ship", "truck"})
BASE = StageRecipe(
    architecture="cifar_cnn",
    input_size=32,
    epochs=12,
    batch_size=64,
    learning_rate=1e-3,
    optimizer="adam",
    schedule="constant",
    weight_decay=0.0,
    reads="image",
    augment=Augment(degrees=0, shift=0.1, brightness=0.0, contrast=0.0),
)
VARIANTS = {
    "as described": BASE,
    "L2 of 0.001": replace(BASE, weight_decay=1e-3),
    "dropout 0.5": replace(BASE, arguments={"dropout": 0.5}),
    "256 units": replace(BASE, arguments={"units": 256}),
    "learning rate 0.0003": replace(BASE, learning_rate=3e-4),
}
SHEET, COLUMNS, ZOOM = 40, 10, 2


class Curve:
    """The figures of every epoch, in a file: a run that is cut off and started again has them all."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.epochs: dict[str, dict[str, float]] = json.loads(file.read_text()) if file.is_file() else {}

    def report(self, progress: Progress) -> None:
        if not progress.metrics:
            return
        self.epochs[str(progress.epoch)] = progress.metrics
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.epochs))
        typer.echo(f"{self.file.parent.name} {progress.epoch}/{progress.epochs} {progress.metrics}", err=True)


def two_classes(dataset: Dataset, pictures: int = 0) -> tuple[Tensors, list[str]]:
    """The pictures with 1 for vehicles and 0 for animals, and the class each has in CIFAR-10."""
    step = max(1, len(dataset.samples) // pictures) if pictures else 1
    dataset = replace(dataset, samples=dataset.samples[::step])
    tensors = load_tensors(dataset, BASE.input_size)
    classes = [dataset.class_names[label] for label in tensors.labels.tolist()]
    return replace(tensors, labels=torch.tensor([int(name in VEHICLES) for name in classes])), classes


def spread(values: list[float]) -> str:
    return f"{mean(values):.4f} ± {stdev(values) if len(values) > 1 else 0:.4f}"


def save_sheet(test: Tensors, rows: torch.Tensor, file: Path) -> None:
    """The pictures of these rows, in that order, side by side."""
    side = test.side * ZOOM
    sheet = Image.new("RGB", (COLUMNS * side, -(-max(len(rows), 1) // COLUMNS) * side), (128, 128, 128))
    for place, row in enumerate(rows.tolist()):
        picture = Image.fromarray(test.pixels[row].permute(1, 2, 0).numpy()).resize((side, side))
        sheet.paste(picture, (place % COLUMNS * side, place // COLUMNS * side))
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file)


def ten_classes(test: Tensors) -> torch.Tensor:
    """What the shipped classifier says of the pictures, as logits of animal and vehicle."""
    bundle = load_bundle("cifar10")
    stage = bundle.stages["classifier"]
    network = build_classifier(stage.architecture, stage.arguments)
    load_weights(network, bundle.file("classifier"))
    logits = validation_logits(network, test, replace(BASE, input_size=stage.input_size))
    is_vehicle = torch.tensor([name in VEHICLES for name in bundle.class_names])
    shares = (logits / stage.temperature).softmax(dim=1)
    return torch.stack([shares[:, ~is_vehicle].sum(dim=1), shares[:, is_vehicle].sum(dim=1)], dim=1).log()


def main(data: Path, epochs: int = 12, pictures: int = 0, out: Path = Path("build/vehicles")) -> None:
    """Train the variants and print the tables."""
    limits = {"max_files": 100_000, "max_bytes": 1_000_000_000}
    parts = split_train_validation(read_dataset(data, split="train", **limits))
    train, validation = (
        two_classes(part, pictures and pictures // divisor)[0] for part, divisor in zip(parts, (1, 4), strict=True)
    )
    test, classes = two_classes(read_dataset(data, split="test", **limits))
    figures, mistaken = list[tuple[str, ...]](), list[tuple[str, ...]]()

    def measure(name: str, logits: torch.Tensor, curve: list[dict[str, float]]) -> None:
        wrong = logits.argmax(dim=1) != test.labels
        over_epochs = ("val_accuracy", "val_loss", "val_precision")
        figures.append(
            (
                name,
                *(spread([line[key] for line in curve]) if curve else "—" for key in over_epochs),
                f"{1 - wrong.float().mean().item():.4f}",
                f"{F.cross_entropy(logits, test.labels).item():.4f}",
                f"{multiclass_precision(logits, test.labels, num_classes=2).item():.4f}",
            )
        )
        counts = Counter(classes[row] for row in wrong.nonzero()[:, 0].tolist())
        mistaken.append((name, *(f"{one}: {count}" for one, count in counts.most_common(4))))
        sure = logits.softmax(dim=1).amax(dim=1) * wrong
        save_sheet(test, sure.argsort(descending=True)[: min(SHEET, int(wrong.sum()))], out / f"{name}.png")

    for name, variant in VARIANTS.items():
        recipe = replace(variant, epochs=epochs)
        curve = Curve(out / "state" / name / "curve.json")
        network, _ = fit_classifier(
            train, validation, n_classes=2, recipe=recipe, seed=42, report=curve.report, keep=Keep(curve.file.parent)
        )
        measure(name, validation_logits(network, test, recipe), list(curve.epochs.values()))
    measure("ours, `cifar10`", ten_classes(test), [])
    over = f"mean ± std over {epochs} epochs"
    print_table(
        f"Vehicles and animals: {len(train)} to learn from, {len(validation)} to validate, {len(test)} to test",
        ("", f"accuracy, {over}", "loss", "precision", "test accuracy", "test loss", "test precision"),
        figures,
    )
    print_table("Classes whose test pictures are mistaken", ("", "most", "", "", ""), mistaken)


if __name__ == "__main__":
    typer.run(main)
