"""What the box editor's script sends of a picture, checked value by value: it comes from a page."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageChops

from smallimg.boxes import Boxes, as_boxes, clip_boxes
from smallimg.data.by_class import LONGEST_CLASS
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import MAX_BYTES, open_image

MOST_BOXES = 100
#: Pixels: a box that is narrower shows nothing.
NARROWEST = 1.0
#: A mask may be sent smaller than its picture, but of its shape.
SHAPE_TOLERANCE = 0.02
NOTHING_LEFT = "Nothing is left of the object: paint some of it with “Keep”."


def boxes_sent(data: Mapping[str, Any], size_wh: tuple[int, int]) -> Boxes:
    """Boxes as float32 [n, 4], xyxy in pixels, cut to their picture.

    Raises:
        DataError: when they are anything else than at most `MOST_BOXES` fours of numbers with something inside.
    """
    sent = data.get("boxes")
    if not isinstance(sent, list) or len(sent) > MOST_BOXES:
        raise DataError(f"A picture has {MOST_BOXES} boxes at most: delete some, or reload the page.")
    if not all(isinstance(one, list) and len(one) == 4 and all(map(_is_number, one)) for one in sent):
        raise DataError("The page sent a box that is not four numbers: reload it.")
    ordered = [(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)) for x1, y1, x2, y2 in sent]
    boxes = clip_boxes(as_boxes(ordered), size_wh)
    if len(boxes) and (boxes[:, 2:] - boxes[:, :2]).min() < NARROWEST:
        raise DataError("A box lies outside of its picture, or has nothing inside: draw it again.")
    return boxes


def names_sent(data: Mapping[str, Any], count: int) -> tuple[str | None, ...]:
    """A class for each box, None for the picture's; nothing where none has its own.

    Raises:
        DataError: when there are more or fewer than boxes, or one cannot be a class's name.
    """
    sent = data.get("names")
    if not isinstance(sent, list) or len(sent) != count:
        raise DataError("The page sent boxes and classes that do not belong together: reload it.")
    names = tuple(None if one is None else class_sent(one) for one in sent)
    return names if any(names) else ()


def class_sent(sent: Any) -> str:
    """A class's name.

    Raises:
        DataError: when it cannot be one.
    """
    name = " ".join(sent.split()) if isinstance(sent, str) else ""
    if not name or len(name) > LONGEST_CLASS or not name.isprintable():
        raise DataError(f"A class has a name of at most {LONGEST_CLASS} letters, such as “cup”.")
    return name


def share_sent(data: Mapping[str, Any], name: str) -> float:
    """A number in 0 … 1; 1 where there is none.

    Raises:
        DataError: when it is something else.
    """
    sent = data.get(name, 1)
    if not _is_number(sent) or not 0 <= sent <= 1:
        raise DataError("The page sent a share that is none: reload it.")
    return float(sent)


def mask_sent(content: bytes, size_wh: tuple[int, int]) -> Image.Image:
    """A mask as mode L of its picture's size; what was sent is a picture that is opaque where the background is.

    Raises:
        ImageError: when it is no picture, or has another shape.
        DataError: when nothing is left of the object, or everything is object.
    """
    image = open_image(content, name="the mask", max_bytes=MAX_BYTES)
    width, height = size_wh
    if abs(image.width * height - image.height * width) > SHAPE_TOLERANCE * max(
        image.width * height, image.height * width, 100
    ):
        raise ImageError("The page sent a mask of another shape than its picture: reload it.")
    if image.mode != "RGBA":
        raise DataError(NOTHING_LEFT)
    mask = ImageChops.invert(image.getchannel("A"))
    values = np.asarray(mask)
    if not (values > 127).any():
        raise DataError(NOTHING_LEFT)
    if (values > 127).all():
        raise DataError("All of the picture is object: paint its background with “Remove”.")
    return mask if mask.size == size_wh else mask.resize(size_wh, Image.Resampling.BILINEAR)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 1e7
