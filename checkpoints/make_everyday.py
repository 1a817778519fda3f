"""Make the bundle `checkpoints/everyday`: a pipeline for everyday photos, every network trained from scratch on photos.

    python -m checkpoints.make_everyday PHOTOS [--stage remover] [--stage detector] [--stage classifier]
    python -m checkpoints.make_everyday PHOTOS --figures

PHOTOS holds `saliency.zip` (pictures with masks), `backgrounds.zip`, `cifar10.zip` (class folders) and a folder
`kinds`, unpacked from `kinds.tar.xz` (64-pixel photos of Tiny ImageNet with boxes, and what each class is called):

    mkdir PHOTOS/kinds && tar xf PHOTOS/kinds.tar.xz -C PHOTOS/kinds

It has 60,333 photos to learn from, in place of the 15,855 that remover and detector were made with when they were
shipped; those to measure on are the same. One command trains all three, one after the other; on two cores with
bfloat16 each takes some hours, the classifier of 142 kinds two and three quarters, and all of it twice that without
bfloat16. Each keeps its state after every epoch below `build/everyday`, and goes on from there when started again. What
it does is in `making/`, a file a stage.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import smallimg  # noqa: F401  # before torchmetrics, which brings packages along that read the settings made here

# isort: split
import typer

from checkpoints.making.card import without_figures
from checkpoints.making.data import Work
from checkpoints.making.detector import measure_detector, train_detector
from checkpoints.making.kind_classifier import measure_classifier, train_classifier
from checkpoints.making.kind_others import write_kind_others
from checkpoints.making.remover import measure_remover, train_remover
from smallimg.bundles.bundle import Bundle, load_bundle, save_bundle
from smallimg.cli.progress import say, training_bar
from smallimg.errors import BundleError

STATE = Path("build/everyday")
TRAIN: dict[str, Callable[[Work, Bundle], Bundle]] = {
    "remover": train_remover,
    "detector": train_detector,
    "classifier": train_classifier,
    "others": write_kind_others,
}
#: What is done again where networks stay as they are, but not what they are shown.
AGAIN = (measure_remover, measure_detector, measure_classifier)
#: How long each takes; without bfloat16, about twice that.
TAKES = "some hours on two cores with bfloat16"


def main(
    folder: Annotated[Path, typer.Argument(metavar="PHOTOS", help="the folder with the data, see the file's top")],
    *,
    stage: Annotated[
        list[str],
        typer.Option(
            help=f"remover, detector, classifier; each takes {TAKES}; others, a minute. All where none is named."
        ),
    ] = [],  # noqa: B006
    out: Annotated[Path, typer.Option(help="the bundle's folder")] = Path("checkpoints/everyday"),
    state: Annotated[Path, typer.Option("--work", help="where the state after every epoch is kept")] = STATE,
    figures: Annotated[bool, typer.Option("--figures", help="train nothing: choose thresholds, and measure")] = False,
) -> None:
    """Train the stages one after the other, each from where it was stopped."""
    if unknown := [name for name in stage if name not in TRAIN]:
        raise typer.BadParameter(f"There is no stage “{unknown[0]}”: choose from {', '.join(TRAIN)}.")
    out.mkdir(parents=True, exist_ok=True)
    try:
        bundle = load_bundle(out)
    except BundleError:
        bundle = Bundle(out, (), "none", {})
    with training_bar() as report:
        for measure in AGAIN if figures else ():
            trained = bundle.card["versions"]
            bundle = measure(Work(folder, state, report), bundle)
            bundle = replace(bundle, card=bundle.card | {"versions": trained})
        if figures:
            save_bundle(bundle)
            return
        for name in stage or TRAIN:
            say(f"{name}: {TAKES}, less what is in {state} already")
            bundle = TRAIN[name](Work(folder, state, report), without_figures(bundle, name))


if __name__ == "__main__":
    typer.run(main)
