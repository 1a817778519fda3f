"""`predict`: say what is in pictures."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from PIL import Image

from smallimg import DEFAULT_BUNDLE
from smallimg.cli.class_masks import mask_files, pixels_said, write_mask
from smallimg.cli.options import BackgroundOption, JsonOption, MaxPixelsOption, ModelOption, allow_pixels, may_be_folder
from smallimg.cli.progress import for_each
from smallimg.cli.wording import named, names_of_boxes, percent, share_said, why_unsure
from smallimg.pictures.images import list_images

if TYPE_CHECKING:
    from smallimg.results import Prediction


def predict(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Pictures, or folders of them.")],
    *,
    model: ModelOption = DEFAULT_BUNDLE,
    background: BackgroundOption = "own",
    as_json: JsonOption = False,
    all_objects: Annotated[
        bool, typer.Option("--all", help="Name every object in a picture, not only the best one.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            callback=may_be_folder,
            help="Folder for a class mask of each picture (PNG), where the bundle has a segmenter.",
        ),
    ] = None,
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Say what is in pictures, and where.

    One line a picture: what it is and how likely, box (x1, y1, x2, y2 in pixels) and score, and the time it took.
    "not sure (cat?)" names the closest class, where no class is likely enough, or the picture is like nothing known.
    With --all a line for each object follows where there are several; of a bundle with a segmenter one with the share
    of pixels of each class. A class mask's pixels are numbers: 0 for the background, 1 for the first class, and so on.
    """
    allow_pixels(max_pixels)
    from smallimg.pipeline import Pipeline

    paths = [found for path in images for found in (list_images(path) if path.is_dir() else [path])]
    pipeline = Pipeline.load(model, background=background)
    masks = mask_files(images, out, pipeline.bundle) if out is not None else {}
    if len(paths) == 1:  # or the time it takes would be that of a first picture
        pipeline.warm_up()
    name_width = max(len(str(path)) for path in paths)
    answer_width = max((len(f"not sure ({name}?)") for name in pipeline.class_names), default=0)

    def look(one: Pipeline, path: Path, image: Image.Image) -> "Prediction":
        prediction = one.predict(image)
        if prediction.segmentation is not None and path in masks:
            write_mask(prediction.segmentation, masks[path])
        if all_objects:
            prediction = one.name_objects(image, prediction)
        objects = tuple(replace(thing, crop=None) for thing in prediction.objects)
        return replace(prediction, cutout=None, crop=None, objects=objects)

    def report(path: Path, prediction: "Prediction") -> None:
        if as_json:
            mask = {"mask": str(masks[path])} if path in masks else {}
            typer.echo(json.dumps(prediction.as_dict(str(path)) | mask, ensure_ascii=False))
        else:
            typer.echo(f"{path!s:{name_width}}  {_readable(prediction, answer_width)}")
            for thing in prediction.objects if len(prediction.objects) > 1 else ():
                typer.echo(f"{'':{name_width}}  {_said_and_placed(thing, answer_width)}")
            if prediction.segmentation is not None:
                typer.echo(f"{'':{name_width}}  {pixels_said(prediction.segmentation)}")

    # On a terminal the lines are the progress; a bar would only cut through them.
    for_each(pipeline, paths, look, tell=report, bar=not sys.stdout.isatty())


def _readable(prediction: "Prediction", answer_width: int) -> str:
    """One prediction as columns: answer and probability, box and score, time; and why it is not sure, if so."""
    why = why_unsure(prediction)
    line = f"{_said_and_placed(prediction, answer_width)}  {prediction.milliseconds['total']:3.0f} ms"
    which = "picture {} of {} in its file".format(*prediction.frame) if prediction.frame else ""
    notes = ", ".join(filter(None, (why, which)))
    return f"{line}  ({notes})".replace("\u00a0", " ") if notes else line


def _said_and_placed(prediction: "Prediction", answer_width: int) -> str:
    """Answer and probability, box and score."""
    box, said = prediction.box, share_said(prediction)
    share = percent(said) if said is not None else ""
    what = named(prediction) or names_of_boxes(prediction) or "not classified"
    answer = f"{what:{answer_width}}  {share:>6}"
    if box:
        corners = ", ".join(f"{value:.0f}" for value in box.xyxy)
        placed = f"box ({corners})".ljust(26) + f"score {box.score:.2f}"
    else:
        placed = "no object found".ljust(36)
    return f"{answer}  {placed}".replace("\u00a0", " ")
