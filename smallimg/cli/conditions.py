"""`conditions`: which factor makes a network fail, by the size of the object."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from smallimg import DEFAULT_BUNDLE
from smallimg.cli.data import read_split
from smallimg.cli.options import Data, MaxPixelsOption, ModelOption, allow_pixels, may_be_folder
from smallimg.cli.progress import progress_bar, say

if TYPE_CHECKING:
    from smallimg.study.conditions.study import Study
    from smallimg.study.conditions.tried import Cell, Step

#: Whose names are tried.
Protocol = Literal["bundle", "document"]


def conditions(
    data: Data,
    *,
    out: Annotated[
        Path, typer.Option(callback=may_be_folder, help="Folder for the tables, the findings and a sheet of pictures.")
    ],
    model: ModelOption = DEFAULT_BUNDLE,
    split: Annotated[str, typer.Option(help="Which part of the data set.")] = "test",
    most: Annotated[int, typer.Option(min=1, help="Objects at most; sizes and classes take turns.")] = 600,
    small: Annotated[float, typer.Option(help="Below this share of the picture's area an object is small.")] = 0.01,
    large: Annotated[float, typer.Option(help="From this share on it is large.")] = 0.05,
    margin: Annotated[float, typer.Option(help="How much larger than the object the crop is.")] = 0.3,
    downscale: Annotated[float, typer.Option(help="By how much fewer pixels a side the crop has.")] = 4.0,
    motion: Annotated[float, typer.Option(help="Movement, as a share of the picture's longer side.")] = 0.03,
    occlusion: Annotated[float, typer.Option(help="Share of the box that is covered.")] = 0.3,
    blur: Annotated[float, typer.Option(help="The background's blur, as a share of the longer side.")] = 0.02,
    corruptions: Annotated[
        bool, typer.Option("--corruptions", help="With noise, fog, JPEG and too much light as well.")
    ] = False,
    severity: Annotated[int, typer.Option(help="Of these, 1 to 5 as in ImageNet-C.")] = 3,
    paste: Annotated[
        bool | None,
        typer.Option(help="The same cut-outs at every size, on other backgrounds; by default where a size is lacking."),
    ] = None,
    protocol: Annotated[
        Protocol,
        typer.Option(
            help="Who names: the bundle, or a ResNet-18 that learns its last layer here, as in the document; of that, "
            "the fifth that is kept is tried."
        ),
    ] = "bundle",
    seed: Annotated[int, typer.Option(help="Which objects are drawn, and where they are covered.")] = 0,
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Find out why a network fails: change one factor at a time, by the size of the object.

    Every labelled object is named from the whole picture (orig_full), from the picture's part around it (orig_crop),
    from that with fewer pixels, with motion blur, partly covered, and from the whole picture with its background
    blurred. Where the object is, is given. results_conditions.csv has the accuracy of each condition and size,
    changes.csv what each factor changes for the same objects, sheet.png what it looks like.
    """
    allow_pixels(max_pixels)
    from smallimg.pipeline import Pipeline
    from smallimg.study.conditions.conduct import Asked, conduct
    from smallimg.study.conditions.factors import Strengths
    from smallimg.study.conditions.write import write_study

    if not 0 < small < large < 1:
        raise typer.BadParameter(f"--small and --large are shares with 0 < small < large < 1, got {small} and {large}.")
    given = {"margin": margin, "downscale": downscale, "motion": motion, "occlusion": occlusion, "blur": blur}
    try:
        strengths = Strengths(**given, severity=severity)
    except ValueError as error:
        raise typer.BadParameter(f"--{error}") from error
    dataset = read_split(data, split)
    pipeline = Pipeline.load(model)
    asked = Asked(most, (small, large), paste, protocol, corruptions, strengths, seed)
    study = _shown(conduct(pipeline, dataset, asked))
    for sentence in (*study.unread, *study.notes):
        say(sentence)
    for line in _lines(study.cells):
        typer.echo(line)
    for one in study.findings:
        typer.echo(f"{one.verdict + ':':10} {one.claim} ({one.figures})")
    written = write_study(out, study, pipeline)
    typer.echo(f"{', '.join(written[:-1])} and {written[-1]} written to {out}")
    if study.unread or dataset.problems:
        raise typer.Exit(1)


def _shown(steps: "Iterator[Step | Study]") -> "Study":
    """The study at the end of the steps, which move a bar until then."""
    from smallimg.study.conditions.study import Study

    with progress_bar("object") as progress:
        for step in steps:
            if isinstance(step, Study):
                return step
            progress(step.done, step.of)
    raise AssertionError("the last step is the study")


def _lines(table: "list[Cell]") -> list[str]:
    """A row a condition, a column a size: rightly named of all, and the interval."""
    from smallimg.study.intervals import share_text

    sizes = list(dict.fromkeys(one.size for one in table))
    conditions = dict.fromkeys(one.condition for one in table)
    said = {(one.condition, one.size): share_text(one.correct, one.n).replace("\u00a0", " ") for one in table}
    rows = [("condition", *sizes), *((name, *(said[name, size] for size in sizes)) for name in conditions)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
