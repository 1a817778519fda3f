"""`cutout` and `crop`: pictures in, pictures out."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image, ImageColor

from smallimg import DEFAULT_BUNDLE
from smallimg.cli.options import (
    BackgroundOption,
    FormatOption,
    MaxPixelsOption,
    ModelOption,
    Source,
    Target,
    allow_pixels,
)
from smallimg.cli.progress import for_each
from smallimg.errors import BundleError, SmallimgError
from smallimg.files import whole
from smallimg.pictures.images import flatten, list_images


def cutout(
    source: Source,
    out: Target,
    *,
    model: ModelOption = DEFAULT_BUNDLE,
    background: BackgroundOption = "own",
    fmt: FormatOption = None,
    colour: Annotated[
        str | None,
        typer.Option(help='Plain colour behind the object, as "#ffffff" or a name; by default none (jpg: white).'),
    ] = None,
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Remove the background of pictures.

    IN is a picture or a folder; a folder's tree is kept below OUT. PNG files keep the background transparent, JPEG
    files get a plain colour, because JPEG knows no transparency.
    """
    allow_pixels(max_pixels)
    from smallimg.pipeline import Pipeline

    if background == "none":
        raise typer.BadParameter("`none` leaves nothing to do here; choose `own` or a rembg model.")
    plain = _rgb(colour)
    targets = _targets(source, out, fmt)
    pipeline = Pipeline.load(model, background=background)
    if background == "own" and pipeline.bundle.background == "none":
        raise BundleError(f"{model} has no background remover: choose a rembg model with --background.")

    def cut(one: Pipeline, path: Path, image: Image.Image) -> None:
        result = one.predict(image, detect=False, classify=False).cutout
        assert result is not None, "the background stage was on"
        _save(result if plain is None else flatten(result, plain), targets[path])

    for_each(pipeline, list(targets), cut, done=f"cut out to {out}")


def crop(
    source: Source,
    out: Target,
    *,
    model: ModelOption = DEFAULT_BUNDLE,
    background: BackgroundOption = "own",
    fmt: FormatOption = None,
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Cut pictures to the object in them.

    Takes the box that the detector is surest of. A picture where it finds none is named, and the others go on.
    """
    allow_pixels(max_pixels)
    from smallimg.pipeline import Pipeline

    targets = _targets(source, out, fmt)
    pipeline = Pipeline.load(model, background=background)
    if "detector" not in pipeline.bundle.stages:
        raise BundleError(f"{model} has no detector: choose another bundle with --model, or train that stage.")

    def cut(one: Pipeline, path: Path, image: Image.Image) -> None:
        box = one.predict(image, classify=False).box
        if box is None:
            raise SmallimgError(f"{path}: no object was found, so there is nothing to crop.")
        _save(image.crop(box.around), targets[path])

    for_each(pipeline, list(targets), cut, done=f"cropped to {out}")


def _targets(source: Path, out: Path, fmt: str | None) -> dict[Path, Path]:
    """Input picture → file for its result: `out` for one picture, the same tree below `out` for a folder.

    Raises:
        typer.BadParameter: when a result would overwrite an input, or `out` has an ending we don't write.
    """
    if source.is_dir():
        if out.resolve().is_relative_to(source.resolve()):
            raise typer.BadParameter(f"OUT ({out}) lies in IN ({source}): the next run would take results for inputs.")
        pictures = list_images(source)
        places = [path.relative_to(source) for path in pictures]
        taken = Counter(place.with_suffix("") for place in places)
        # a.jpg and a.png in one folder must not become one file: they keep their whole names, a.jpg.png and a.png.png.
        stems = [place if taken[place.with_suffix("")] > 1 else place.with_suffix("") for place in places]
        return {path: out / f"{stem}.{fmt or 'png'}" for path, stem in zip(pictures, stems, strict=True)}
    if out.is_dir() or not out.suffix:
        target = out / f"{source.stem}.{fmt or 'png'}"
    else:
        endings = {"png": {".png"}, "jpg": {".jpg", ".jpeg"}, None: {".png", ".jpg", ".jpeg"}}[fmt]
        if out.suffix.lower() not in endings:
            raise typer.BadParameter(f"OUT ({out}) must be a folder, or end in {' or '.join(sorted(endings))}.")
        target = out
    if target.resolve() == source.resolve():
        raise typer.BadParameter(f"OUT ({target}) would overwrite the picture it comes from.")
    return {source: target}


def _rgb(colour: str | None) -> tuple[int, int, int] | None:
    """`#ffffff`, `white`, … as red, green and blue of 0 … 255."""
    if colour is None:
        return None
    try:
        red, green, blue = ImageColor.getrgb(colour)[:3]
    except ValueError:
        raise typer.BadParameter(f"--colour must be like #ffffff or a name like white, not {colour!r}.") from None
    return red, green, blue


def _save(image: Image.Image, target: Path) -> None:
    """Write a picture; JPEG knows no transparency, so there it is laid on white."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole(target) as temporary:  # of one that does not fit on the disk nothing is left
        if target.suffix.lower() == ".png":
            image.save(temporary, "PNG")
        else:
            flatten(image).save(temporary, "JPEG", quality=95)
