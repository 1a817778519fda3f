"""Corruption: too much light."""

import numpy as np
from PIL import Image

from smallimg.boxes import Boxes

#: How much is added, by severity, as ImageNet-C has it (Hendrycks and Dietterich, 2019, arXiv:1903.12261).
ADDED = (0.1, 0.2, 0.3, 0.4, 0.5)


def brightness(picture: Image.Image, box: Boxes, *, strength: float, seed: int = 0) -> tuple[Image.Image, Boxes]:  # noqa: ARG001
    """The value of every pixel (V of HSV) raised; hue and saturation stay.

    Args:
        picture: RGB.
        box: around the object, [4].
        strength: the severity, 1 … 5.
        seed: nothing here is left to chance.
    """
    # V is the largest channel, and with hue and saturation kept all three grow by the same factor.
    pixels = np.asarray(picture, np.float32)
    value = pixels.max(axis=2, keepdims=True)
    raised = np.minimum(value + 255 * ADDED[round(strength) - 1], 255)
    factor = np.divide(raised, value, out=np.zeros_like(value), where=value > 0)
    lighter = np.where(value > 0, pixels * factor, raised)
    return Image.fromarray(np.rint(lighter).astype(np.uint8)), box
