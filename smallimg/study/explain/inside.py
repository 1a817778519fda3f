"""How much of a map lies on the object: what a network that knows its objects should look at.

The share of heat inside a box or mask is Wang et al.'s, 2020, “Score-CAM” (arXiv:1910.01279, “energy-based pointing
game”); whether the hottest place is inside is the pointing game of Zhang et al., 2016 (arXiv:1608.00507).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.boxes import Boxes
from smallimg.bundles.sessions import Floats


@dataclass(frozen=True)
class Inside:
    """How a map lies on an object.

    Attributes:
        share: of the heat above 0 that is on the object, 0 … 1; 0 where there is no heat.
        area: the object's share of the picture, 0 … 1: so much of the heat would be on it if all places were alike.
        is_hit: whether the hottest place is on the object.
    """

    share: float
    area: float
    is_hit: bool


def inside(heat: Floats, thing: NDArray[np.bool_]) -> Inside:
    """Hold a map against an object.

    Args:
        heat: [h, w].
        thing: which pixels show the object, [h, w].
    """
    above = np.maximum(heat, 0)
    total = float(above.sum(dtype=np.float64))
    share = float(above[thing].sum(dtype=np.float64)) / total if total > 0 else 0.0
    hottest = np.unravel_index(int(above.argmax()), above.shape)
    return Inside(min(share, 1.0), float(thing.mean()), total > 0 and bool(thing[hottest]))


def thing_of_boxes(boxes: Boxes, size_wh: tuple[int, int], scaled_to: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixels lie in one of some boxes, [h, w] of `scaled_to`.

    Args:
        boxes: [n, 4] in pixels of a picture.
        size_wh: of that picture.
        scaled_to: width and height of a copy of it.
    """
    width, height = scaled_to
    thing = np.zeros((height, width), bool)
    scale = np.array([width / size_wh[0], height / size_wh[1]] * 2)
    for x1, y1, x2, y2 in np.rint(boxes * scale).astype(int).tolist():
        thing[max(y1, 0) : max(y2, y1 + 1, 0), max(x1, 0) : max(x2, x1 + 1, 0)] = True
    return thing


def thing_of_mask(mask: Image.Image, scaled_to: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixels of a copy of that width and height a mask, "L", shows, [h, w]."""
    return np.asarray(mask.resize(scaled_to, Image.Resampling.BOX)) > 127
