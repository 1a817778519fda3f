"""Make the bundle `checkpoints/kinds`: the remover and detector of `everyday`, and a classifier with many more names.

    python -m checkpoints.make_kinds PHOTOS

PHOTOS is as for `checkpoints.make_everyday`. The classifier takes an hour and three quarters on two cores without
bfloat16, keeps its state after every epoch below `build/kinds`, and goes on from there when started again.
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
from checkpoints.making.kind_classifier import train_classifier
from smallimg.bundles.bundle import find_bundle, load_bundle
from smallimg.cli.progress import training_bar

STATE = Path("build/kinds")


def main(
    folder: Annotated[Path, typer.Argument(metavar="PHOTOS")],
    *,
    out: Path = Path("checkpoints/kinds"),
    state: Annotated[Path, typer.Option("--work", help="where the state after every epoch is kept")] = STATE,
) -> None:
    """Train the classifier and measure it; see the top of this file."""
    shutil.copytree(find_bundle("everyday"), out, dirs_exist_ok=True)
    bundle = without_figures(load_bundle("everyday"), "classifier")
    with training_bar() as report:
        train_classifier(Work(folder, state, report), replace(bundle, path=out))


if __name__ == "__main__":
    typer.run(main)
