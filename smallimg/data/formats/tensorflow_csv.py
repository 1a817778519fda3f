"""Roboflow's table for TensorFlow: `<split>/_annotations.csv` beside the pictures, a row a box.

Its columns are filename, width, height, class, xmin, ymin, xmax, ymax, in pixels. It is read and not written: ours
says as much.
"""

import csv
from pathlib import Path

from smallimg.data.dataset import Dataset
from smallimg.data.formats.lookup import Pictures, pictures_in, unlisted
from smallimg.data.formats.marks import Marking, to_dataset
from smallimg.data.formats.splits import choose, split_files
from smallimg.data.problems import about
from smallimg.errors import DataError, ImageError, why

#: What this form can hold.
HOLDS = frozenset({"boxes", "classes"})
NAME = "_annotations.csv"
COLUMNS = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax")


def splits(root: Path) -> dict[str, Path]:
    """Split → its table; nothing where this is not the form."""
    return split_files(root, NAME)


def read(root: Path, split: str) -> Dataset:
    """The pictures that the split's table has sound rows of."""
    name, table = choose(splits(root), split, root=root)
    pictures = Pictures(root, first=[table.parent])
    problems: list[str] = []
    markings: dict[Path, Marking] = {}
    listed: set[Path] = set()
    for line, row in _rows(table):
        path = None
        try:
            path = pictures.find(row["filename"])
            listed.add(path)
            if path not in markings:
                markings[path] = Marking(path, said_wh=_said_size(row))
        except (DataError, ImageError) as error:
            sentence = f"{table.name} line {line}: {error}"
            problems.append(about(sentence, path, is_unreadable=isinstance(error, ImageError)))
            continue
        corners = [row[side] for side in COLUMNS[4:]]
        if not row["class"]:
            markings[path].leave_out(f"line {line} has no class")
            continue
        try:
            box = [float(corner) for corner in corners]
        except ValueError:
            markings[path].leave_out(f"line {line}: the box ({', '.join(corners)}) is not four numbers")
            continue
        markings[path].add(row["class"], box)
    problems += unlisted(pictures_in(table.parent), listed, where=table.name)
    return to_dataset(root, name, markings.values(), problems)


def _rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = [cell.strip().lower() for cell in reader.fieldnames or ()]
            if missing := [column for column in COLUMNS if column not in header]:
                raise DataError(
                    f"{table.name} lacks the column {', '.join(missing)}: expected {','.join(COLUMNS)}, "
                    f"found {','.join(header)[:200] or 'an empty file'}."
                )
            reader.fieldnames = header
            return [
                (reader.line_num, {column: (row[column] or "").strip() for column in COLUMNS})
                for row in reader
                if any(row.values())
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{table.name} could not be read as a table ({why(error)}): save it as CSV in UTF-8."
        ) from error


def _said_size(row: dict[str, str]) -> tuple[float, float] | None:
    try:
        return float(row["width"]), float(row["height"])
    except ValueError:
        return None
