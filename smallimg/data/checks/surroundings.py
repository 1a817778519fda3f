"""What lies around the objects of a picture, in numbers: its colours and textures, and nothing of the objects.

Neither the objects' shadows and rims, which a margin around their boxes takes along, nor where their boxes lie and how
large they are: all numbers are means over what is left, and none tells how much that was.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.data.checks.thumbnails import Thumbnail, thumbnail
from smallimg.data.dataset import Sample
from smallimg.pictures.images import flatten, open_local, read_size
from smallimg.pictures.masks import open_mask

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

#: What a picture's shorter side is brought to, and the least share of it that has to lie around the objects.
SIDE, LEAST = 128, 0.15
#: How far a box is grown on each side, as a share of its longer side, and at least, in pixels of the small picture.
GROWN, GROWN_PIXELS = 0.15, 4
#: Of a picture without boxes or masks, so wide a border is looked at, as a share of the shorter side.
BORDER = 1 / 8
#: Textures are looked at in the small picture, and in its halves, quarters and eighths.
SCALES = 4
#: The eight neighbours of a pixel, in a circle, and the four ways to one, as (rows down, columns right).
CIRCLE = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
WAYS = ((1, 0), (0, 1), (1, 1), (1, -1))
#: Differences of light below these are noise: 1 and 0.5 of 255.
NOISE, FAINT = 0.004, 0.002


class Surroundings(NamedTuple):
    """What lies around a picture's objects.

    Attributes:
        numbers: its colours and textures, float32 [183].
        thumbnail: the whole picture, objects too, to tell whether two are the same.
    """

    numbers: Floats
    thumbnail: Thumbnail


def describe(sample: Sample) -> Surroundings | None:
    """The surroundings of a picture's objects, or its border where nobody has said where they are.

    Returns:
        None where boxes or mask leave too little of the picture.

    Raises:
        ImageError: when the picture does not open.
    """
    size_wh = read_size(sample.path)
    picture = flatten(open_local(sample.path, at_least=math.ceil(SIDE * max(size_wh) / min(size_wh))))
    scale = SIDE / min(size_wh)
    small_wh = (max(SIDE, round(size_wh[0] * scale)), max(SIDE, round(size_wh[1] * scale)))
    small = picture.resize(small_wh, Image.Resampling.BILINEAR, reducing_gap=2.0)
    pixels = np.asarray(small, np.float32) / 255
    around = _around(sample, size_wh, small_wh)
    if around.mean() < LEAST:
        return None
    red, green, blue = np.moveaxis(pixels, 2, 0)
    light, colours = pixels.mean(axis=2), np.stack([red - green, (red + green) / 2 - blue])
    numbers = [_colours(light[around], colours[:, around])]
    for scale_number in range(SCALES):
        if scale_number:
            light, colours, around = _halved(light), _halved(colours), _halved_flags(around)
        numbers += [_differences(light, colours, around), _patterns(light, around)]
    return Surroundings(np.concatenate(numbers).astype(np.float32), thumbnail(small))


def _around(sample: Sample, size_wh: tuple[int, int], small_wh: tuple[int, int]) -> Flags:
    """What of the small picture lies around the objects, bool [h, w]."""
    width, height = small_wh
    around = np.ones((height, width), np.bool_)
    if len(sample.boxes):
        for x1, y1, x2, y2 in (sample.boxes * np.tile(np.divide(small_wh, size_wh), 2)).tolist():
            margin = max(GROWN * max(x2 - x1, y2 - y1), GROWN_PIXELS)
            rows = slice(max(0, math.floor(y1 - margin)), math.ceil(y2 + margin))
            around[rows, max(0, math.floor(x1 - margin)) : math.ceil(x2 + margin)] = False
    elif sample.mask is not None:
        mask = open_mask(sample.mask).resize((width // 4, height // 4), Image.Resampling.BOX)
        hidden = np.pad(np.asarray(mask) > 0, 2)  # two of these pixels are eight of the small picture
        moved = [hidden[y : y + mask.height, x : x + mask.width] for y in range(5) for x in range(5)]
        wide: Flags = np.any(moved, axis=0)
        around = ~np.asarray(Image.fromarray(wide).resize(small_wh, Image.Resampling.NEAREST))
    elif not sample.is_negative:
        edge = round(BORDER * SIDE)
        around[edge:-edge, edge:-edge] = False
    return around


def _colours(light: Floats, colours: Floats) -> NDArray[np.float64]:
    """Mean and spread of light [n] and of both colour axes [2, n], and how often which light and which colour, [39]."""
    both = np.stack([light, *colours])
    lights = np.histogram(light, 8, (0, 1))[0]
    limits = np.array([[0.3], [0.4]], np.float32)
    across, down = np.clip((colours / limits + 1) * 2.5, 0, 4).astype(np.int64)  # five steps on either axis
    often = np.concatenate([lights, np.bincount(5 * across + down, minlength=25)]) / len(light)
    return np.concatenate([both.mean(axis=1), np.log(both.std(axis=1) + 0.01), np.sqrt(often)])


def _differences(light: Floats, colours: Floats, around: Flags) -> NDArray[np.float64]:
    """How much pixels one and two apart differ, in four directions, and how unevenly; and in colour, [26].

    The mean, and how much the square's mean is above its square, both as logarithms; of the means also how much they
    differ from one another, the smallest first: stripes are stripes whichever way they run.
    """
    numbers: list[float] = []
    for apart in (1, 2):
        steps = [_steps(light, around, rows * apart, columns * apart) for rows, columns in WAYS]
        means = [math.log(_mean(step) + FAINT) for step in steps]
        squares = [math.log(_mean(step**2) + FAINT**2) for step in steps]
        numbers += [*means, *(square - 2 * mean for square, mean in zip(squares, means, strict=True))]
        numbers += (np.sort(means) - np.mean(means)).tolist()
    numbers += [math.log(_mean(_steps(colour, around, 1, 0)) + FAINT) for colour in colours]
    return np.array(numbers)


def _steps(values: Floats, around: Flags, rows: int, columns: int) -> Floats:
    """How much pixels differ from those so many rows below and columns to the right, where both lie around, [n]."""
    height, width = values.shape
    here = (slice(0, height - rows), slice(max(0, -columns), width - max(0, columns)))
    there = (slice(rows, height), slice(max(0, columns), width - max(0, -columns)))
    steps: Floats = np.abs(values[here] - values[there])[around[here] & around[there]]
    return steps


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0


def _patterns(light: Floats, around: Flags) -> NDArray[np.float64]:
    """How often a pixel's neighbours are lighter than itself in which pattern, whichever way it is turned, [10].

    Local binary patterns after Ojala et al., 2002, IEEE TPAMI 24:971: nought to eight neighbours in a row, or others.
    """
    height, width = light.shape
    middle = (slice(1, height - 1), slice(1, width - 1))
    places = [(slice(1 + y, height - 1 + y), slice(1 + x, width - 1 + x)) for y, x in CIRCLE]
    lighter = np.stack([light[place] > light[middle] + NOISE for place in places])
    whole = np.stack([around[place] for place in (middle, *places)]).all(axis=0)
    changes = (lighter != np.roll(lighter, 1, axis=0)).sum(axis=0)
    kinds = np.where(changes <= 2, lighter.sum(axis=0), 9)[whole]
    return np.sqrt(np.bincount(kinds, minlength=10) / max(1, len(kinds)))


def _halved(values: Floats) -> Floats:
    """Means of two by two, [..., h, w]."""
    blocks = _blocks(values)
    halved: Floats = blocks.mean(axis=(-3, -1))
    return halved


def _halved_flags(around: Flags) -> Flags:
    """True where all of two by two are."""
    whole: Flags = np.all(_blocks(around), axis=(-3, -1))
    return whole


def _blocks(values: NDArray[Any]) -> NDArray[Any]:
    *rest, height, width = values.shape
    even = values[..., : height // 2 * 2, : width // 2 * 2]
    return even.reshape(*rest, height // 2, 2, width // 2, 2)
