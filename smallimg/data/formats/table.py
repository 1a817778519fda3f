"""The challenge's form: a table of boxes beside a folder of pictures.

`<split>.csv` has the columns image, xmin, ymin, xmax, ymax, class; the pictures are in `<split>/` or `images/`. Class
names in `challenge.json` or `classes.txt` and true masks in `<split>_masks/` are optional.
"""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats.classes import (
    declared_classes,
    find_class,
    missing_classes,
    name_classes,
    write_classes,
)
from smallimg.data.formats.masks import by_stem, check_mask
from smallimg.data.formats.places import (
    Report,
    copy_all,
    mask_places,
    places,
    refuse_taken,
    require,
    split_to_write,
)
from smallimg.errors import DataError, ImageError
from smallimg.files import write_text
from smallimg.pictures.images import read_size

#: What this form can hold.
HOLDS = frozenset({"boxes", "classes", "masks"})
COLUMNS = ("image", "xmin", "ymin", "xmax", "ymax", "class")


@dataclass(frozen=True, eq=False)
class _Picture:
    """What the table's rows say about one picture."""

    path: Path
    stem: Path  # relative to its folder, by which its mask is found
    size_wh: tuple[int, int]
    boxes: list[list[float]]
    labels: set[int]


def rows_file(root: Path, split: str) -> Path:
    """Where the table of a split is."""
    return root / f"{split}.csv"


def read(root: Path, split: str) -> Dataset:
    """The pictures that `<split>.csv` has sound rows of, with the masks that there are of them."""
    table = rows_file(root, split)
    rows = _read_rows(table)
    class_names, class_ids = name_classes(declared_classes(root), {cells[-1] for _, cells in rows})
    folders = [folder for folder in (root / split, root / "images") if folder.is_dir()]
    problems: list[str] = []
    pictures: dict[str, _Picture] = {}
    first_line: dict[tuple[str, ...], int] = {}
    for line, cells in rows:
        name, *corners, class_cell = cells
        try:
            if (first := first_line.setdefault(cells, line)) != line:
                raise DataError(f"the same row as line {first}")
            picture = pictures.get(name) or _find_picture(name, folders)
            box = _check_box(corners, picture.size_wh)
            label = find_class(class_cell, class_names)
        except (DataError, ImageError) as error:
            problems.append(f"{table.name} line {line}: {error}")
            continue
        pictures[name] = picture
        picture.boxes.append(box)
        picture.labels.add(label)

    mask_folder = root / f"{split}_masks"
    masks = by_stem(mask_folder) if mask_folder.is_dir() else None
    samples = []
    for name, picture in pictures.items():
        if len(picture.labels) > 1:
            classes = ", ".join(class_names[label] for label in sorted(picture.labels))
            problems.append(f"{table.name}: {name} has rows of several classes ({classes}), expected one")
            continue
        mask = None
        if masks is not None:
            try:
                mask = check_mask(masks.get(picture.stem), picture.size_wh)
            except (DataError, ImageError) as error:  # the picture is still good for the other stages
                problems.append(f"{name}: {error}")
        samples.append(Sample(picture.path, as_boxes(picture.boxes), min(picture.labels), mask))
    problems += missing_classes(class_names, samples)
    return Dataset(root, split, class_names, tuple(samples), tuple(problems), class_ids)


def write(dataset: Dataset, folder: Path, *, report: Report | None = None) -> None:
    """Write a data set in this form; what has no splits is called "train". The table comes last of all.

    Raises:
        DataError: when a picture has no box or no class, the split is there already, or the folder names other classes.
    """
    require(dataset.samples, lambda sample: len(sample.boxes) > 0, what="box", form="a table of boxes")
    require(dataset.samples, lambda sample: sample.label is not None, what="class", form="a table of boxes")
    split = split_to_write(dataset)
    pictures, mask_folder, table = folder / split, folder / f"{split}_masks", rows_file(folder, split)
    refuse_taken(pictures, mask_folder, table)
    paths = [sample.path for sample in dataset.samples]
    there = places(paths)
    files = {pictures / place: path for place, path in zip(there, paths, strict=True)}
    files |= {mask_folder / place: mask for place, mask in mask_places(dataset.samples, there).items()}
    write_classes(dataset.class_names, folder)
    copy_all(files, report=report)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for sample, place in zip(dataset.samples, there, strict=True):
        assert sample.label is not None, "required above"
        for box in sample.boxes:
            # The shortest decimal that is read as the same float32.
            corners = [np.format_float_positional(value, trim="-") for value in box]
            writer.writerow([place.as_posix(), *corners, dataset.class_names[sample.label]])
    write_text(table, text.getvalue())


def _read_rows(table: Path) -> list[tuple[int, tuple[str, ...]]]:
    """(line number, the cells of COLUMNS in that order); a cell that is not there is empty."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = [cell.strip() for cell in next(reader, [])]
            if missing := [column for column in COLUMNS if column not in header]:
                raise DataError(
                    f"{table.name} lacks the column {', '.join(missing)}: expected {','.join(COLUMNS)}, "
                    f"found {','.join(header)[:200] or 'an empty file'}."
                )
            at = [header.index(column) for column in COLUMNS]
            return [
                (reader.line_num, tuple(row[index].strip() if index < len(row) else "" for index in at))
                for row in reader
                if any(row)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table.name} could not be read as a table ({error}): save it as CSV in UTF-8.") from error


def _find_picture(name: str, folders: Iterable[Path]) -> _Picture:
    relative = Path(name)
    if not 0 < len(name) < 256 or relative.is_absolute() or ".." in relative.parts or "\0" in name:
        raise DataError(f"{name[:80]!r} is no name of a picture")
    for folder in folders:
        path = folder / relative
        if path.is_file():
            return _Picture(path, relative.with_suffix(""), read_size(path), [], set())
    raise DataError(f"there is no picture {name}")


def _check_box(cells: Sequence[str], size_wh: tuple[int, int]) -> list[float]:
    text = f"the box ({', '.join(cells)})"
    try:
        x1, y1, x2, y2 = box = [float(cell) for cell in cells]
    except ValueError:
        raise DataError(f"{text} is not four numbers") from None
    if not all(map(math.isfinite, box)):
        raise DataError(f"{text} is not four finite numbers")
    if x2 <= x1 or y2 <= y1:
        raise DataError(f"{text} is empty or inverted: expected xmin < xmax and ymin < ymax")
    if x1 < 0 or y1 < 0 or x2 > size_wh[0] or y2 > size_wh[1]:
        raise DataError(f"{text} leaves the picture of {size_wh[0]} × {size_wh[1]} pixels")
    return box
