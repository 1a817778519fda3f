"""The objects that conditions are tried on: labelled boxes, grouped by size, as many of each class as can be had."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smallimg.boxes import box_area
from smallimg.data.dataset import Dataset
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import read_size

SIZES = ("small", "medium", "large")
#: An object below the first share of its picture's area is small, from the second on large.
BOUNDS = (0.01, 0.05)


@dataclass(frozen=True)
class Thing:
    """One object of a picture.

    Attributes:
        path: the picture.
        mask: a grey picture of the same size, white on the picture's only object; None where there is none.
        box_xyxy: around the object, in pixels of the picture as opened.
        label: its class by name.
        size: one of `SIZES`.
    """

    path: Path
    mask: Path | None
    box_xyxy: tuple[float, float, float, float]
    label: str
    size: str


def size_of(area_share: float, bounds: tuple[float, float] = BOUNDS) -> str:
    """The group of an object that covers that share of its picture."""
    return SIZES[sum(area_share >= bound for bound in bounds)]


def draw_things(
    dataset: Dataset,
    class_names: Sequence[str],
    *,
    most: int,
    bounds: tuple[float, float] = BOUNDS,
    seed: int = 0,
) -> tuple[Thing, ...]:
    """Objects of the classes that a bundle knows; of each size, classes take turns until there are `most` in all.

    Taking turns is what keeps a class of many photos from deciding the figure, and a size from being one class alone.

    Raises:
        DataError: when no picture has a box and a class that is known.
    """
    queues: dict[str, dict[str, list[Thing]]] = {size: {} for size in SIZES}
    random = np.random.default_rng(seed)
    for index in random.permutation(len(dataset.samples)).tolist():
        sample = dataset.samples[index]
        labels = sample.box_labels or (sample.label,) * len(sample.boxes)
        try:
            width, height = read_size(sample.path)
        except ImageError:
            continue  # read_dataset has named it
        for box, label, area in zip(sample.boxes.tolist(), labels, box_area(sample.boxes).tolist(), strict=True):
            name = None if label is None else dataset.class_names[label]
            if name is None or name not in class_names or min(box[2] - box[0], box[3] - box[1]) < 1:
                continue
            size = size_of(area / (width * height), bounds)
            mask = sample.mask if len(sample.boxes) == 1 else None
            thing = Thing(sample.path, mask, (box[0], box[1], box[2], box[3]), name, size)
            queues[size].setdefault(name, []).append(thing)
    if not any(queues.values()):
        raise DataError(
            f"{dataset.origin} has no object with a box and a class that the bundle knows "
            f"({', '.join(class_names[:12])}{' …' if len(class_names) > 12 else ''}): choose data or a bundle that fit."
        )
    return _in_turns([_in_turns(list(by_class.values()), most) for by_class in queues.values()], most)


def _in_turns(queues: Sequence[Sequence[Thing]], most: int) -> tuple[Thing, ...]:
    """One of each queue, then another of each that has one left, until there are `most`."""
    longest = max(map(len, queues), default=0)
    return tuple(queue[turn] for turn in range(longest) for queue in queues if turn < len(queue))[:most]
