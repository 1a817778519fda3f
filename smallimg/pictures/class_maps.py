"""Class maps: a number for every pixel, what it shows. How they are made of masks and labels, compared, and coloured.

0 is the background, k + 1 the class at place k of a list, and 255 nobody's: nothing is learned or counted there. A PNG
with a palette holds one as Pascal VOC's `SegmentationClass/` does.
"""

import colorsys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.boxes import Boxes, box_area

BACKGROUND, NOBODYS = 0, 255
#: A number is a byte, and two of them are no class.
MOST_CLASSES = 254
ClassMap = NDArray[np.uint8]
#: Told apart by colour-blind eyes too; after Okabe and Ito. Whoever has more classes gets hues that differ.
_FIRST = ((230, 97, 1), (0, 158, 115), (86, 180, 233), (204, 121, 167), (240, 228, 66), (0, 114, 178), (213, 40, 60))


def class_map(
    inside: NDArray[np.bool_], *, label: int | None, boxes: Boxes, box_labels: Sequence[int] = ()
) -> ClassMap:
    """A picture's mask and what is known of its objects as a class map.

    Args:
        inside: bool [h, w], where an object is, whatever it is.
        label: the picture's class; None or below 0 where nobody knows it: its objects are nobody's then.
        boxes: float32 [k, 4], xyxy in pixels of the mask.
        box_labels: the class of each box, where the picture shows several; −1 where it is unknown. Of boxes that
            overlap the smaller is in front, and an object in none of them is nobody's.

    Returns:
        uint8 [h, w].
    """
    known = not len(box_labels) and label is not None and label >= 0
    numbers = np.where(inside, np.uint8(label + 1 if known and label is not None else NOBODYS), np.uint8(BACKGROUND))
    if len(box_labels):
        height, width = inside.shape
        for at in np.argsort(-box_area(boxes), kind="stable"):
            x1, y1 = np.floor(boxes[at, :2]).clip(0).astype(int)
            x2, y2 = np.ceil(boxes[at, 2:]).clip(0, (width, height)).astype(int)
            one = NOBODYS if box_labels[at] < 0 else box_labels[at] + 1
            numbers[y1:y2, x1:x2][inside[y1:y2, x1:x2]] = one
    return numbers


def confusion(truth: ClassMap, said: ClassMap, n_classes: int) -> NDArray[np.int64]:
    """Pixels by what they show and what was said of them, [1 + classes, 1 + classes], the background first.

    Args:
        truth, said: of one shape; what is nobody's in either is left out.
    """
    n = n_classes + 1
    both = (truth < n) & (said < n)
    pairs = np.bincount(truth[both].astype(np.int64) * n + said[both], minlength=n * n)
    return pairs.reshape(n, n)


def overlaps(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Intersection and union of every class in pixels, [1 + classes] each, from a sum of `confusion`."""
    hits = np.diag(counts)
    return hits, counts.sum(axis=0) + counts.sum(axis=1) - hits


def mean_iou(hits: NDArray[np.int64], unions: NDArray[np.int64]) -> float:
    """The mean over classes of intersection by union, each summed over all pixels first; the background is apart.

    A class that is nowhere, and that nobody said is anywhere, has no IoU; where that is true of all, the mean is 0.

    Args:
        hits, unions: as `overlaps` gives them.
    """
    there = unions > 0
    there[0] = False
    return float((hits[there] / unions[there]).mean()) if there.any() else 0.0


def class_colour(number: int) -> tuple[int, int, int]:
    """The colour of a class, by its number from 1 on."""
    if number <= len(_FIRST):
        return _FIRST[number - 1]
    turn = (number - len(_FIRST)) * 0.618034 % 1  # the golden section: neighbours are far apart however many there are
    red, green, blue = colorsys.hls_to_rgb(turn, 0.5 if number % 2 else 0.68, 0.75)
    return round(red * 255), round(green * 255), round(blue * 255)


def class_picture(numbers: ClassMap | Image.Image) -> Image.Image:
    """A class map as a picture with a palette, mode P, black where the background is: its pixels are the numbers."""
    picture = numbers.copy() if isinstance(numbers, Image.Image) else Image.fromarray(numbers)
    picture.putpalette([0, 0, 0, *(part for number in range(1, NOBODYS) for part in class_colour(number))])
    return picture
