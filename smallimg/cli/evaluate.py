"""`evaluate`: how good a bundle is, beside another, and what removing backgrounds and cropping do for it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smallimg import DEFAULT_BUNDLE
from smallimg.cli.data import read_split
from smallimg.cli.options import BackgroundOption, Data, MaxPixelsOption, ModelOption, allow_pixels, may_be_folder
from smallimg.cli.progress import progress_bar, say
from smallimg.cli.wording import listed

if TYPE_CHECKING:
    from smallimg.study.comparison import Comparison


def evaluate(
    data: Data,
    *,
    out: Annotated[
        Path, typer.Option(callback=may_be_folder, help="Folder for metrics.json, predictions.csv and submission.csv.")
    ],
    model: ModelOption = DEFAULT_BUNDLE,
    background: BackgroundOption = "own",
    split: Annotated[str, typer.Option(help="Which part of the data set to measure on.")] = "test",
    against: Annotated[
        str | None, typer.Option(help="Another bundle to hold it against, on the same pictures: a name, or a folder.")
    ] = None,
    against_background: Annotated[
        str | None, typer.Option(help="The other one's background model; alone, the same bundle behind that one.")
    ] = None,
    lesson: Annotated[
        bool, typer.Option("--lesson", help="Measure without background removal and without cropping, too.")
    ] = False,
    cutouts: Annotated[bool, typer.Option("--cutouts", help="Write cutouts.zip with every cut-out.")] = False,
    crops: Annotated[
        bool, typer.Option("--crops", help="Write crops.zip with every picture cut to its object.")
    ] = False,
    known_only: Annotated[
        bool, typer.Option("--known-only", help="Leave out pictures of classes that the bundle does not know.")
    ] = False,
    given_boxes: Annotated[
        bool, typer.Option("--given-boxes", help="Tell it the true boxes: for a classifier without a detector.")
    ] = False,
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Measure a bundle on a data set.

    Writes metrics.json with all figures, predictions.csv with a row for every picture, and submission.csv (Id,Category)
    as the challenge asks for it. Pictures of which nothing is known get their rows too: a folder of them, or a table of
    their names. With --against it is compared with another bundle, with --lesson with itself, parts of it switched off.
    """
    allow_pixels(max_pixels)
    from smallimg.study.evaluating import Wanted, measure

    dataset = read_split(data, split, unlabelled=True)
    wanted = Wanted(
        model,
        background,
        given_boxes=given_boxes,
        known_only=known_only,
        against=against or (model if against_background is not None else None),
        against_background=against_background or "own",
        lesson=lesson,
        keep=tuple(kind for kind, there in (("cutouts", cutouts), ("crops", crops)) if there),
    )
    with progress_bar("image") as progress:
        found = measure(wanted, dataset, out, progress=progress)
    evaluation = found.evaluation
    for sentence in (*found.notes, *evaluation.errors):
        say(sentence)
    figures = {name: value for name, value in evaluation.metrics.items() if isinstance(value, int | float)}
    width = max(len(name) for name in figures)
    for name, value in figures.items():
        low, high = evaluation.metrics.get(f"{name}_interval", (None, None))
        plausible = "" if low is None else f"  ({low:.4g} to {high:.4g} at 95 %, by the number of pictures)"
        typer.echo(f"{name:{width}}  {value:.4g}{plausible}")
    for name, one in evaluation.metrics.get("segments", {}).items():
        pictures = "1 picture" if one["n"] == 1 else f"{one['n']:,} pictures"
        typer.echo(f"{name}: IoU {one['iou']:.4g}, {one['intersection']:,} of {one['union']:,} pixels, in {pictures}")
    for comparison in (found.comparison, found.lesson):
        if comparison is not None:
            typer.echo(f"\n{comparison_text(comparison)}\n")
    files = ["metrics.json", "predictions.csv", "submission.csv", *(f"{kind}.zip" for kind in wanted.keep)]
    files += [f"{name}.csv" for name, one in (("comparison", found.comparison), ("lesson", found.lesson)) if one]
    typer.echo(f"{listed(files)} written to {out}")
    if dataset.problems or evaluation.errors:
        raise typer.Exit(1)


def comparison_text(comparison: "Comparison") -> str:
    """Each column's accuracy, and for each pair how many pictures flip and whether that is more than chance."""
    from smallimg.study.comparison_words import verdict
    from smallimg.study.intervals import share_text

    width = max(len(column.name) for column in comparison.columns)
    lines = []
    for column in comparison.columns:
        rows = [row for row in column.rows if row.truth is not None and row.label is not None and not row.error]
        right = share_text(sum(row.is_right for row in rows), len(rows)) if rows else "no class known"
        lines.append(f"{column.name:{width}}  right: {right}")
    lines += [f"{pair.title}: {verdict(pair)}" for pair in comparison.pairs if pair.n]
    return "\n".join([*lines, *comparison.notes]).replace("\u00a0", " ")
