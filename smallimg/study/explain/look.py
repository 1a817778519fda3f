"""From what a network looked at to the picture: the one place where heat changes its coordinates.

A network sees squares of few pixels, each a window of the picture: the classifier the one around the object, and the
middle of the whole picture where it takes that too; the detector the whole picture with grey bars. Methods give heat
for the pixels of such a look, in units of their own. On the picture,

- heat is spread: a look's pixel that covers nine pixels of the picture gives each of them a ninth. However large a
  window is, the sum stays what the method gave, so that two looks of different sizes can be put on top of each other;
- several looks are averaged, as the network averages their logits;
- what lies beyond the picture's edge is dropped: `beyond` says how much that was.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from smallimg.boxes import Boxes
from smallimg.bundles.sessions import Floats


@dataclass(frozen=True, eq=False)
class Look:
    """One square that a network saw, and the heat on it.

    Attributes:
        window_xyxy: [4], where it lies in pixels of the picture; it may leave it.
        heat: float32 [side, side], in units of its method.
    """

    window_xyxy: Boxes
    heat: Floats


def heat_on_picture(looks: Sequence[Look], size_wh: tuple[int, int], *, scaled_to: tuple[int, int] = (0, 0)) -> Floats:
    """The heat of all looks on the picture.

    Args:
        looks: at least one.
        size_wh: of the picture, in whose pixels the windows are.
        scaled_to: width and height of the result where those are others, for a small copy of a large picture.

    Returns:
        float32 [h, w], heat a pixel of the result.
    """
    width, height = scaled_to if all(scaled_to) else size_wh
    scale = np.array([width / size_wh[0], height / size_wh[1]] * 2)
    total = np.zeros((height, width), np.float32)
    for look in looks:
        x1, y1, x2, y2 = _whole(look.window_xyxy * scale)
        left, top, right, bottom = max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)
        if left >= right or top >= bottom:
            continue
        rows, columns = look.heat.shape
        across, down = columns / (x2 - x1), rows / (y2 - y1)
        seen = ((left - x1) * across, (top - y1) * down, (right - x1) * across, (bottom - y1) * down)
        part = Image.fromarray(look.heat).resize((right - left, bottom - top), Image.Resampling.BILINEAR, box=seen)
        total[top:bottom, left:right] += np.asarray(part) * np.float32(across * down)
    return np.asarray(total / len(looks), np.float32)


def beyond(looks: Sequence[Look], size_wh: tuple[int, int]) -> float:
    """The share of the heat above 0 that lies beyond the picture's edge, on grey filling, 0 … 1."""
    outside = whole = 0.0
    for look in looks:
        x1, y1, x2, y2 = _whole(look.window_xyxy)
        rows, columns = look.heat.shape
        xs = x1 + (np.arange(columns) + 0.5) * (x2 - x1) / columns
        ys = y1 + (np.arange(rows) + 0.5) * (y2 - y1) / rows
        is_in = ((ys >= 0) & (ys < size_wh[1]))[:, None] & ((xs >= 0) & (xs < size_wh[0]))
        heat = np.maximum(look.heat, 0)
        outside, whole = outside + float(heat[~is_in].sum()), whole + float(heat.sum())
    return outside / whole if whole > 0 else 0.0


def _whole(window_xyxy: Boxes) -> tuple[int, int, int, int]:
    """As `smallimg.pictures.preprocess.crop_window` rounds it."""
    x1, y1, x2, y2 = (round(float(value)) for value in window_xyxy)
    return x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)
