"""The rows of a table, whoever wrote it: its encoding, its separator, its columns' names, or none."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from smallimg.data.formats.names import SPLITS, split_word
from smallimg.errors import DataError, why
from smallimg.pictures.images import IMAGE_SUFFIXES

#: Our own names of the columns, as they are written.
COLUMNS = ("image", "xmin", "ymin", "xmax", "ymax", "class")
#: What others call them, letters and digits only; the first that is there counts.
SPELLINGS = {
    "image": ("image", "filename", "file", "imagename", "imagepath", "filepath", "path", "imagefile", "img", "imgpath",
              "imgname", "imageid", "imgid", "picture", "photo", "images", "name", "id"),
    "class": ("class", "label", "category", "classname", "labelname", "categoryname", "classlabel", "labels", "classes",
              "name", "target", "classid", "categoryid", "labelid", "species", "breed"),
    "xmin": ("xmin", "x1", "left", "x0", "xtl", "bboxxmin", "bboxx1", "boxxmin", "bboxx", "xtopleft", "x"),
    "ymin": ("ymin", "y1", "top", "y0", "ytl", "bboxymin", "bboxy1", "boxymin", "bboxy", "ytopleft", "y"),
    "xmax": ("xmax", "x2", "right", "xbr", "bboxxmax", "bboxx2", "boxxmax", "xbottomright"),
    "ymax": ("ymax", "y2", "bottom", "ybr", "bboxymax", "bboxy2", "boxymax", "ybottomright"),
    "width": ("w", "width", "bboxwidth", "bboxw", "boxwidth", "boxw"),
    "height": ("h", "height", "bboxheight", "bboxh", "boxheight", "boxh"),
    "xcenter": ("xcenter", "xcentre", "cx", "centerx", "centrex", "xc"),
    "ycenter": ("ycenter", "ycentre", "cy", "centery", "centrey", "yc"),
}  # fmt: skip
#: What a column is called that tells which part a picture belongs to; it counts where each cell names one.
PART_COLUMNS = ("split", "subset", "partition", "set", "dataset", "datasplit", "mluse", "usage", "part", "phase")
CORNERS = ("xmin", "ymin", "xmax", "ymax")
SIZED = ("xmin", "ymin", "width", "height")
CENTRED = ("xcenter", "ycenter", "width", "height")
#: So much of a table tells what it is.
HEAD_BYTES = 100_000
#: The number of its line, the name of the picture, and the cells of its box with that of its class behind them.
Row = tuple[int, str, tuple[str, ...]]


@dataclass(frozen=True)
class Rows:
    """A table that was read.

    Attributes:
        rows: each with four cells of the box or none, and that of the class last; a cell that is not there is empty.
        box_columns: what the four cells are, `CORNERS`, `SIZED` or `CENTRED`; empty where the table has no boxes.
        has_class: whether there is a column of classes.
        notes: a sentence for what was understood in another way than `COLUMNS` says.
        parts: for each row the part that its picture belongs to, of `smallimg.data.formats.names.SPLITS`; empty where
            no column tells.
    """

    rows: list[Row]
    box_columns: tuple[str, ...]
    has_class: bool
    notes: tuple[str, ...]
    parts: tuple[str, ...] = ()


def read_rows(table: Path) -> Rows:
    """The rows of a table.

    Raises:
        DataError: when the file cannot be read, or its columns cannot be told.
    """
    notes: list[str] = []
    with _readable(table):
        text = _decode(table.read_bytes(), table.name, notes)
        separator = _separator(text)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        # One after the other, never all of them as lists: a table may have a million rows.
        lines = ((reader.line_num, row) for line in reader if any(row := [cell.strip() for cell in line]))
        first = next(lines, (0, []))
    header = first[1]
    at, boxes = _columns(header)
    rows: Iterable[tuple[int, list[str]]] = lines
    if at is None and (guessed := _without_header(header)):
        at, boxes = guessed
        rows = chain([first], lines)
        notes.append(f"{table.name} has no header: its columns are taken for {','.join(at)}")
    elif at is not None:
        ours = {"image", "class", *CORNERS}
        if strange := [header[index] for name, index in at.items() if name not in ours or header[index] != name]:
            notes.append(f"{table.name} has the columns {', '.join(strange)}, which are taken for {_list(at, header)}")
    if at is None or "image" not in at:
        found = ",".join(header)[:200] or "an empty file"
        missing = [column for column in COLUMNS if column not in _known(header)]
        raise DataError(
            f"{table.name} lacks the column {', '.join(missing)}: expected {','.join(COLUMNS)}, found {found}."
        )
    part_at = _part_column(header, at)
    words = list[str]()
    with _readable(table):
        cut = list(_cut(_noting(rows, part_at, words), at, boxes, decimal_comma=separator != ","))
    has_class = "class" in at and any(said[-1] for _, _, said in cut)
    parts = _parts(words, f"{table.name}'s column {header[part_at]}", notes)
    return Rows(cut, boxes, has_class, tuple(notes), parts)


def looks_like_rows(table: Path) -> tuple[str, bool] | None:
    """The first picture that a table names, and whether it has boxes; None where it has neither boxes nor classes."""
    header, second = _head(table)
    at, boxes = _columns(header)
    first = second if at is not None else header
    at, boxes = (at, boxes) if at is not None else (_without_header(header) or (None, ()))
    if at is None or not (boxes or "class" in at) or len(first) <= at["image"]:
        return None
    return first[at["image"]], bool(boxes)


def may_tell_parts(table: Path) -> bool:
    """Whether a column is called as if it told which part a picture belongs to; what is in it is not looked at."""
    header, _ = _head(table)
    at, _ = _columns(header)
    return at is not None and _part_column(header, at) >= 0


def _head(table: Path) -> tuple[list[str], list[str]]:
    """The first two lines that are not empty; of what is no table, empty ones."""
    try:
        with table.open("rb") as file:
            text = _decode(file.read(HEAD_BYTES), table.name, [])
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
        filled = (row for line in lines if any(row := [cell.strip() for cell in line]))
        return next(filled, []), next(filled, [])
    except (OSError, UnicodeError, csv.Error):
        return [], []


@contextmanager
def _readable(table: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeError, csv.Error) as error:
        raise DataError(
            f"{table.name} could not be read as a table ({why(error)}): save it as CSV in UTF-8."
        ) from error


def _cut(
    lines: Iterable[tuple[int, list[str]]], at: Mapping[str, int], boxes: Sequence[str], *, decimal_comma: bool
) -> Iterator[Row]:
    """The cells that count of each line; one that is not there is empty."""
    widest = max(at.values()) + 1
    has_class = "class" in at
    image_at, order = at["image"], [*(at[name] for name in boxes), at.get("class", -1)]
    same_text: dict[str, str] = {}  # names and classes come again and again, and are kept once
    for number, row in lines:
        if len(row) < widest or not has_class:
            row.extend([""] * (widest - len(row)) or [""])
        said = [row[index] for index in order]
        if decimal_comma:
            said[:-1] = [cell.replace(",", ".") for cell in said[:-1]]
        said[-1] = same_text.setdefault(said[-1], said[-1])
        name = row[image_at]
        yield number, same_text.setdefault(name, name), tuple(said)


def _part_column(header: Sequence[str], at: Mapping[str, int]) -> int:
    """Where the cells are that tell a picture's part; -1 where no column is called so."""
    free = {_key(cell): index for index, cell in enumerate(header) if index not in at.values()}
    return next((free[key] for key in PART_COLUMNS if key in free), -1)


def _noting(lines: Iterable[tuple[int, list[str]]], index: int, words: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The lines as they are, one cell of each put down in `words`; of -1 nothing."""
    same_text: dict[str, str] = {}
    for number, row in lines:
        if index >= 0:
            word = row[index] if index < len(row) else ""
            words.append(same_text.setdefault(word, word))
        yield number, row


def _parts(words: Sequence[str], column: str, notes: list[str]) -> tuple[str, ...]:
    """The part of each row, where all name one, and not all the same."""
    meant = {word: split_word(word) if word else "" for word in set(words)}
    known = {part for part in meant.values() if part in SPLITS}
    if len(known) > 1 and known == set(meant.values()):
        return tuple(meant[word] for word in words)
    if known and len(meant) > 1:
        notes.append(f"{column} names other things than train, validation and test, and is passed over")
    return ()


def _key(cell: str) -> str:
    return re.sub(r"[\W_]+", "", cell.casefold())


def _list(at: dict[str, int], header: Sequence[str]) -> str:
    return ", ".join(name for name, index in at.items() if header[index] != name)


def _decode(data: bytes, name: str, notes: list[str]) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    if data[1:40:2] == bytes(len(data[1:40:2])) and len(data) > 3:  # every other byte is nothing
        return data.decode("utf-16-le")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.append(f"{name} is not in UTF-8 and is read as Windows-1252: look whether its names are right")
        return data.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    """The separator that cuts the first lines into equally many columns; a comma where none does."""
    head = io.StringIO("\n".join(text[:100_000].splitlines()[:20]), newline="")
    for separator in (";", "\t", "|"):
        head.seek(0)
        widths = {len(row) for row in csv.reader(head, delimiter=separator) if row}
        if len(widths) == 1 and widths.pop() > 1:
            return separator
    return ","


def _known(header: Sequence[str]) -> dict[str, int]:
    """Where each column that is known by some spelling is."""
    keys = [_key(cell) for cell in header]
    if {"x0", "x1", "y0", "y1"} <= set(keys):  # who counts from 0 calls the second corner the first
        keys = [{"x1": "x2", "y1": "y2"}.get(key, key) for key in keys]
    at: dict[str, int] = {}
    for column, spellings in SPELLINGS.items():
        free = [key for key in spellings if key in keys and keys.index(key) not in at.values()]
        if free:
            at[column] = keys.index(free[0])
    if "class" not in at and "image" in at and len(keys) == 2 and keys[1 - at["image"]] not in PART_COLUMNS:
        at["class"] = 1 - at["image"]
    return at


def _columns(header: Sequence[str]) -> tuple[dict[str, int] | None, tuple[str, ...]]:
    """Which column is what, by the header, and which four are the box; None where it is no header that will do."""
    at = _known(header)
    boxes = next((four for four in (CORNERS, SIZED, CENTRED) if all(name in at for name in four)), ())
    if "image" not in at or (not boxes and any(name in at for name in CORNERS)):
        return None, ()
    return {name: at[name] for name in ("image", "class", *boxes) if name in at}, boxes


def _without_header(
    first: Sequence[str],
) -> tuple[dict[str, int], tuple[str, ...]] | None:
    """The columns of a table that begins with a row: a picture, four numbers or nothing, and perhaps a class."""
    if not first or not any(first[0].lower().endswith(ending) for ending in IMAGE_SUFFIXES):
        return None
    if len(first) in (5, 6) and all(re.fullmatch(r"-?[\d.,]*(?:e-?\d+)?", cell) for cell in first[1:5]):
        names = COLUMNS[: len(first)]
        return {name: index for index, name in enumerate(names)}, CORNERS
    if len(first) == 2:
        return {"image": 0, "class": 1}, ()
    if len(first) == 1:
        return {"image": 0}, ()
    return None
