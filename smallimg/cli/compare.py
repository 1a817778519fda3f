"""`compare`: detectors side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smallimg.cli.data import read_split
from smallimg.cli.options import MaxPixelsOption, allow_pixels
from smallimg.cli.progress import progress_bar
from smallimg.errors import BundleError, called

if TYPE_CHECKING:
    from PIL import Image

    from smallimg.pipeline import Pipeline

HEAD = ("model", "detector", "mAP50", "mAP", "IoU", "ms", "MB")


def compare(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A data set with boxes, or one picture.")],
    *,
    model: Annotated[list[str], typer.Option(help="A bundle with a detector, name or folder; repeat for each.")],
    split: Annotated[str, typer.Option(help="Which part of the data set to measure on.")] = "test",
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Hold detectors against each other: how many objects each finds, how well its boxes fit, how long it takes.

    One line a model. Of a single picture, which needs no true boxes, each one's boxes with their scores. Milliseconds
    are those of the detector and all that it needs: its proposals, and the cut-out where it looks at that.
    """
    allow_pixels(max_pixels)
    from smallimg.pictures.images import open_image
    from smallimg.pipeline import Pipeline

    pipelines = {name: Pipeline.load(name) for name in dict.fromkeys(model)}
    if data.is_file() and data.suffix.lower() != ".zip":
        image = open_image(data)
        width = max(len(name) for name in pipelines)
        for name, pipeline in pipelines.items():
            typer.echo(f"{name:{width}}  {_boxes(pipeline, image)}")
        return
    from smallimg.study.detectors import measure_detectors

    with progress_bar("image") as progress:
        measured = measure_detectors(pipelines, read_split(data, split), progress=progress)
    rows: list[tuple[str, ...]] = [HEAD]
    for one in measured:
        shares = [f"{one.figures['map_50']:.3f}", f"{one.figures['map']:.3f}", f"{one.iou:.3f}"]
        rows.append((one.name, one.architecture, *shares, f"{one.milliseconds:.1f}", f"{one.megabytes:.1f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        cells = zip(row, widths, "<<>>>>>", strict=True)
        typer.echo("  ".join(f"{text:{side}{width}}" for text, width, side in cells))
    typer.echo(f"n = {measured[0].n} pictures with known boxes", err=True)


def _boxes(pipeline: "Pipeline", image: "Image.Image") -> str:
    """What a detector finds in a picture, in a line."""
    from smallimg.study.detectors import reads_cutouts

    if "detector" not in pipeline.bundle.stages:
        raise BundleError(f"“{called(pipeline.bundle.path)}” has no detector to compare: choose bundles that have one.")
    pipeline.warm_up()
    said = pipeline.predict(image, classify=False, remove_background=reads_cutouts(pipeline))
    boxes = [
        f"{f'{box.name} ' if box.name else ''}({', '.join(f'{value:.0f}' for value in box.xyxy)}) {box.score:.2f}"
        for box in said.boxes
    ]
    return f"{said.milliseconds['total']:.0f} ms  {'; '.join(boxes) or 'no object found'}"
