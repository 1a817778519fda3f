"""Transfer learning from 200 kinds of things to CIFAR-10, beside training from scratch, by how much data there is.

    python -m benchmarks.transfer TINY CIFAR10 [--work build/transfer]

TINY is a data set with boxes (Tiny ImageNet), CIFAR10 holds `train/<class>/` and `test/<class>/`. A small residual
network learns TINY's classes from the crops of its boxes; then the same network learns CIFAR-10 from a hundredth, a
tenth and all of the training pictures: from scratch, with its features kept (only the head learns), and with everything
fine-tuned at a tenth of the rate. A tenth of those pictures chooses the best epoch. Printed is the test accuracy.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
import typer

from benchmarks.accuracy import report
from benchmarks.tables import print_table
from smallimg.bundles.bundle import STAGE_FILES, Bundle, Stage, save_bundle
from smallimg.data.dataset import split_train_validation
from smallimg.data.formats import read_dataset
from smallimg.networks.onnx_files import write_network
from smallimg.training.classifier import fit_classifier, validation_logits
from smallimg.training.loop import Keep
from smallimg.training.recipes import RECIPES, Augment, StageRecipe
from smallimg.training.start import Start, started
from smallimg.training.tensors import Tensors, load_tensors
from smallimg.training.transfer import leave_as_it_is, take_weights

SEED = 42
RECIPE = StageRecipe(
    architecture="compact_resnet",
    arguments={"patch": 1, "stem": 32, "widths": [64, 128, 256]},
    input_size=32,
    epochs=20,
    batch_size=250,
    learning_rate=0.1,
    optimizer="muon",
    weight_decay=0.01,
    label_smoothing=0.1,
    reads="image",
    augment=Augment(degrees=0, shift=0.125, brightness=0.1, contrast=0.1),
)
#: Share of the training pictures → epochs: the fewer there are, the more often each is looked at.
SHARES = {0.01: 60, 0.1: 30, 1.0: 5}
WAYS = {"from scratch": None, "features kept": "features", "fine-tuned": "all"}
LIMITS = {"max_files": 100_000, "max_bytes": 1_000_000_000}


def learn_tiny(tiny: Path, out: Path) -> float:
    """A bundle that names TINY's classes; its validation accuracy."""
    out.mkdir(parents=True, exist_ok=True)
    dataset = read_dataset(tiny, split="train", **LIMITS)
    train, validation = (load_tensors(part, 64) for part in split_train_validation(dataset, fraction=0.1, seed=SEED))
    n = len(dataset.class_names)
    network, figures = fit_classifier(
        train, validation, n_classes=n, recipe=RECIPE, seed=SEED, report=report, keep=Keep(out / "state")
    )
    write_network(network, out / STAGE_FILES["classifier"], stage="classifier", side=RECIPE.input_size)
    stage = Stage(RECIPE.architecture, {"n_classes": n, **RECIPE.arguments}, RECIPE.input_size)
    save_bundle(Bundle(out, dataset.class_names, "none", {"classifier": stage}))
    return figures["val_accuracy"]


def some(tensors: Tensors, share: float) -> Tensors:
    """The first pictures of each class, so many that together they are that share."""
    rows = [rows[: max(1, round(share * len(rows)))] for rows in _by_class(tensors.labels)]
    return tensors.take(torch.cat(rows))


def _by_class(labels: torch.Tensor) -> list[torch.Tensor]:
    return [(labels == label).nonzero()[:, 0] for label in labels.unique()]


def main(tiny: Path, cifar: Path, work: Path = Path("build/transfer")) -> None:
    """Print the table."""
    source = work / "tiny"
    typer.echo(f"Tiny ImageNet, validation accuracy: {learn_tiny(tiny, source):.3f}")
    dataset = read_dataset(cifar, split="train", **LIMITS)
    train, validation = (load_tensors(part, 32) for part in split_train_validation(dataset, fraction=0.1, seed=SEED))
    test = load_tensors(read_dataset(cifar, split="test", **LIMITS), 32)
    rows = []
    for share, epochs in SHARES.items():
        few, chooses = some(train, share), some(validation, max(share, 0.1))
        cells = []
        for way, mode in WAYS.items():
            recipe, prepare = (
                replace(RECIPE, epochs=epochs, batch_size=min(250, max(32, len(few) // 20))),
                leave_as_it_is,
            )
            if mode is not None:
                start = Start(str(source), mode)
                recipe = started(replace(RECIPES["fast"], classifier=recipe), start, ("classifier",)).classifier
                prepare = partial(take_weights, stage="classifier", start=start, class_names=dataset.class_names)
            network, _ = fit_classifier(
                few, chooses, n_classes=10, recipe=recipe, seed=SEED, report=report, prepare=prepare,
                keep=Keep(work / f"{way} {share:g}"),
            )  # fmt: skip
            right = validation_logits(network, test, recipe).argmax(dim=1) == test.labels
            cells.append(f"{right.float().mean().item():.3f}")
            typer.echo(f"{way}, {len(few)} pictures: {cells[-1]}", err=True)
        rows.append([f"{len(few):,}", str(epochs), *cells])
    print_table(f"Test accuracy on CIFAR-10, n = {len(test)}", ["pictures", "epochs", *WAYS], rows)


if __name__ == "__main__":
    typer.run(main)
