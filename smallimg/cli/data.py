"""`challenge` and `check`: data sets, before anything is learned from them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smallimg.cli.options import Data
from smallimg.cli.progress import progress_bar, say

if TYPE_CHECKING:
    from smallimg.data.dataset import Dataset


def challenge(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write the data set to.")],
    *,
    train: Annotated[int, typer.Option(min=1, help="Training images.")] = 1600,
    test: Annotated[int, typer.Option(min=1, help="Test images.")] = 800,
    size: Annotated[int, typer.Option(min=32, help="Width and height in pixels.")] = 224,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 2025,
) -> None:
    """Draw the sample challenge data set.

    Eight classes of things; in training each class lies on its own kind of background, in the test images all share
    another. A network that learned the backgrounds instead of the things fails there.
    """
    from smallimg.data.challenge import write_challenge

    with progress_bar("image") as progress:
        write_challenge(out, train=train, test=test, size=size, seed=seed, progress=progress)
    typer.echo(f"{train} training and {test} test images written to {out}")


def check(
    data: Data,
    *,
    split: Annotated[str, typer.Option(help="Which part of the data set to learn from.")] = "train",
) -> None:
    """Look at a data set before training on it.

    Prints how many images of each class there are to learn from, to measure on and to test on, and names every row and
    image that is wrong. Exits with 1 when something is.
    """
    from smallimg.data.preview import read_preview, report_text

    with progress_bar("image") as progress:
        preview = read_preview(data, split=split, progress=progress)
    typer.echo(report_text(preview), nl=False)
    if preview.problems:
        raise typer.Exit(1)


def read_split(data: Path, split: str) -> "Dataset":
    """One split of a data set; what is wrong with it is named, and the rest used."""
    from smallimg.data.formats import read_dataset

    # A zip from one's own disk may be larger than one that somebody sends to the page.
    dataset = read_dataset(data, split=split, max_files=200_000, max_bytes=10_000_000_000)
    for problem in dataset.problems:
        say(problem)
    return dataset
