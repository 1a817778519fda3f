"""Read masks as the world writes them: one reading for training and for measuring.

A mask is a grey picture, white on the object. Others say the same with 0 and 1, with class numbers on a palette (Pascal
VOC: 0 is background, 255 is nobody's), with colours on black, or as a cut-out whose alpha is the mask.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.pictures.images import open_raw

#: Greys up to this one, none lighter but VOC's 255, are numbers of classes and not shades.
MOST_CLASSES = 63
VOID = 255
#: How far a grey's channels may differ, which JPEG does to them.
NEARLY_GREY = 24
#: VOC's colour of what is nobody's, where the palette was lost.
VOID_COLOUR = (224, 224, 192)
CLASS_NUMBERS = "class numbers, of which 0 is the background and 255 nobody's"


class Mask(NamedTuple):
    """A mask that was read.

    Attributes:
        picture: "L", 0 … 255, white on the object.
        fault: "empty" or "full", where it says nothing of an object; "" otherwise.
        read_as: how it was understood, where it is no plain grey picture of black and white: a phrase, or "".
    """

    picture: Image.Image
    fault: str
    read_as: str


def open_mask(path: str | Path, **limits: Any) -> Image.Image:
    """A mask as "L", white on the object, whatever it was written as; see `read_mask`."""
    return read_mask(path, **limits).picture


def read_mask(path: str | Path, **limits: Any) -> Mask:
    """Open a mask and say how it was understood.

    - a palette: its numbers are classes, 0 is background and 255 nobody's; black and white on a palette are greys;
    - not opaque: the alpha is the mask;
    - greys of 0 and 1, or of 0 and one other: the lighter is the object;
    - other greys up to 63, and 255: numbers of classes, as on a palette; 1, 2 and 3 alone are the trimaps of the Oxford
      pets, where 2 is the background;
    - colours: everything that is not black, but VOC's void;
    - all other greys: shades, as soft masks have them.

    Args:
        limits: see `smallimg.pictures.images.open_image`.

    Raises:
        ImageError: as `open_image`.
    """
    grey, read_as = _as_grey(open_raw(path, **limits))
    low, high = int(grey.min()), int(grey.max())
    fault = "empty" if high == 0 else "full" if low == 255 else ""
    return Mask(Image.fromarray(grey), fault, read_as)


def _as_grey(image: Image.Image) -> tuple[NDArray[np.uint8], str]:
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    if alpha is not None and len(set(alpha.getextrema())) > 1:
        return np.asarray(alpha), "cut-outs, whose alpha is the mask"
    if image.mode == "P" and not _is_grey_palette(image):
        return _classes(np.asarray(image)), CLASS_NUMBERS
    if image.mode in ("L", "LA"):
        return _greys(np.asarray(image.getchannel(0)))
    if image.mode.startswith("I") or image.mode == "F":
        return _deep(np.asarray(image, np.float64))
    return _colours(image)


def _colours(image: Image.Image) -> tuple[NDArray[np.uint8], str]:
    colours = np.asarray(image.convert("RGB"))
    if (colours.max(axis=2).astype(np.int16) - colours.min(axis=2)).max() <= NEARLY_GREY:
        return _greys(np.asarray(image.convert("L")))
    thing = (colours.max(axis=2) > NEARLY_GREY) & (colours != VOID_COLOUR).any(axis=2)
    return np.where(thing, np.uint8(255), np.uint8(0)), "colours, of which black is the background"


def _is_grey_palette(image: Image.Image) -> bool:
    """Whether the colours in use are greys, black or white among them, and the palette thus no palette of classes."""
    used = image.convert("RGB").getcolors(256) or []
    colours = [colour for _, colour in used if isinstance(colour, tuple)]
    return all(max(colour) == min(colour) for colour in colours)


def _classes(numbers: NDArray[Any]) -> NDArray[np.uint8]:
    return np.where((numbers > 0) & (numbers != VOID), np.uint8(255), np.uint8(0))


def _greys(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
    values = np.flatnonzero(np.bincount(grey.ravel(), minlength=256))
    low, high = int(values[0]), int(values[-1])
    if high in (0, 255) and len(values) <= 2 and low in (0, 255):
        return grey, ""
    if (len(values) == 2 and low == 0) or (len(values) == 1 and high == 1):
        return _stretched(grey), f"0 and {high} in place of 0 and 255" if high != 255 else ""
    numbers = values[values != VOID]
    if numbers[-1] > MOST_CLASSES or len(numbers) > MOST_CLASSES // 2:
        return grey, ""
    if numbers.tolist() == [1, 2, 3] or numbers.tolist() == [1, 2]:
        return np.where(grey == 2, np.uint8(0), np.uint8(255)), "trimaps, of which 2 is the background"
    return _classes(grey), CLASS_NUMBERS


def _stretched(grey: NDArray[Any]) -> NDArray[np.uint8]:
    return np.where(grey > 0, np.uint8(255), np.uint8(0))


def _deep(grey: NDArray[np.float64]) -> tuple[NDArray[np.uint8], str]:
    """Greys of more than 8 bits: numbers as in 8 bits where they are small, shades of their own white otherwise."""
    grey = np.nan_to_num(grey, nan=0.0, posinf=0.0, neginf=0.0)
    if grey.max() <= 255 and (grey == np.rint(grey)).all() and grey.min() >= 0:
        return _greys(grey.astype(np.uint8))
    white = next((top for top in (1.0, 4095.0, 65535.0) if grey.max() <= top), float(grey.max()))
    return np.rint(np.clip(grey / white, 0, 1) * 255).astype(np.uint8), ""
