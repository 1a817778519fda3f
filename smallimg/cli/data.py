"""`challenge`, `check` and `convert`: data sets, before anything is learned from them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from smallimg.cli.options import Data, MaxPixelsOption, allow_pixels, may_be_folder
from smallimg.cli.progress import progress_bar, say
from smallimg.cli.wording import listed

if TYPE_CHECKING:
    from smallimg.data.dataset import Dataset


def challenge(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write the data set to.")],
    *,
    train: Annotated[int, typer.Option(min=1, help="Training images.")] = 1600,
    test: Annotated[int, typer.Option(min=1, help="Test images.")] = 800,
    size: Annotated[int, typer.Option(min=32, help="Width and height in pixels.")] = 224,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 2025,
    objects: Annotated[int, typer.Option(min=1, help="Things in a picture, from 1 to so many.")] = 1,
) -> None:
    """Draw the sample challenge data set.

    Eight classes of things; in training each class lies on its own kind of background, in the test images all share
    another. A network that learned the backgrounds instead of the things fails there.
    """
    from smallimg.data.challenge import write_challenge

    with progress_bar("image") as progress:
        write_challenge(out, train=train, test=test, size=size, seed=seed, objects=objects, progress=progress)
    typer.echo(f"{train} training and {test} test images written to {out}")


def check(
    data: Data,
    *,
    split: Annotated[str, typer.Option(help="Which part of the data set to learn from.")] = "train",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a readable report.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for whatever is doubtful, too.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Without the two checks that learn from the data: backgrounds, labels.")
    ] = False,
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Look at a data set before training on it.

    Prints how many images of each class there are to learn from, to measure on and to test on, and names what is wrong
    or doubtful, with a remedy. Exits with 1 when something is wrong: a row or an image left out, a file twice, a class
    of too few images. With --strict it does so for every warning, such as images that are nearly the same.
    """
    allow_pixels(max_pixels)
    from smallimg.data.checks.catalogue import CERTAIN
    from smallimg.data.preview import read_preview, report_text
    from smallimg.data.report import as_object, as_unread_object
    from smallimg.errors import SmallimgError
    from smallimg.study.doctor import look_closer

    try:
        with progress_bar("image") as progress:
            preview = read_preview(data, split=split, progress=progress)
        if not quick:
            with progress_bar("image") as progress:
                preview = look_closer(preview, progress=progress)
    except (SmallimgError, OSError) as error:
        if not as_json:
            raise
        typer.echo(json.dumps(as_unread_object(str(error), path=data), ensure_ascii=False))
        raise typer.Exit(1) from None
    typer.echo(json.dumps(as_object(preview), ensure_ascii=False) + "\n" if as_json else report_text(preview), nl=False)
    doubts = [finding for finding in preview.findings if finding.severity != "note"]
    if any(strict or finding.severity == "error" or finding.id in CERTAIN for finding in doubts):
        raise typer.Exit(1)


def convert(
    data: Data,
    out: Annotated[Path, typer.Argument(callback=may_be_folder, metavar="OUT", help="Folder to write it to.")],
    *,
    to: Annotated[
        Literal["coco", "yolo", "voc", "csv", "table", "folders", "masks"],
        typer.Option(
            help="COCO, YOLO or Pascal VOC; a table of boxes with its pictures (csv, also called table); folders named "
            "by class; pictures with masks."
        ),
    ],
    split: Annotated[str | None, typer.Option(help="One part of the data set; by default every one there is.")] = None,
    crops: Annotated[
        bool, typer.Option("--crops", help="For folders: a picture of each box in place of the whole pictures.")
    ] = False,
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Write a data set in another form.

    Pictures and masks are copied as they are. Every picture must have what the form is about: a box and a class, a
    class, or a mask. What the form has no place for is left out and said. Pictures of several classes have no folder
    of their own: with --crops each of their boxes becomes a picture in that of its class.
    """
    allow_pixels(max_pixels)
    from smallimg.data.converting import without_place, write_split
    from smallimg.data.dataset import share_classes
    from smallimg.data.formats import WITHOUT_SPLITS

    if out.resolve().is_relative_to(data.resolve()):
        raise typer.BadParameter(f"OUT ({out}) lies in DATA ({data}): the two would be taken for one.")
    if crops and to != "folders":
        raise typer.BadParameter("--crops is for --to folders: the other forms keep boxes.")
    datasets, is_whole = _read_splits(data, split, one=to in WITHOUT_SPLITS)
    datasets = share_classes(datasets)
    written = {}
    for dataset in datasets:
        with progress_bar("file") as progress:
            written[dataset.split] = write_split(dataset, out, to=to, crops=crops, report=progress)
    left = without_place(datasets, to=to, crops=crops)
    parts = ", ".join(f"{name} {count}" for name, count in written.items())
    typer.echo(
        f"{sum(written.values())} {'crops' if crops else 'pictures'} written to {out}"
        + (f" ({parts})" if len(datasets) > 1 else "")
        + (f"; their {listed(left)} have no place in that form" if left else "")
    )
    if not is_whole or any(dataset.problems for dataset in datasets):
        raise typer.Exit(1)


def _read_splits(data: Path, split: str | None, *, one: bool) -> tuple[list["Dataset"], bool]:
    """The split that was asked for, or all that there are, and whether each of them could be read.

    Args:
        one: whether there is a place for one only, which is the training part then.
    """
    from smallimg.data.converting import read_splits
    from smallimg.data.formats import OWN_LIMITS, list_splits, open_folder
    from smallimg.errors import DataError

    root = open_folder(data, **OWN_LIMITS)  # a zip is unpacked once
    there = [split] if split is not None else [*list_splits(root)]
    if one and len(there) > 1:
        say(f"That form has no splits: {listed(there[1:])} can be written to a folder of their own with --split.")
        there = there[:1]
    try:
        datasets, faults = read_splits(root, there)
    except DataError as error:
        raise DataError(str(error).replace(str(root), str(data))) from None
    for fault in faults:
        say(fault.replace(str(root), str(data)))
    for dataset in datasets:
        for problem in dataset.problems:
            say(problem)
    return datasets, not faults


def read_split(data: Path, split: str, *, unlabelled: bool = False) -> "Dataset":
    """One split of a data set; what is wrong with it is named, and the rest used."""
    from smallimg.data.dataset import together
    from smallimg.data.formats import OWN_LIMITS, read_dataset

    dataset = read_dataset(data, split=split, unlabelled=unlabelled, **OWN_LIMITS)
    for sentence in (*together(dataset.problems), *dataset.notes):
        say(sentence)
    return dataset
