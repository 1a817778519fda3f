"""Corruption: the noise of a sensor in little light."""

import numpy as np
from PIL import Image

from smallimg.boxes import Boxes

#: The standard deviation by severity, as ImageNet-C has it (Hendrycks and Dietterich, 2019, arXiv:1903.12261).
DEVIATION = (0.08, 0.12, 0.18, 0.26, 0.38)


def noise(picture: Image.Image, box: Boxes, *, strength: float, seed: int = 0) -> tuple[Image.Image, Boxes]:
    """Gaussian noise on every channel of every pixel.

    Args:
        picture: RGB.
        box: around the object, [4].
        strength: the severity, 1 … 5.
        seed: of the noise.
    """
    pixels = np.asarray(picture, np.float32)
    drawn = np.random.default_rng(seed).standard_normal(pixels.shape, np.float32)
    noisy = pixels + 255 * DEVIATION[round(strength) - 1] * drawn
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)), box
