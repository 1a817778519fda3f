"""`map`: which pictures of a set one or several models see alike."""

from pathlib import Path
from typing import Annotated

import typer

from smallimg import DEFAULT_BUNDLE
from smallimg.cli.data import read_split
from smallimg.cli.options import Data, MaxPixelsOption, ModelOption, allow_pixels, may_be_folder
from smallimg.cli.progress import progress_bar, say
from smallimg.cli.wording import without_names


def map_pictures(
    data: Data,
    *,
    out: Annotated[Path, typer.Option(callback=may_be_folder, help="Folder for map.csv, map.json and features.npz.")],
    model: ModelOption = DEFAULT_BUNDLE,
    against: Annotated[
        list[str] | None, typer.Option(help="Another bundle that looks at the same pictures; several are allowed.")
    ] = None,
    split: Annotated[str, typer.Option(help="Which part of the data set.")] = "test",
    most: Annotated[int, typer.Option(min=5, help="Pictures at most, drawn at random.")] = 5000,
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Lay a data set out as a map: pictures that a bundle sees alike lie side by side.

    map.csv has a row a picture: what it is, what each bundle takes it for, and where each bundle puts it. features.npz
    has what each bundle's classifier makes of each picture, for numpy.
    """
    allow_pixels(max_pixels)
    from smallimg.pipeline import Pipeline
    from smallimg.study.mapping import map_set, write_map

    dataset = read_split(data, split, unlabelled=True)
    pipelines = [Pipeline.load(one) for one in (model, *(against or []))]
    with progress_bar("image") as progress:
        drawn, features = map_set(
            pipelines, [one.name for one in pipelines], dataset, most=most,
            tell=lambda done, of, doing: progress(done, of) if doing == "Looking" else None,
        )  # fmt: skip
    for sentence in drawn.errors:
        say(sentence)
    write_map(out, drawn, features)
    n = len(drawn.points)
    typer.echo(f"{n:,} of {drawn.of:,} pictures" if n < drawn.of else f"{n:,} pictures")
    for at, one in enumerate(drawn.models):
        known = [right for point in drawn.points if (right := drawn.is_right(point, at)) is not None]
        if known:
            typer.echo(f"{one.name}: right about {sum(known):,} of {len(known):,}")
        if drawn.unnamed(at):
            say(without_names(drawn.unnamed(at), f"“{one.name}”"))
    typer.echo(f"map.csv, map.json and features.npz written to {out}")
    if drawn.errors or dataset.problems:
        raise typer.Exit(1)
