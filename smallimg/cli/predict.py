"""`predict`: say what is in pictures."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from PIL import Image

from smallimg import DEFAULT_BUNDLE
from smallimg.cli.options import BackgroundOption, JsonOption, MaxPixelsOption, ModelOption, allow_pixels
from smallimg.cli.progress import for_each
from smallimg.cli.wording import named, percent, share_said, why_unsure
from smallimg.pictures.images import list_images

if TYPE_CHECKING:
    from smallimg.results import Prediction


def predict(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Pictures, or folders of them.")],
    *,
    model: ModelOption = DEFAULT_BUNDLE,
    background: BackgroundOption = "own",
    as_json: JsonOption = False,
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Say what is in pictures, and where.

    One line a picture: what it is and how likely, box (x1, y1, x2, y2 in pixels) and score, and the time it took.
    "not sure (cat?)" names the closest class, where no class is likely enough, or the picture is like nothing known.
    """
    allow_pixels(max_pixels)
    from smallimg.pipeline import Pipeline

    paths = [found for path in images for found in (list_images(path) if path.is_dir() else [path])]
    pipeline = Pipeline.load(model, background=background)
    if len(paths) == 1:  # or the time it takes would be that of a first picture
        pipeline.warm_up()
    name_width = max(len(str(path)) for path in paths)
    answer_width = max((len(f"not sure ({name}?)") for name in pipeline.class_names), default=0)

    def look(one: Pipeline, _path: Path, image: Image.Image) -> "Prediction":
        return replace(one.predict(image), cutout=None, crop=None)

    def report(path: Path, prediction: "Prediction") -> None:
        if as_json:
            typer.echo(json.dumps(prediction.as_dict(str(path)), ensure_ascii=False))
        else:
            typer.echo(f"{path!s:{name_width}}  {_readable(prediction, answer_width)}")

    # On a terminal the lines are the progress; a bar would only cut through them.
    for_each(pipeline, paths, look, tell=report, bar=not sys.stdout.isatty())


def _readable(prediction: "Prediction", answer_width: int) -> str:
    """One prediction as columns: answer and probability, box and score, time; and why it is not sure, if so."""
    box, said = prediction.box, share_said(prediction)
    share = percent(said) if said is not None else ""
    answer = f"{named(prediction) or 'not classified':{answer_width}}  {share:>6}"
    if box:
        corners = ", ".join(f"{value:.0f}" for value in box.xyxy)
        placed = f"box ({corners})".ljust(26) + f"score {box.score:.2f}"
    else:
        placed = "no object found".ljust(36)
    why = why_unsure(prediction)
    line = f"{answer}  {placed}  {prediction.milliseconds['total']:.0f} ms{f'  ({why})' if why else ''}"
    return line.replace("\u00a0", " ")
