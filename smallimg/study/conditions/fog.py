"""Corruption: fog between the camera and the object."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.boxes import Boxes

#: How thick it is, and how fast its details fade, by severity, as ImageNet-C has it (Hendrycks and Dietterich, 2019,
#: arXiv:1903.12261).
THICKNESS = ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4))
#: Pixels a side of the fog, a power of two; it is stretched over the picture.
SIDE = 256


def fog(picture: Image.Image, box: Boxes, *, strength: float, seed: int = 0) -> tuple[Image.Image, Boxes]:
    """A light fog of uneven thickness; the contrast goes as it would behind one.

    Args:
        picture: RGB.
        box: around the object, [4].
        strength: the severity, 1 … 5.
        seed: of the fog.
    """
    thick, decay = THICKNESS[round(strength) - 1]
    drawn = Image.fromarray(plasma(SIDE, decay, np.random.default_rng(seed)))
    cloud = np.asarray(drawn.resize(picture.size, Image.Resampling.BILINEAR))[..., None]
    pixels = np.asarray(picture, np.float32) / 255
    lightest = float(pixels.max())
    foggy = (pixels + thick * cloud) * lightest / (lightest + thick)
    return Image.fromarray((np.clip(foggy, 0, 1) * 255).astype(np.uint8)), box


def plasma(side: int, decay: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A cloud, float32 [side, side] of 0 … 1, whose edges meet.

    The diamond-square algorithm (Fournier, Fussell and Carpenter, 1982, Communications of the ACM 25:371): corners are
    given, middles are the mean of their four neighbours and something random, which shrinks from step to step.

    Args:
        side: a power of two.
        decay: by how much the random part shrinks when the distance halves.
        rng: draws it.
    """
    cloud, step, wobble = np.zeros((side, side), np.float32), side, 100.0
    while step > 1:
        half = step // 2

        def middle(total: NDArray[np.float32], wobble: float = wobble) -> NDArray[np.float32]:
            return total / 4 + wobble * rng.uniform(-1, 1, total.shape).astype(np.float32)

        corners = cloud[::step, ::step]
        rows = corners + np.roll(corners, -1, axis=0)
        cloud[half::step, half::step] = middle(rows + np.roll(rows, -1, axis=1))
        centres = cloud[half::step, half::step]
        cloud[::step, half::step] = middle(
            centres + np.roll(centres, 1, axis=0) + corners + np.roll(corners, -1, axis=1)
        )
        cloud[half::step, ::step] = middle(centres + np.roll(centres, 1, axis=1) + rows)
        step, wobble = half, wobble / decay
    cloud -= cloud.min()
    return np.asarray(cloud / cloud.max(), np.float32)
