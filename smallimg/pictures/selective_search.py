"""Where objects may be, from the picture alone: selective search (Uijlings et al., 2013, IJCV 104).

A picture falls into small regions of one colour each. The two neighbours that are most alike become one, again and
again, until all is one region; every region on the way is a place where an object may be. Nothing is learned.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab
from skimage.filters import gaussian
from skimage.segmentation import felzenszwalb

from smallimg.boxes import Boxes, as_boxes

Histogram = NDArray[np.float64]
#: How coarse the first regions are, for Felzenszwalb and Huttenlocher's segmentation: one search for each.
SCALES = (80.0, 240.0)
#: Pixels of the smallest region, and of a proposal's shorter side.
SMALLEST = 20
#: Bins of a colour channel, of a channel's gradient in one direction, and how many directions.
COLOURS, STRENGTHS, DIRECTIONS = 25, 10, 8


@dataclass
class _Region:
    """A part of the picture: its box (x1, y1, x2, y2), how many pixels it has, what they look like, who lies beside."""

    box: tuple[int, int, int, int]
    size: int
    colour: Histogram
    texture: Histogram
    beside: set[int] = field(default_factory=set)

    def joined(self, other: "_Region") -> "_Region":
        size = self.size + other.size
        colour, texture = (
            (self.size * mine + other.size * theirs) / size
            for mine, theirs in ((self.colour, other.colour), (self.texture, other.texture))
        )
        return _Region(_around(self.box, other.box), size, colour, texture)


def selective_search(picture: NDArray[np.uint8], *, most: int = 200) -> Boxes:
    """Boxes in which an object may be, the largest groups first.

    Args:
        picture: uint8 RGB [h, w, 3].
        most: how many at most.

    Returns:
        float32 [n, 4], xyxy in pixels, none of them twice; the same picture gives the same boxes.
    """
    searches = [list(grouped(first_regions(picture, scale), picture.shape[0] * picture.shape[1])) for scale in SCALES]
    # The last groups first, and the searches in turn, as the paper ranks them but for its random numbers.
    ranked = sorted((rank, box) for boxes in searches for rank, box in enumerate(reversed(boxes)))
    large = [box for _, box in ranked if min(box[2] - box[0], box[3] - box[1]) >= SMALLEST**0.5]
    return as_boxes(list(dict.fromkeys(large))[:most])


def first_regions(picture: NDArray[np.uint8], scale: float) -> list[_Region]:
    """The small regions that grouping begins with, each with its neighbours."""
    labels = felzenszwalb(picture, scale=scale, sigma=0.8, min_size=SMALLEST)
    n = int(labels.max()) + 1
    lab = (rgb2lab(picture) - (0, -128, -128)) / (100, 256, 256)
    colours = _histograms(labels, n, list(np.moveaxis(lab, 2, 0)), COLOURS)
    textures = _histograms(labels, n, list(_gradients(lab)), STRENGTHS)
    sizes = np.bincount(labels.ravel(), minlength=n)
    rows, columns = np.indices(labels.shape)
    low = [_each(np.minimum, labels, n, places) for places in (columns, rows)]
    high = [_each(np.maximum, labels, n, places) + 1 for places in (columns, rows)]
    corners = np.stack([*low, *high], axis=1)
    regions = [
        _Region((left, top, right, bottom), size, colour, texture)
        for (left, top, right, bottom), size, colour, texture in zip(
            corners.tolist(), sizes.tolist(), colours, textures, strict=True
        )
    ]
    for one, other in ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])):
        differ = one != other
        for first, second in set(zip(one[differ].tolist(), other[differ].tolist(), strict=True)):
            regions[first].beside.add(second)
            regions[second].beside.add(first)
    return regions


def grouped(regions: list[_Region], area: int) -> Iterator[tuple[int, int, int, int]]:
    """The boxes of the regions, and of every group on the way to a single one, in the order of grouping."""
    yield from (one.box for one in regions)
    there = dict(enumerate(regions))
    queue = [
        (-alike(one, regions[other], area), name, other)
        for name, one in there.items()
        for other in one.beside
        if name < other
    ]
    heapify(queue)
    while queue:
        _, first, second = heappop(queue)
        if first not in there or second not in there:
            continue
        one, other = there.pop(first), there.pop(second)
        name, group = len(regions), one.joined(other)
        regions.append(group)
        group.beside = (one.beside | other.beside) - {first, second}
        for beside in group.beside:
            neighbour = there[beside]
            neighbour.beside = (neighbour.beside - {first, second}) | {name}
            heappush(queue, (-alike(group, neighbour, area), beside, name))
        there[name] = group
        yield group.box


def alike(one: _Region, other: _Region, area: int) -> float:
    """How well two regions go together: in colour and texture, small ones first, and leaving no hole between them."""
    x1, y1, x2, y2 = _around(one.box, other.box)
    both = one.size + other.size
    colour = float(np.minimum(one.colour, other.colour).sum())
    texture = float(np.minimum(one.texture, other.texture).sum())
    return colour + texture + (1 - both / area) + (1 - ((x2 - x1) * (y2 - y1) - both) / area)


def _around(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _histograms(labels: NDArray[np.int64], n: int, maps: list[NDArray[np.float64]], bins: int) -> Histogram:
    """Of each region its histograms of the maps, whose values lie in 0 … 1, side by side: [n, maps × bins], sum 1."""
    parts = []
    for values in maps:
        places = np.clip((values * bins).astype(np.int64), 0, bins - 1)
        parts.append(np.bincount((labels * bins + places).ravel(), minlength=n * bins).reshape(n, bins))
    counts = np.concatenate(parts, axis=1).astype(np.float64)
    shares: Histogram = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _gradients(lab: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """How strongly each channel rises in each of the directions, 0 … 1."""
    for channel in np.moveaxis(lab, 2, 0):
        down, across = np.gradient(gaussian(channel, sigma=1.0))  # type: ignore[no-untyped-call]
        for angle in np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS:
            yield np.clip((across * np.cos(angle) + down * np.sin(angle)) * 10, 0, 1)


def _each(least_or_most: np.ufunc, labels: NDArray[np.int64], n: int, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The least or the most of some values in each region, [n]."""
    found = np.full(n, values.max() if least_or_most is np.minimum else 0)
    least_or_most.at(found, labels.ravel(), values.ravel())
    return found
