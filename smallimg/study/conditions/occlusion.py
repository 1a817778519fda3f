"""Something stands before the object."""

import numpy as np
from PIL import Image

from smallimg.boxes import Boxes
from smallimg.pictures.preprocess import FILL


def occlusion(picture: Image.Image, box: Boxes, *, strength: float, seed: int = 0) -> tuple[Image.Image, Boxes]:
    """A grey rectangle of the box's shape, somewhere in the box: small and large objects lose the same share.

    Args:
        picture: RGB.
        box: around the object, [4] xyxy in pixels of the picture.
        strength: share of the box's area that is covered, 0 … 1.
        seed: where it lies.
    """
    x1, y1, x2, y2 = map(float, box)
    width, height = (x2 - x1) * strength**0.5, (y2 - y1) * strength**0.5
    across, down = np.random.default_rng(seed).random(2)
    left, top = x1 + across * (x2 - x1 - width), y1 + down * (y2 - y1 - height)
    covered = picture.copy()
    covered.paste(FILL, (round(left), round(top), round(left + width), round(top + height)))
    return covered, box
