"""A camera that moves sideways while the shutter is open."""

import numpy as np
from PIL import Image

from smallimg.boxes import Boxes


def motion_blur(picture: Image.Image, box: Boxes, *, strength: float, seed: int = 0) -> tuple[Image.Image, Boxes]:  # noqa: ARG001
    """Each pixel the mean of its row around it; at the edge the last pixel goes on.

    Args:
        picture: RGB.
        box: around the object, [4].
        strength: how far the camera moves, in pixels.
        seed: nothing here is left to chance.
    """
    length = round(strength)
    if length < 2:
        return picture, box
    pixels = np.asarray(picture, np.float32)
    padded = np.pad(pixels, ((0, 0), (length // 2 + 1, length - length // 2 - 1), (0, 0)), mode="edge")
    sums = padded.cumsum(axis=1, dtype=np.float64)
    return Image.fromarray(((sums[:, length:] - sums[:, :-length]) / length).round().astype(np.uint8)), box
