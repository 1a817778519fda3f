"""Make the bundle `checkpoints/cifar10`: a classifier for CIFAR-10's ten classes, trained from scratch.

    python -m checkpoints.make_cifar10 PHOTOS

PHOTOS is as for `checkpoints.make_everyday`. It takes about an hour on two cores in bfloat16, keeps its state after
every epoch below `build/cifar10`, and goes on from there when started again.
"""

from pathlib import Path
from typing import Annotated

import smallimg  # noqa: F401  # before torchmetrics, which brings packages along that read the settings made here

# isort: split
import typer

from checkpoints.making.cifar.classifier import train_classifier
from checkpoints.making.data import Work
from smallimg.bundles.bundle import Bundle
from smallimg.cli.progress import training_bar

STATE = Path("build/cifar10")


def main(
    folder: Annotated[Path, typer.Argument(metavar="PHOTOS")],
    *,
    out: Path = Path("checkpoints/cifar10"),
    state: Annotated[Path, typer.Option("--work", help="where the state after every epoch is kept")] = STATE,
) -> None:
    """Train the classifier and measure it; see the top of this file."""
    out.mkdir(parents=True, exist_ok=True)
    with training_bar() as report:
        train_classifier(Work(folder, state, report), Bundle(out, (), "none", {}))


if __name__ == "__main__":
    typer.run(main)
