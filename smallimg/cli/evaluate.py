"""`evaluate`: how good a bundle is."""

from pathlib import Path
from typing import Annotated

import typer

from smallimg import DEFAULT_BUNDLE
from smallimg.cli.data import read_split
from smallimg.cli.options import BackgroundOption, Data, MaxPixelsOption, ModelOption, allow_pixels
from smallimg.cli.progress import progress_bar, say


def evaluate(
    data: Data,
    *,
    out: Annotated[Path, typer.Option(help="Folder for metrics.json and submission.csv.")],
    model: ModelOption = DEFAULT_BUNDLE,
    background: BackgroundOption = "own",
    split: Annotated[str, typer.Option(help="Which part of the data set to measure on.")] = "test",
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Measure a bundle on a data set.

    Writes metrics.json with all figures, and submission.csv (Id,Category) as the challenge asks for it, with a row for
    every picture. Pictures of which nothing is known get their rows too: a folder of them, or a table of their names.
    """
    allow_pixels(max_pixels)
    from smallimg.pipeline import Pipeline
    from smallimg.study.evaluation import evaluate as measure
    from smallimg.study.evaluation import write_evaluation

    dataset = read_split(data, split, unlabelled=True)
    pipeline = Pipeline.load(model, background=background)
    with progress_bar("image") as progress:
        evaluation = measure(pipeline, dataset, progress=progress)
    write_evaluation(evaluation, dataset, out)
    for sentence in evaluation.errors:
        say(sentence)
    figures = {name: value for name, value in evaluation.metrics.items() if isinstance(value, int | float)}
    width = max(len(name) for name in figures)
    for name, value in figures.items():
        low, high = evaluation.metrics.get(f"{name}_interval", (None, None))
        plausible = "" if low is None else f"  ({low:.4g} to {high:.4g} at 95 %, by the number of pictures)"
        typer.echo(f"{name:{width}}  {value:.4g}{plausible}")
    typer.echo(f"metrics.json and submission.csv written to {out}")
    if dataset.problems or evaluation.errors:
        raise typer.Exit(1)
