"""Make the bundle `checkpoints/everyday`: a pipeline for everyday photos, every network trained from scratch on photos.

    python -m checkpoints.make_everyday PHOTOS [--stage remover] [--stage detector] [--stage classifier]

PHOTOS holds `saliency.zip` (pictures with masks), `backgrounds.zip`, `cifar10.zip` (class folders) and a folder
`kinds`, unpacked from `kinds.tar.xz` (64-pixel photos of Tiny ImageNet with boxes):

    mkdir PHOTOS/kinds && tar xf PHOTOS/kinds.tar.xz -C PHOTOS/kinds

It has 60,333 photos to learn from, in place of the 15,855 that the bundle was made with when it was shipped; those to
measure on are the same. Each stage alone is one command, takes some hours on two cores in bfloat16, keeps its state
after every epoch below `build/everyday`, and goes on from there when started again. What it does is in `making/`, a
file a stage.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import smallimg  # noqa: F401  # before torchmetrics, which brings packages along that read the settings made here

# isort: split
import typer

from checkpoints.making.card import without_figures
from checkpoints.making.data import Work
from checkpoints.making.detector import train_detector
from checkpoints.making.remover import train_remover
from checkpoints.making.ten.classifier import train_classifier
from smallimg.bundles.bundle import Bundle, load_bundle
from smallimg.cli.progress import training_bar
from smallimg.errors import BundleError

STATE = Path("build/everyday")
TRAIN: dict[str, Callable[[Work, Bundle], Bundle]] = {
    "remover": train_remover,
    "detector": train_detector,
    "classifier": train_classifier,
}


def main(
    folder: Annotated[Path, typer.Argument(metavar="PHOTOS")],
    *,
    stage: Annotated[list[str], typer.Option(help="remover, detector, classifier; all where none is named")] = [],  # noqa: B006
    out: Path = Path("checkpoints/everyday"),
    state: Annotated[Path, typer.Option("--work", help="where the state after every epoch is kept")] = STATE,
) -> None:
    """Train the stages one after the other; see the top of this file."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        bundle = load_bundle(out)
    except BundleError:
        bundle = Bundle(out, (), "none", {})
    with training_bar() as report:
        for name in stage or TRAIN:
            bundle = TRAIN[name](Work(folder, state, report), without_figures(bundle, name))


if __name__ == "__main__":
    typer.run(main)
