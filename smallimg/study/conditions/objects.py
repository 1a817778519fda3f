"""The objects that conditions are tried on: labelled boxes, grouped by size, as many of each class as can be had.

Where a size is lacking, the same objects can be had at every size: cut out, and pasted on other pictures' backgrounds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from smallimg.data.dataset import Dataset, Sample
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import read_size

SIZES = ("small", "medium", "large")
#: An object below the first share of its picture's area is small, from the second on large.
BOUNDS = (0.01, 0.05)
#: A size with fewer objects is lacking: its accuracy could be nearly anything.
FEWEST = 10
Corners = tuple[float, float, float, float]

#: Where the object of a picture without boxes may be.
EVERYWHERE: Corners = (0.0, 0.0, 1e6, 1e6)


@dataclass(frozen=True)
class Ground:
    """Where a cut-out is pasted.

    Attributes:
        path: the picture whose background it is.
        boxes: the objects in that picture, which the background is beside of, each xyxy in its pixels.
        share: of the new picture's area that the object's box covers.
    """

    path: Path
    boxes: tuple[Corners, ...]
    share: float


@dataclass(frozen=True)
class Thing:
    """One object of a picture.

    Attributes:
        path: the picture.
        mask: a grey picture of the same size, white on the picture's only object; None where there is none.
        box_xyxy: around the object, in pixels of the picture as opened.
        label: its class by name.
        size: one of `SIZES`.
        identity: the same for the same object at several sizes, which differ in nothing else.
        ground: where it is pasted; None where it stays in its picture.
    """

    path: Path
    mask: Path | None
    box_xyxy: Corners
    label: str
    size: str
    identity: int = 0
    ground: Ground | None = None


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
    return _balanced(_objects(dataset, class_names, bounds, seed=seed), most)


def paste_things(
    dataset: Dataset,
    class_names: Sequence[str],
    *,
    most: int,
    bounds: tuple[float, float] = BOUNDS,
    seed: int = 0,
) -> tuple[Thing, ...]:
    """A third as many objects, each pasted at a typical share of every size, on the background of one other picture.

    Then sizes differ in size alone: the object, its background and where it lies are the same. Objects are cut out by
    their masks, or as `smallimg.study.conditions.placing` finds them. Pictures that have a class and no box count as
    well, where none has a box: there the object is what the background remover leaves.

    Raises:
        DataError: when no picture has a class that is known.
    """
    whole = not _has_boxes(dataset)
    return _pasted(dataset, _objects(dataset, class_names, bounds, seed=seed, whole=whole), most, bounds, seed=seed)


def _pasted(
    dataset: Dataset, things: Sequence[Thing], most: int, bounds: tuple[float, float], *, seed: int
) -> tuple[Thing, ...]:
    chosen = _in_turns(list(_by_class(things).values()), max(1, most // len(SIZES)))
    random = np.random.default_rng(seed)
    placed = []
    for one in chosen:
        other = dataset.samples[int(random.integers(len(dataset.samples)))]
        boxes = tuple((x1, y1, x2, y2) for x1, y1, x2, y2 in other.boxes.tolist())
        if not boxes and not other.is_negative:
            boxes = (EVERYWHERE,)
        for size, share in zip(SIZES, typical(bounds), strict=True):
            placed.append(replace(one, size=size, ground=Ground(other.path, boxes, share)))
    return tuple(placed)


def choose_things(
    dataset: Dataset,
    class_names: Sequence[str],
    *,
    most: int,
    bounds: tuple[float, float] = BOUNDS,
    paste: bool | None = None,
    seed: int = 0,
) -> tuple[tuple[Thing, ...], str]:
    """The objects as they are, or pasted at every size where a size is lacking; and a sentence where they are pasted.

    Args:
        paste: whether to paste; None does so where a size has fewer than `FEWEST` objects, or no picture has a box.

    Raises:
        DataError: when no picture has a class that is known, or no box where nothing is to be pasted.
    """
    asked = paste is not False and (paste or not _has_boxes(dataset))
    things = _objects(dataset, class_names, bounds, seed=seed, whole=asked and not _has_boxes(dataset))
    if not asked:
        few = lacking(things) if paste is None else []  # of all that there are, however many are asked for
        if not few:
            return _balanced(things, most), ""
        numbers = {size: sum(one.size == size for one in things) for size in few}
        *first, last = (f"{f'only {n}' if n else 'no'} {size}" for size, n in numbers.items())
        why = f"There are {', '.join(first)}{' and ' if first else ''}{last} objects"
    else:
        why = "As asked" if paste else "No picture has a box"
    *first, last = (f"{100 * share:.2g}" for share in typical(bounds))
    pasted = _pasted(dataset, things, most, bounds, seed=seed)
    sizes = f"{', '.join(first)} and {last} % of the picture"
    return (
        pasted,
        f"{why}: each is cut out and pasted on another background at {sizes}, so that it differs in size alone.",
    )


def _has_boxes(dataset: Dataset) -> bool:
    return any(len(sample.boxes) for sample in dataset.samples)


def lacking(things: Sequence[Thing]) -> list[str]:
    """The sizes of which there are fewer than `FEWEST` objects."""
    return [size for size in SIZES if sum(one.size == size for one in things) < FEWEST]


def typical(bounds: tuple[float, float] = BOUNDS) -> tuple[float, float, float]:
    """A share of the picture's area well within each size; by default 0.5 %, 2.2 % and 15 %."""
    small, large = bounds
    return small / 2, (small * large) ** 0.5, min(3 * large, (1 + large) / 2)


def _objects(
    dataset: Dataset, class_names: Sequence[str], bounds: tuple[float, float], *, seed: int, whole: bool = False
) -> list[Thing]:
    """All objects of known classes in an order drawn by the seed; `whole` takes whole pictures for their objects.

    Raises:
        DataError: when there are none.
    """
    things: list[Thing] = []
    for index in np.random.default_rng(seed).permutation(len(dataset.samples)).tolist():
        sample = dataset.samples[index]
        try:
            width, height = read_size(sample.path)
        except ImageError:
            continue  # read_dataset has named it
        mask = sample.mask if len(sample.boxes) == 1 or whole else None
        for box, label in _labelled(sample, (0.0, 0.0, float(width), float(height)) if whole else None):
            name = None if label is None or label < 0 else dataset.class_names[label]
            if name in class_names and name is not None and min(box[2] - box[0], box[3] - box[1]) >= 1:
                share = (box[2] - box[0]) * (box[3] - box[1]) / (width * height)
                things.append(Thing(sample.path, mask, box, name, size_of(share, bounds), len(things)))
    if not things:
        raise DataError(
            f"{dataset.origin} has no object with a box and a class that the bundle knows "
            f"({', '.join(class_names[:12])}{' …' if len(class_names) > 12 else ''}): choose data or a bundle that fit."
        )
    return things


def _balanced(things: Sequence[Thing], most: int) -> tuple[Thing, ...]:
    """At most so many: the sizes take turns, and within each its classes."""
    by_size = [_by_class([one for one in things if one.size == size]) for size in SIZES]
    return _in_turns([_in_turns(list(queues.values()), most) for queues in by_size], most)


def _labelled(sample: Sample, instead: Corners | None) -> Iterator[tuple[Corners, int | None]]:
    """Each box and its class; `instead` of a picture without boxes."""
    if not len(sample.boxes) and instead is not None:
        yield instead, sample.label
    labels = sample.box_labels or (sample.label,) * len(sample.boxes)
    for (x1, y1, x2, y2), label in zip(sample.boxes.tolist(), labels, strict=True):  # noqa: UP028  # four, for mypy
        yield (x1, y1, x2, y2), label


def _by_class(things: Sequence[Thing]) -> dict[str, list[Thing]]:
    found: dict[str, list[Thing]] = {}
    for one in things:
        found.setdefault(one.label, []).append(one)
    return found


def _in_turns(queues: Sequence[Sequence[Thing]], most: int) -> tuple[Thing, ...]:
    """One of each queue, then another of each that has one left, until there are `most`."""
    longest = max(map(len, queues), default=0)
    return tuple(queue[turn] for turn in range(longest) for queue in queues if turn < len(queue))[:most]
