"""Objects under all conditions, and the tables that come of it."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from smallimg.boxes import Boxes
from smallimg.errors import BundleError, DataError, ImageError, called
from smallimg.pipeline import Pipeline
from smallimg.results import Box
from smallimg.study.conditions.factors import AGAINST, CONDITIONS, Strengths, apply
from smallimg.study.conditions.objects import SIZES, Thing
from smallimg.study.conditions.paired import paired_difference
from smallimg.study.conditions.placing import place
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
class Step:
    """How far a study is: what it does, with how many of how many objects."""

    doing: str
    done: int
    of: int


@dataclass(frozen=True)
class Cell:
    """One condition and size: how many objects, and how many were named rightly; the interval is Wilson's, at 95 %.

    `pasted_at` is the share of the picture's area that the objects were pasted at; None where they were not, or at
    several.
    """

    condition: str
    size: str
    n: int
    correct: int
    pasted_at: float | None = None

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


#: What something that names says of a picture: given the pipeline that may help, the picture, and where to look, [4].
Namer = Callable[[Pipeline, Image.Image, Boxes], str | None]


def by_bundle(pipeline: Pipeline, seen: Image.Image, box: Boxes) -> str | None:
    """The bundle's own most probable class, told where the object is."""
    x1, y1, x2, y2 = map(float, box)
    reads_cutout = pipeline.bundle.stages["classifier"].reads == "cutout"
    return pipeline.predict(seen, remove_background=reads_cutout, boxes=[Box(x1, y1, x2, y2, 1.0)]).label


def trying(
    pipeline: Pipeline,
    things: Sequence[Thing],
    *,
    strengths: Strengths,
    seed: int = 0,
    conditions: Sequence[str] = CONDITIONS,
    namer: Namer = by_bundle,
) -> Iterator[Tried | str | None]:
    """Name every object under every condition; where it is, is given, as finding it is not what is tried.

    Args:
        pipeline: what is tried, several objects at once.
        things: the objects.
        strengths: of the factors.
        seed: of what is left to chance; with an object's identity, so that it is the same at every size.
        conditions: which.
        namer: who names in the bundle's place.

    Yields:
        For each object in turn what came of it; a sentence where its picture does not open; None where it could not be
        cut out.

    Raises:
        BundleError: when the bundle has no classifier and nobody else names.
    """
    if namer is by_bundle and "classifier" not in pipeline.bundle.stages:
        raise BundleError(f"“{called(pipeline.bundle.path)}” has no classifier: choose a bundle that names things.")

    def work(one: Pipeline, thing: Thing) -> Tried | str | None:
        try:
            placed = place(one, thing, seed=seed)
        except ImageError as error:
            return str(error)
        if placed is None:
            return None
        picture, box, mask = placed
        right = {}
        for condition in conditions:
            drawn = seed + thing.identity
            seen, inside = apply(condition, picture, box, strengths=strengths, seed=drawn, mask=mask)
            right[condition] = namer(one, seen, inside) == thing.label
        return Tried(thing, right)

    yield from pipeline.each(work, things)


def sorted_out(came: Sequence[Tried | str | None]) -> tuple[list[Tried], list[str]]:
    """What `trying` gave, as objects and sentences.

    Raises:
        DataError: when there is no object among them.
    """
    tried = [one for one in came if isinstance(one, Tried)]
    if not tried:
        lost = " Where they open, no object could be cut out." if None in came else ""
        raise DataError(f"None of the pictures could be read, so there is nothing to try.{lost}")
    return tried, list(dict.fromkeys(one for one in came if isinstance(one, str)))


def cells(tried: Sequence[Tried]) -> list[Cell]:
    """How many of each size were named rightly under each condition; sizes without an object are left out."""
    return [
        Cell(condition, size, len(some), sum(one.right[condition] for one in some), _pasted_at(some))
        for condition in (tried[0].right if tried else ())
        for size in (*SIZES, ALL)
        if (some := of_size(tried, size))
    ]


def _pasted_at(some: Sequence[Tried]) -> float | None:
    shares = {None if one.thing.ground is None else one.thing.ground.share for one in some}
    return shares.pop() if len(shares) == 1 else None


def changes(tried: Sequence[Tried]) -> list[Change]:
    """What each factor changes, against the condition without it."""
    return [
        Change(
            condition, against, size, len(some),
            *paired_difference([one.right[against] for one in some], [one.right[condition] for one in some]),
        )
        for condition, against in AGAINST.items()
        if tried and condition in tried[0].right
        for size in (*SIZES, ALL)
        if (some := of_size(tried, size))
    ]  # fmt: skip


def of_size(tried: Sequence[Tried], size: str) -> list[Tried]:
    """Those of that size, or all."""
    return [one for one in tried if size in (ALL, one.thing.size)]


def cells_csv(rows: Sequence[Cell]) -> str:
    """`condition,size,n,correct,accuracy,low,high`, a row a cell; where objects were pasted, `pasted_at` as well."""
    head = ["condition", "size", "n", "correct", "accuracy", "low", "high"]
    lines = [[one.condition, one.size, one.n, one.correct, one.accuracy, *one.interval] for one in rows]
    if any(one.pasted_at is not None for one in rows):
        head.append("pasted_at")
        for line, one in zip(lines, rows, strict=True):
            line.append("" if one.pasted_at is None else one.pasted_at)
    return _csv(head, lines)


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
