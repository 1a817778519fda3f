"""Boxes that nobody means to draw: tiny ones, the whole picture, slivers, and one object boxed twice."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from smallimg.boxes import Boxes, box_iou
from smallimg.data.checks.examined import Examined, Picture
from smallimg.data.checks.finding import Finding
from smallimg.data.wording import FOUND, counted, some

Flags = NDArray[np.bool_]
#: A box is tiny whose longer side has at most so many pixels, or that share of the picture's longer side.
TINY_PIXELS, TINY_SHARE = 3.0, 0.01
#: The whole picture, but for so much of its width or height, or so many pixels, on each side.
WHOLE_SHARE, WHOLE_PIXELS = 0.005, 1.0
SLIVER = 20.0  # times as long as it is wide
SAME = 0.95  # IoU of two boxes of one class from which they are one object
ROWS = 200


def boxes(examined: Examined) -> list[Finding]:
    """What is doubtful of boxes; of a tiny box its form is not."""
    boxed = [picture for picture in examined.pictures if len(picture.sample.boxes)]
    twice = list(_twice(boxed))
    tiny_remedy = "look whether they are slips of the mouse; such small objects are hardly learned"
    return [
        *_kind(boxed, _tiny, "tiny-box", "of at most 3 pixels or a hundredth of the picture", tiny_remedy),
        *_kind(
            boxed, _whole, "whole-picture-box", "around the whole picture",
            "draw it around the object, unless the object fills the picture",
        ),
        *_kind(
            boxed, _sliver, "sliver-box", f"at least {SLIVER:g} times as long as wide",
            "look whether they are slips of the mouse, and draw them around the objects",
        ),
        *_overlapping(twice),
    ]  # fmt: skip


def _kind(
    boxed: list[Picture], wrong: Callable[[Boxes, tuple[int, int]], Flags], id: str, what: str, remedy: str
) -> list[Finding]:
    counts = [(picture, int(wrong(picture.sample.boxes, picture.facts.size_wh).sum())) for picture in boxed]
    found = sorted((pair for pair in counts if pair[1]), key=lambda pair: -pair[1])
    if not found:
        return []
    count = sum(number for _, number in found)
    are = "is" if count == 1 else "are"
    message = (
        f"{counted(count, 'box', 'boxes')} {are} {what} ({some((picture.name for picture, _ in found), most=FOUND)})"
    )
    return [Finding(id, "warning", message, remedy, count, tuple(picture.sample.path for picture, _ in found))]


def _sides(boxes: Boxes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    sides = boxes[:, 2:] - boxes[:, :2]
    return sides.min(axis=1), sides.max(axis=1)


def _tiny(boxes: Boxes, size_wh: tuple[int, int]) -> Flags:
    return np.asarray(_sides(boxes)[1] <= max(TINY_PIXELS, TINY_SHARE * max(size_wh)))


def _whole(boxes: Boxes, size_wh: tuple[int, int]) -> Flags:
    size = np.array(size_wh, np.float32)
    room = np.maximum(WHOLE_PIXELS, WHOLE_SHARE * size)
    return np.asarray((boxes[:, :2] <= room).all(axis=1) & (boxes[:, 2:] >= size - room).all(axis=1))


def _sliver(boxes: Boxes, size_wh: tuple[int, int]) -> Flags:
    shorter, longer = _sides(boxes)
    return np.asarray((longer >= SLIVER * shorter) & ~_tiny(boxes, size_wh))


def _twice(boxed: list[Picture]) -> Iterator[tuple[Picture, int]]:
    """How many boxes of a picture lie on another of the same class."""
    for picture in boxed:
        sample = picture.sample
        labels = np.array(sample.box_labels or [sample.label or 0] * len(sample.boxes))
        again = 0
        for label in np.unique(labels[labels >= 0]):
            alike = sample.boxes[labels == label]
            # A few rows at a time: of thousands of boxes all pairs at once would fill the memory.
            for begin in range(0, len(alike), ROWS):
                rows = alike[begin : begin + ROWS]
                before = np.tri(len(rows), len(alike), begin - 1, dtype=bool)
                again += int(((box_iou(rows, alike) > SAME) & before).any(axis=1).sum())
        if again:
            yield picture, again


def _overlapping(found: list[tuple[Picture, int]]) -> list[Finding]:
    if not found:
        return []
    found = sorted(found, key=lambda pair: -pair[1])
    count = sum(number for _, number in found)
    lie = "lies" if count == 1 else "lie"
    message = (
        f"{counted(count, 'box', 'boxes')} {lie} on another of the same class, with an overlap above {SAME:g} "
        f"({some((picture.name for picture, _ in found), most=FOUND)})"
    )
    paths = tuple(picture.sample.path for picture, _ in found)
    return [Finding("box-twice", "warning", message, "take one of the two boxes out", count, paths)]
