"""A table's rows, gathered by picture and settled: which picture each means, and where its boxes lie."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Transpose

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Sample
from smallimg.data.formats.classes import FindClass
from smallimg.data.formats.finding import Files
from smallimg.data.formats.table_boxes import READ_TWO_WAYS, Numbers, as_corners, fit_both_ways, fits, turn
from smallimg.data.formats.table_rows import Rows
from smallimg.data.problems import About, about
from smallimg.data.wording import were
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import read_turn
from smallimg.visitors.wanted import still_wanted

#: No picture has so many pixels a side; squares of such numbers can still be reckoned with.
FARTHEST = 1e9


@dataclass(eq=False)
class Picture:
    """What the table's rows say about one picture; of each box its line, its numbers and its class."""

    name: str
    path: Path
    place: Path  # below its folder, by which its mask is found
    size_wh: tuple[int, int]
    turned_by: Transpose | None
    seen: dict[tuple[str, ...], int]  # the cells of its rows, whatever name they call it by → line
    lines: list[int] = field(default_factory=list)
    boxes: list[tuple[float, ...]] = field(default_factory=list)  # as written
    corners: Numbers | None = None  # [n, 4], once the boxes are settled
    labels: list[int | None] = field(default_factory=list)
    label: int | None = None  # of the picture as a whole, where a row says no box
    is_negative: bool = False

    @property
    def is_sideways(self) -> bool:
        """Whether what is stored lies on its side."""
        straight = (None, Transpose.ROTATE_180, Transpose.FLIP_LEFT_RIGHT, Transpose.FLIP_TOP_BOTTOM)
        return self.turned_by not in straight


def gather(
    rows: Rows, files: Files, class_names: Sequence[str], table: str, problems: list[str]
) -> tuple[dict[Path, Picture], list[Sample]]:
    """The rows by their pictures, and the pictures of which there is nothing but wrong rows."""
    found: dict[str, Picture | _Unopened] = {}
    used: dict[str, Picture] = {}
    pictures: dict[Path, Picture] = {}
    seen: dict[Path, dict[tuple[str, ...], int]] = {}
    labels: dict[str, int] = {}
    find_class = FindClass(class_names)
    wrong: dict[str, Sample] = {}
    # A table may have a million rows, so that a path, whose hash is slow, is no key of what is done for each.
    for line, name, said in rows.rows:
        still_wanted()
        here = found.get(name)
        try:
            if here is None:
                here = found[name] = _open(name, files, seen)
            if isinstance(here, _Unopened):
                raise DataError(here.reason)
            if (first := here.seen.setdefault(said, line)) != line:
                raise DataError(f"the same row as line {first}")
            cells, class_cell = said[:-1], said[-1]
            has_box = any(cells)
            box = _numbers(cells) if has_box else None
            label = None
            if rows.has_class and (has_box or class_cell):
                if class_cell not in labels:
                    labels[class_cell] = find_class(class_cell)
                label = labels[class_cell]
        except DataError as error:
            path = here.path if here is not None else None
            is_unreadable = isinstance(here, _Unopened)
            problems.append(about(f"{table} line {line}: {error}", path, is_unreadable=is_unreadable))
            path = path or files.root / Path(name).name[:200]
            wrong[name] = Sample(path, as_boxes([]), None, None, name=name)
            continue
        picture = used.get(name)
        if picture is None:
            picture = used[name] = pictures.setdefault(here.path, here)
        if box is not None:
            picture.lines.append(line)
            picture.boxes.append(box)
            picture.labels.append(label)
        elif not class_cell:
            picture.is_negative = bool(rows.box_columns)
        elif picture.label not in (None, label):
            problems.append(About(f"{table} line {line}: {name} has another class in a row before", here.path))
        else:
            picture.label = label
    good = {picture.path for picture in pictures.values()}
    return pictures, [sample for sample in wrong.values() if sample.path not in good]


@dataclass(frozen=True)
class _Unopened:
    """A name that no picture goes by, or one that does not open, and why."""

    path: Path | None
    reason: str


def _open(name: str, files: Files, seen: dict[Path, dict[tuple[str, ...], int]]) -> Picture | _Unopened:
    """The picture that a name means, or why there is none."""
    path = None
    try:
        path = files.find(name)
        size_wh, turned_by = read_turn(path)
    except (DataError, ImageError) as error:
        return _Unopened(path, str(error))
    return Picture(name, path, files.place(path), size_wh, turned_by, seen.setdefault(path, {}))


def _numbers(cells: Sequence[str]) -> tuple[float, ...]:
    try:
        box = tuple(map(float, cells))
    except ValueError:
        raise DataError(f"the box ({', '.join(cells)}) is not four numbers") from None
    if not math.isfinite(sum(box)) and not all(map(math.isfinite, box)):  # the sum is quicker
        raise DataError(f"the box ({', '.join(cells)}) is not four finite numbers")
    if max(box) > FARTHEST or min(box) < -FARTHEST:
        raise DataError(f"the box ({', '.join(cells)[:200]}) lies farther out than any picture reaches")
    return box


def settle_boxes(pictures: Sequence[Picture], rows: Rows, table: str, problems: list[str]) -> list[str]:
    """Bring all boxes to corners in pixels of the upright pictures; those that do not fit are named and left out."""
    boxed = [picture for picture in pictures if picture.boxes]
    if not boxed:
        return []
    counts = [len(picture.boxes) for picture in boxed]
    sizes = np.repeat(np.array([picture.size_wh for picture in boxed], np.float64), counts, axis=0)
    sideways = np.repeat([picture.is_sideways for picture in boxed], counts)
    room = np.where(sideways[:, None], sizes.max(axis=1, keepdims=True), sizes)
    written = np.concatenate([np.array(picture.boxes) for picture in boxed])
    if fit_both_ways(written, sizes, rows.box_columns):
        problems.append(
            f"{table}: all {len(written):,} boxes are read as corners, and {READ_TWO_WAYS}, which would put none of "
            "their middles into the upper left quarter alone: if they are sizes, call the columns x, y, width, height"
        )
    corners, notes = as_corners(written, sizes, room, rows.box_columns, table=table)
    parts = np.split(corners, np.cumsum(counts)[:-1])

    fit = [fits(part, np.array([picture.size_wh])).all() for picture, part in zip(boxed, parts, strict=True)]
    stored = [
        picture.is_sideways and bool(fits(part, np.array([picture.size_wh[::-1]])).all())
        for picture, part in zip(boxed, parts, strict=True)
    ]
    only_stored = any(one and not other for one, other in zip(stored, fit, strict=True))
    only_upright = any(
        picture.is_sideways and other and not one for picture, one, other in zip(boxed, stored, fit, strict=True)
    )
    turned = 0
    for index, picture in enumerate(boxed):
        # Where a table tells which of the two it means, its other pictures are meant so too.
        if stored[index] and (not fit[index] or (only_stored and not only_upright)):
            assert picture.turned_by is not None, "it is sideways"
            parts[index] = turn(parts[index], picture.size_wh, picture.turned_by)
            turned += 1
    if turned:
        notes.append(
            f"{table}: {were(turned, 'picture')} turned by EXIF and had boxes on what is stored; they are turned too"
        )
    # All at once: a table may have a hundred thousand pictures, and most of them are sound.
    settled = np.concatenate(parts)
    limits = np.tile(sizes, 2)
    clipped = np.clip(settled, 0, limits)
    inside = fits(settled, sizes) & (clipped[:, 2:] > clipped[:, :2]).all(axis=1)
    ends = np.cumsum(counts)
    for picture, begin, end in zip(boxed, ends - counts, ends, strict=True):
        picture.corners = clipped[begin:end]
        if not inside[begin:end].all():
            _keep_fitting(picture, settled[begin:end], inside[begin:end], table, problems)
    return notes


def _keep_fitting(
    picture: Picture, corners: Numbers, inside: NDArray[np.bool_], table: str, problems: list[str]
) -> None:
    """Name the boxes that are not inside of their picture, and leave them out."""
    width, height = picture.size_wh
    for index in np.flatnonzero(~inside):
        fault = f"leaves the picture of {width} × {height} pixels"
        if not (corners[index, 2:] > corners[index, :2]).all():
            fault = "is empty or inverted: expected xmin < xmax and ymin < ymax"
        written = ", ".join(f"{value:g}" for value in picture.boxes[index])
        sentence = f"{table} line {picture.lines[index]}: the box ({written}) {fault}"
        problems.append(About(sentence, picture.path))
    kept = np.flatnonzero(inside).tolist()
    assert picture.corners is not None, "they are settled"
    picture.corners = picture.corners[kept]
    picture.boxes = [picture.boxes[index] for index in kept]
    picture.labels = [picture.labels[index] for index in kept]
    picture.lines = [picture.lines[index] for index in kept]
