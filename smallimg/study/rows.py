"""A row for each picture that was evaluated: what is known of it, what was said of it, or why it could not be asked.

`predictions.csv` holds them; it is written as they come, and read back by whoever shows an evaluation. No torch here.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from smallimg.errors import DataError, called
from smallimg.files import plain_cell, read_cell
from smallimg.results import Box

COLUMNS = (
    "name", "picture", "truth", "label", "answer", "level", "probability", "truth_probability", "sayable",
    "xmin", "ymin", "xmax", "ymax", "score", "iou", "error",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One picture.

    Attributes:
        name: as the data's own table has it.
        picture: where it lies below the data's folder, with "/" between the parts.
        truth: its class; None where nobody has said.
        label: the most probable class; None where nothing was named.
        answer: what was said aloud; None for “not sure”.
        level: what the answer is, "kind" or "group".
        probability: of `label`, 0 … 1.
        truth_probability: of `truth`, 0 … 1.
        sayable: whether `label` is said aloud where it is probable enough: the object looks familiar, and no other
            class comes close. A threshold decides about these alone.
        box: the top box, xyxy in pixels of the picture as opened, clipped to it; None where no object was found.
        iou: the top box's with the true box that it fits best, 0 without a box; None where no true box is known.
        error: why it was not measured, in a sentence; "" where it was.
    """

    name: str
    picture: str
    truth: str | None = None
    label: str | None = None
    answer: str | None = None
    level: str | None = None
    probability: float | None = None
    truth_probability: float | None = None
    sayable: bool = False
    box: Box | None = None
    iou: float | None = None
    error: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the most probable class is the true one, sure of it or not."""
        return self.truth is not None and self.label == self.truth

    @property
    def is_wrong(self) -> bool:
        """Whether the most probable class is another than the true one."""
        return None not in (self.truth, self.label) and self.label != self.truth

    def as_picture(self) -> dict[str, Any]:
        """What a run's `results.json` holds of a picture, see `smallimg.runs.measure.write_outcome`."""
        return {
            "image": self.picture,
            "truth": self.truth,
            "answer": self.answer if self.level == "kind" else None,
            "label": self.label,
            "probability": self.probability,
            "box_score": self.box.score if self.box else None,
        }


class Lines(Protocol):
    """What `csv.writer` makes."""

    def writerow(self, row: Sequence[Any]) -> Any: ...


def write_row(lines: Lines, row: Row) -> None:
    """Write a row under `COLUMNS`; no cell of it is taken for a formula by a spreadsheet."""
    texts = (row.name, row.picture, row.truth, row.label, row.answer, row.level)
    corners = (None,) * 5 if row.box is None else (*(round(value, 2) for value in row.box.xyxy), _short(row.box.score))
    sayable = "" if row.label is None else "yes" if row.sayable else "no"
    values = (_short(row.probability), _short(row.truth_probability), sayable, *corners, _short(row.iou))
    lines.writerow([*(plain_cell(text or "") for text in texts), *values, plain_cell(row.error)])


@contextmanager
def row_file(file: Path) -> Iterator[Lines]:
    """A `predictions.csv` to be written row by row; until all are there it is called `….part`.

    Raises:
        DataError: when it cannot be written.
    """
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            lines = csv.writer(stream, lineterminator="\n")
            lines.writerow(COLUMNS)
            yield lines
        part.replace(file)
    except OSError as error:
        raise DataError(f"{called(file)} could not be written ({error.strerror}): choose another folder.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def read_rows(file: Path) -> list[Row]:
    """The rows of a `predictions.csv`; none where there is none, and a damaged line is passed over."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    rows = []
    for line in csv.DictReader(io.StringIO(text, newline="")):
        with suppress(ValueError, TypeError, AttributeError):
            rows.append(_row(line))
    return rows


def _row(line: dict[str, str]) -> Row:
    def text(name: str) -> str:
        return read_cell(line[name])

    def number(name: str) -> float | None:
        return float(line[name]) if line[name] else None

    x1, y1, x2, y2, score = map(number, ("xmin", "ymin", "xmax", "ymax", "score"))
    found = None not in (x1, y1, x2, y2, score)
    return Row(
        text("name"),
        text("picture"),
        truth=text("truth") or None,
        label=text("label") or None,
        answer=text("answer") or None,
        level=text("level") or None,
        probability=number("probability"),
        truth_probability=number("truth_probability"),
        sayable=line["sayable"] == "yes",
        box=Box(x1 or 0.0, y1 or 0.0, x2 or 0.0, y2 or 0.0, score or 0.0) if found else None,
        iou=number("iou"),
        error=text("error"),
    )


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 9)  # 0.9999999 is not 1
