"""The object as it is: the part of its picture that shows it and little else."""

import numpy as np
from PIL import Image

from smallimg.boxes import Boxes, square_window
from smallimg.pictures.preprocess import FILL, LARGEST_WINDOW


def crop(picture: Image.Image, box: Boxes, *, strength: float, beside: int = 0) -> tuple[Image.Image, Boxes]:
    """The square around a box, plain grey where it reaches beyond the picture.

    Args:
        picture: RGB.
        box: around the object, [4] xyxy in pixels of the picture.
        strength: the margin; the square's side is the box's longer one × (1 + margin).
        beside: so many pixels more on the left and on the right, for what moves in from there.

    Returns:
        The crop, and the box in it.
    """
    x1, y1, x2, y2 = (round(float(value)) for value in square_window(box, margin=strength))
    side = min(max(x2 - x1, y2 - y1, 1), LARGEST_WINDOW)
    cut = Image.new("RGB", (side + 2 * beside, side), FILL)
    cut.paste(picture, (beside - x1, -y1))
    inside = (box - np.tile([x1, y1], 2)).clip(0, side) + np.array([beside, 0, beside, 0])
    return cut, np.asarray(inside, np.float32)
