"""Objects under all conditions, and the tables that come of it."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from smallimg.errors import BundleError, DataError, ImageError
from smallimg.pictures.images import open_local
from smallimg.pictures.masks import open_mask
from smallimg.pictures.preprocess import on_fill
from smallimg.pipeline import Pipeline
from smallimg.results import Box
from smallimg.study.conditions.factors import AGAINST, CONDITIONS, Strengths, apply
from smallimg.study.conditions.objects import SIZES, Thing
from smallimg.study.conditions.paired import paired_difference
from smallimg.study.intervals import wilson_interval

#: Of all sizes together.
ALL = "all"


@dataclass(frozen=True)
class Tried:
    """What came of one object.

    Attributes:
        thing: the object.
        right: condition → whether the most probable class was the object's.
    """

    thing: Thing
    right: dict[str, bool]


@dataclass(frozen=True)
class Cell:
    """One condition and size: how many objects, and how many were named rightly; the interval is Wilson's, at 95 %."""

    condition: str
    size: str
    n: int
    correct: int

    @property
    def accuracy(self) -> float:
        return self.correct / self.n

    @property
    def interval(self) -> tuple[float, float]:
        return wilson_interval(self.correct, self.n)


@dataclass(frozen=True)
class Change:
    """What a factor changes for a size: accuracy less that of `against`, of the same objects, with its interval."""

    condition: str
    against: str
    size: str
    n: int
    difference: float
    low: float
    high: float


def try_all(
    pipeline: Pipeline,
    things: Sequence[Thing],
    *,
    strengths: Strengths,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Tried], list[str]]:
    """Classify every object under every condition; where it is, is given, as finding it is not what is tried.

    Returns:
        What came of each, and a sentence for each picture that does not open.

    Raises:
        BundleError: when the bundle has no classifier.
        DataError: when no picture could be read.
    """
    if "classifier" not in pipeline.bundle.stages:
        raise BundleError(f"{pipeline.bundle.path} has no classifier: choose a bundle that names things.")
    reads_cutout = pipeline.bundle.stages["classifier"].reads == "cutout"

    def work(one: Pipeline, item: tuple[int, Thing]) -> Tried | str:
        number, thing = item
        try:
            picture = on_fill(open_local(thing.path))
            mask = None if thing.mask is None else open_mask(thing.mask)
        except ImageError as error:
            return str(error)
        right = {}
        for condition in CONDITIONS:
            seen, box = apply(
                condition, picture, np.array(thing.box_xyxy, np.float32),
                strengths=strengths, seed=seed + number, mask=mask,
            )  # fmt: skip
            x1, y1, x2, y2 = map(float, box)
            found = one.predict(seen, remove_background=reads_cutout, boxes=[Box(x1, y1, x2, y2, 1.0)])
            right[condition] = found.label == thing.label
        return Tried(thing, right)

    tried, errors = list[Tried](), list[str]()
    for done, found in enumerate(pipeline.each(work, enumerate(things)), start=1):
        if isinstance(found, str):
            errors.append(found)
        else:
            tried.append(found)
        if progress is not None:
            progress(done, len(things))
    if not tried:
        raise DataError("None of the pictures could be read, so there is nothing to try.")
    return tried, errors


def cells(tried: Sequence[Tried]) -> list[Cell]:
    """How many of each size were named rightly under each condition; sizes without an object are left out."""
    return [
        Cell(condition, size, len(some), sum(one.right[condition] for one in some))
        for condition in CONDITIONS
        for size in (*SIZES, ALL)
        if (some := of_size(tried, size))
    ]


def changes(tried: Sequence[Tried]) -> list[Change]:
    """What each factor changes, against the condition without it."""
    return [
        Change(
            condition, against, size, len(some),
            *paired_difference([one.right[against] for one in some], [one.right[condition] for one in some]),
        )
        for condition, against in AGAINST.items()
        for size in (*SIZES, ALL)
        if (some := of_size(tried, size))
    ]  # fmt: skip


def of_size(tried: Sequence[Tried], size: str) -> list[Tried]:
    """Those of that size, or all."""
    return [one for one in tried if size in (ALL, one.thing.size)]


def cells_csv(rows: Sequence[Cell]) -> str:
    """`condition,size,n,correct,accuracy,low,high`, a row a cell."""
    lines = [(one.condition, one.size, one.n, one.correct, one.accuracy, *one.interval) for one in rows]
    return _csv(("condition", "size", "n", "correct", "accuracy", "low", "high"), lines)


def changes_csv(rows: Sequence[Change]) -> str:
    """`condition,against,size,n,difference,low,high`, a row a change."""
    lines = [(one.condition, one.against, one.size, one.n, one.difference, one.low, one.high) for one in rows]
    return _csv(("condition", "against", "size", "n", "difference", "low", "high"), lines)


def _csv(head: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([round(value, 4) if isinstance(value, float) else value for value in line] for line in lines)
    return table.getvalue()
