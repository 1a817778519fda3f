"""What several verbs can be asked, each once: arguments, options of predicting, and those of a training."""

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from smallimg.errors import TrainingError
from smallimg.training.architectures import ARCHITECTURES, stage_of


def may_be_folder(out: Path | None) -> Path | None:
    """A folder to write to, looked at before the work of minutes or hours that is to go there; for an option.

    Raises:
        typer.BadParameter: when it cannot become one: a file lies there or on the way, or nothing may be written.
    """
    if out is None:
        return None
    there = next(place for place in (out.absolute(), *out.absolute().parents) if place.exists())
    if not there.is_dir():
        raise typer.BadParameter(f"{out} cannot be a folder, because {there.name} is a file: choose another place.")
    if not os.access(there, os.W_OK):
        raise typer.BadParameter(f"{out} cannot be written, because nothing may be put into {there}: choose another.")
    return out


Data = Annotated[Path, typer.Argument(metavar="DATA", help="A data set: a folder, or a zip of one.")]
Source = Annotated[Path, typer.Argument(metavar="IN", help="A picture, or a folder of them.")]
Target = Annotated[Path, typer.Argument(metavar="OUT", help="Where the result goes: a file (.png, .jpg) or a folder.")]

ModelOption = Annotated[str, typer.Option(help="Bundle of trained networks: a name in checkpoints/, or a folder.")]
BackgroundOption = Annotated[
    str,
    typer.Option(help="Who removes the background: `own` (the bundle's network), `none`, or a rembg model: u2netp, …"),
]
FormatOption = Annotated[
    Literal["png", "jpg"] | None,
    typer.Option("--format", help="File format of the results; by default OUT's ending, else png."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of a readable one.")]


MaxPixelsOption = Annotated[
    int | None,
    typer.Option(min=1, help="Most pixels a picture may have, width × height; 200 million where nothing is said."),
]


def allow_pixels(max_pixels: int | None) -> None:
    """Let pictures have that many pixels, here and in the processes that are started from here."""
    from smallimg.pictures.images import PIXELS_SETTING

    if max_pixels is not None:
        os.environ[PIXELS_SETTING] = str(max_pixels)


class Stage(StrEnum):
    """The networks of a bundle, in the order a picture meets them; the last only where it is asked for."""

    REMOVER = "remover"
    DETECTOR = "detector"
    CLASSIFIER = "classifier"
    SEGMENTER = "segmenter"


StageOption = Annotated[
    list[Stage] | None,
    typer.Option(
        metavar="remover|detector|classifier|segmenter",
        help="Network to train, repeat for several; by default all that the recipe needs, and no segmenter.",
    ),
]
RecipeOption = Annotated[Literal["paper", "fast"], typer.Option(help="The paper's numbers, or quicker ones.")]
CutOutsOption = Annotated[
    str | None,
    typer.Option(help="Whose cut-outs to learn from: `own`, `none`, or a rembg model; by default the recipe's."),
]
ReadsOption = Annotated[
    Literal["image", "cutout"] | None,
    typer.Option(help="What detector and classifier look at, the picture or its cut-out; by default as in the recipe."),
]
ArchitectureOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Network to train in place of the recipe's, repeat for several stages: "
        f"{', '.join(name for names in ARCHITECTURES.values() for name in names)}.",
    ),
]
NameBoxesOption = Annotated[
    bool, typer.Option("--name-boxes", help="The detector says what is in each box, not only that something is.")
]
EpochsOption = Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's own number.")]
SeedOption = Annotated[int, typer.Option(help="Of the split, the first weights and the augmentation.")]
StartFromOption = Annotated[
    str | None,
    typer.Option(
        help="Start from a bundle's networks (name or folder), from `imagenet`, or from `scratch`; by default from "
        "scratch, but names of few whole pictures from `everyday`'s features."
    ),
]
StartModeOption = Annotated[
    Literal["features", "last", "all"],
    typer.Option(help="What learns then: only the heads, the last layers too, or all of it at a tenth of the rate."),
]
BoxesFromMasksOption = Annotated[
    bool, typer.Option("--boxes-from-masks", help="A picture without boxes gets the one around its mask.")
]


def chosen_stages(
    asked: Sequence[Stage] | None, *, recipe: str, background: str | None, start_from: str | None
) -> tuple[str, ...]:
    """The stages to train, in their order: those asked for, or all that the recipe needs.

    Raises:
        BundleError: when there is no such bundle to start from.
    """
    from smallimg.training.recipes import RECIPES
    from smallimg.training.start import IMAGENET, SCRATCH, Start

    wanted = set(asked or set(Stage) - {Stage.SEGMENTER})
    if not asked:
        # A remover is needed only where the cut-outs are its own, and where it is not taken over.
        own = (background or RECIPES[recipe].background) == "own"
        bundle = Start(start_from).bundle if start_from not in (None, IMAGENET, SCRATCH) else None
        if not own or (bundle is not None and "background" in bundle.stages):
            wanted.discard(Stage.REMOVER)
    return tuple(stage.value for stage in Stage if stage in wanted)


def overridden(
    reads: str | None, architectures: Sequence[str] | None, *, name_boxes: bool
) -> dict[str, dict[str, Any]]:
    """The recipe's fields to override, by stage: what detector and classifier look at, which networks they are,

    and whether the detector names its boxes.

    Raises:
        TrainingError: when there is no network of such a name.
    """
    changes: dict[str, dict[str, Any]] = {}
    if reads:
        changes = {stage: {"reads": reads} for stage in ("detector", "classifier")}
    if name_boxes:
        changes.setdefault("detector", {})["names_boxes"] = True
    for name in architectures or ():
        stage = stage_of(name)
        if stage is None:
            known = "; ".join(f"{stage}: {', '.join(names)}" for stage, names in ARCHITECTURES.items())
            raise TrainingError(f"There is no network “{name}” to train: choose from {known}.")
        changes.setdefault(stage, {})["architecture"] = name
    return changes
