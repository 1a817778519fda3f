"""How much of the heat is on the object, when the answer is right and when it is wrong, by the object's size."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smallimg.files import plain_cell
from smallimg.study.explain.inside import Inside
from smallimg.study.explain.seen import Seen

#: The object's share of the picture below which it counts as small, and as medium.
SMALL, MEDIUM = 0.01, 0.05
SIZES = ("small", "medium", "large")
ANSWERS = {"right": True, "wrong": False, "not known": None}
RESAMPLES = 1000


@dataclass(frozen=True)
class Row:
    """Pictures of one kind.

    Attributes:
        answer: one of `ANSWERS`.
        size: "all", or one of `SIZES`.
        n: how many pictures.
        share, low, high: the mean share of the heat on the object, and its 95 % interval.
        area: the object's mean share of the picture: what `share` would be if heat were everywhere alike.
        hits: on how many pictures the hottest place is on the object.
    """

    answer: str
    size: str
    n: int
    share: float
    low: float
    high: float
    area: float
    hits: int


def set_table(seen: Sequence[Seen]) -> list[Row]:
    """The rows that have a picture, those of all sizes first."""
    rows = []
    for answer, is_right in ANSWERS.items():
        those = [one.inside for one in seen if one.is_right is is_right and one.inside is not None]
        for size in ("all", *SIZES):
            chosen = [one for one in those if size in ("all", size_of(one.area))]
            if chosen:
                rows.append(_row(answer, size, chosen))
    return rows


def size_of(area: float) -> str:
    """Small, medium or large, by an object's share of its picture, 0 … 1."""
    return "small" if area < SMALL else "medium" if area < MEDIUM else "large"


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of a mean, by drawing the values again and again (Efron, 1979, Annals of Statistics 7:1).

    Args:
        values: shares of one; of fewer than two nothing is known, and the interval is 0 … 1.
    """
    if len(values) < 2:
        return 0.0, 1.0
    drawn = np.random.default_rng(0).choice(np.asarray(values), (RESAMPLES, len(values)))
    low, high = np.quantile(drawn.mean(axis=1), (0.025, 0.975)).tolist()
    return low, high


def inside_csv(seen: Sequence[Seen], root: Path) -> str:
    """A row for each picture: what it is, what it was taken for, and how the map lies on the object.

    Args:
        seen: the pictures.
        root: the data set's folder; pictures are named as they lie below it.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "class", "predicted", "probability", "heat_inside", "object_area", "size", "hit"])
    for one in seen:
        name = one.path.relative_to(root).as_posix() if one.path.is_relative_to(root) else one.path.name
        how = one.inside
        lies = ("", "", "", "")
        if how is not None:
            lies = (f"{how.share:.4f}", f"{how.area:.4f}", size_of(how.area), "yes" if how.is_hit else "no")
        writer.writerow(
            [plain_cell(name), plain_cell(one.truth or ""), plain_cell(one.label), f"{one.probability:.4f}", *lies]
        )
    return text.getvalue()


def _row(answer: str, size: str, chosen: Sequence[Inside]) -> Row:
    shares = [one.share for one in chosen]
    low, high = mean_interval(shares)
    area = float(np.mean([one.area for one in chosen]))
    return Row(answer, size, len(chosen), float(np.mean(shares)), low, high, area, sum(one.is_hit for one in chosen))
