"""Make the bundle `checkpoints/cifar10`: remover and detector of `everyday`, and a classifier of CIFAR-10's classes.

    python -m checkpoints.make_cifar10 PHOTOS

PHOTOS is as for `checkpoints.make_everyday`. The classifier takes one to two hours on two cores with bfloat16, keeps
its state after every epoch below `build/cifar10`, and goes on from there when started again. What it does is in
`making/ten/`.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import smallimg  # noqa: F401  # before torchmetrics, which brings packages along that read the settings made here

# isort: split
import typer

from checkpoints.making.card import without_figures
from checkpoints.making.data import Work
from checkpoints.making.ten.classifier import train_classifier
from smallimg.bundles.bundle import STAGE_FILES, find_bundle, load_bundle
from smallimg.cli.progress import say, training_bar

STATE = Path("build/cifar10")


def main(
    folder: Annotated[Path, typer.Argument(metavar="PHOTOS", help="the folder with the data, see `make_everyday`")],
    *,
    out: Annotated[Path, typer.Option(help="the bundle's folder")] = Path("checkpoints/cifar10"),
    state: Annotated[Path, typer.Option("--work", help="where the state after every epoch is kept")] = STATE,
) -> None:
    """Copy remover and detector, train the classifier (one to two hours on two cores), and measure it."""
    out.mkdir(parents=True, exist_ok=True)
    for stage in ("background", "detector"):
        shutil.copy(find_bundle("everyday") / STAGE_FILES[stage], out)
    bundle = without_figures(load_bundle("everyday"), "classifier")
    stages = {name: stage for name, stage in bundle.stages.items() if name != "classifier"}
    say(f"classifier: one to two hours on two cores with bfloat16, less what is in {state} already")
    with training_bar() as report:
        train_classifier(Work(folder, state, report), replace(bundle, path=out, stages=stages))


if __name__ == "__main__":
    typer.run(main)
