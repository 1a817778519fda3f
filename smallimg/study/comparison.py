"""Two ways to look at the same pictures, side by side: which is right more often, and is that more than chance?

A picture that both name rightly, or both wrongly, tells nothing of which is better; those that flip do. No torch here.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from smallimg.errors import DataError, called
from smallimg.files import plain_cell, read_cell, read_json, write_json, write_text
from smallimg.study.conditions.paired import paired_difference
from smallimg.study.rows import Row

#: Of the figures of a column, those that are worth standing side by side.
FIGURES = ("precision", "recall", "f1", "loss", "calibration_error", "box_iou", "map", "mask_iou")


@dataclass(frozen=True, eq=False)
class Column:
    """One way to look at the pictures: what it is called, its figures, and a row a picture."""

    name: str
    metrics: Mapping[str, Any]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Pair:
    """Two columns compared, by the pictures that both have measured and whose class is known.

    Attributes:
        first, second: the columns' places, from 0.
        title: what differs between them.
        both, only_first, only_second, neither: how many pictures these named rightly, by the most probable class.
        difference: the second's accuracy less the first's, −1 … 1.
        difference_interval: its ends at 95 %, see `smallimg.study.conditions.paired`; (-1, 1) where n is 0.
        p: see `mcnemar_exact`.
    """

    first: int
    second: int
    title: str
    both: int
    only_first: int
    only_second: int
    neither: int
    difference: float
    difference_interval: tuple[float, float]
    p: float

    @property
    def n(self) -> int:
        """How many pictures were compared."""
        return self.both + self.only_first + self.only_second + self.neither


@dataclass(frozen=True, eq=False)
class Comparison:
    """Columns side by side, the pairs of them that are compared, and a sentence for what has to be known beside."""

    columns: tuple[Column, ...]
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...] = ()


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """How likely flips at least as uneven are where neither is better: the two-sided p of a fair coin.

    McNemar, 1947, Psychometrika 12:153, in its exact form, which holds for few flips too.

    Raises:
        ValueError: on a negative count.
    """
    if min(only_first, only_second) < 0:
        raise ValueError(f"counts cannot be negative, got {only_first} and {only_second}")
    n = only_first + only_second
    ways, tail = 1, 0
    for k in range(min(only_first, only_second) + 1):
        tail += ways
        ways = ways * (n - k) // (k + 1)
    return min(1.0, float(Fraction(2 * tail, 1 << n)))  # of whole numbers: no float would hold them


def compare(columns: Sequence[Column], pairs: Sequence[tuple[int, int, str]], notes: Sequence[str] = ()) -> Comparison:
    """Hold columns of the same pictures against each other.

    Args:
        pairs: (first, second, what differs) of those to compare.
    """
    return Comparison(tuple(columns), tuple(_pair(columns, *pair) for pair in pairs), tuple(notes))


def flipped(comparison: Comparison, pair: Pair) -> tuple[list[tuple[Row, Row]], list[tuple[Row, Row]]]:
    """The pictures that only the first names rightly, and those that only the second does, as both saw them."""
    first, second = (comparison.columns[place].rows for place in (pair.first, pair.second))
    both = [two for two in zip(first, second, strict=True) if _counts(*two)]
    lost = [two for two in both if two[0].is_right and not two[1].is_right]
    return lost, [two for two in both if two[1].is_right and not two[0].is_right]


def write_comparison(comparison: Comparison, out: Path, *, name: str) -> None:
    """Write `NAME.json`, the counts, and `NAME.csv`, a row a picture with what each column said of it, in their order.

    Raises:
        DataError: when they cannot be written.
    """
    columns = comparison.columns
    content = {
        "columns": [_told(column) for column in columns],
        "pairs": [asdict(pair) for pair in comparison.pairs],
        "notes": list(comparison.notes),
    }
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    told = ("label", "probability", "answer", "error")
    heads = [f"{head}_{place}" for place in range(1, len(columns) + 1) for head in told]
    writer.writerow(["name", "picture", "truth", *heads])
    for rows in zip(*(column.rows for column in columns), strict=True):
        one = rows[0]
        cells = [plain_cell(one.name), plain_cell(one.picture), plain_cell(one.truth or "")]
        for row in rows:
            probability = "" if row.probability is None else round(row.probability, 9)
            cells += [plain_cell(row.label or ""), probability, plain_cell(row.answer or ""), plain_cell(row.error)]
        writer.writerow(cells)
    try:
        write_json(out / f"{name}.json", content)
        write_text(out / f"{name}.csv", table.getvalue())
    except OSError as error:
        raise DataError(f"{called(out)} could not be written ({error.strerror}): choose another folder.") from error


def read_comparison(out: Path, *, name: str) -> Comparison | None:
    """What `write_comparison` wrote; None where it has not, or its files are damaged."""
    content = read_json(out / f"{name}.json")
    try:
        lines = list(csv.DictReader(io.StringIO((out / f"{name}.csv").read_text("utf-8"), newline="")))
        columns = [
            Column(told["name"], told["metrics"], [_row(line, place) for line in lines])
            for place, told in enumerate(content["columns"], start=1)
        ]
        pairs = tuple(
            Pair(**{**pair, "difference_interval": tuple(pair["difference_interval"])}) for pair in content["pairs"]
        )
        return Comparison(tuple(columns), pairs, tuple(content["notes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _pair(columns: Sequence[Column], first: int, second: int, title: str) -> Pair:
    pairs = zip(columns[first].rows, columns[second].rows, strict=True)
    right = [(one.is_right, other.is_right) for one, other in pairs if _counts(one, other)]
    counts = [right.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))]
    both, lost, won, neither = counts
    n = len(right)
    before, after = ([pair[place] for pair in right] for place in (0, 1))
    difference, low, high = paired_difference(before, after) if n else (0.0, -1.0, 1.0)
    return Pair(
        first,
        second,
        title,
        both,
        lost,
        won,
        neither,
        difference=round(difference, 6),
        difference_interval=(round(low, 6), round(high, 6)),
        p=mcnemar_exact(lost, won),
    )


def _counts(one: Row, other: Row) -> bool:
    return one.truth is not None and None not in (one.label, other.label) and not (one.error or other.error)


def _told(column: Column) -> dict[str, Any]:
    metrics = column.metrics
    right, n = sum(row.is_right for row in column.rows if not row.error), metrics.get("named", 0)
    kept = {
        name: metrics[name]
        for name in ("accuracy", "accuracy_interval", "answered", "answered_right", *FIGURES)
        if name in metrics
    }
    return {"name": column.name, "metrics": {"named": n, "right": right, **kept}}


def _row(line: Mapping[str, str], place: int) -> Row:
    probability = line[f"probability_{place}"]
    return Row(
        read_cell(line["name"]),
        read_cell(line["picture"]),
        truth=read_cell(line["truth"]) or None,
        label=read_cell(line[f"label_{place}"]) or None,
        answer=read_cell(line[f"answer_{place}"]) or None,
        probability=float(probability) if probability else None,
        error=read_cell(line[f"error_{place}"]),
    )
