"""The challenge's form: a table of boxes beside a folder of pictures.

`<split>.csv` has the columns image, xmin, ymin, xmax, ymax, class; the pictures are in `<split>/` or `images/`. Class
names in `challenge.json` or `classes.txt` and true masks in `<split>_masks/` are optional.
"""

import csv
import io
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from smallimg.boxes import as_boxes
from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.formats.classes import (
    declared_classes,
    missing_classes,
    name_classes,
    write_classes,
)
from smallimg.data.formats.finding import Files, Masks
from smallimg.data.formats.masks import check_mask
from smallimg.data.formats.names import (
    SPLITS,
    has_pictures,
    meaning,
    passed_over,
    sort_out,
    split_folder,
    split_word,
    visible,
)
from smallimg.data.formats.places import (
    Report,
    copy_all,
    mask_places,
    places,
    refuse_taken,
    require,
    split_to_write,
)
from smallimg.data.formats.table_pictures import Picture, gather, settle_boxes
from smallimg.data.formats.table_rows import COLUMNS, Rows, looks_like_rows, may_tell_parts, read_rows
from smallimg.data.problems import About
from smallimg.data.wording import some, were
from smallimg.errors import DataError, ImageError
from smallimg.files import write_text

#: What this form can hold.
HOLDS = frozenset({"boxes", "classes", "masks"})


def rows_file(root: Path, split: str) -> Path:
    """Where the table of a split is: `<split>.csv`, in any spelling that is there."""
    plain = root / f"{split}.csv"
    if plain.is_file() or not root.is_dir():
        return plain
    wanted = split_word(split)
    tables = [entry for entry in visible(root) if entry.suffix.lower() in (".csv", ".tsv") and entry.is_file()]
    found = [entry for entry in tables if _table_of(entry.stem) == wanted]
    return found[0] if len(found) == 1 else plain


def lone_table(root: Path) -> Path | None:
    """The one table at the top, whatever it is called, if it is of pictures that lie here.

    Folders named by class say as much as one that has no boxes.
    """
    tables = [one for one in visible(root) if one.suffix.lower() in (".csv", ".tsv") and one.is_file()]
    begins = looks_like_rows(tables[0]) if len(tables) == 1 else None
    if begins is None:
        return None
    name, has_boxes = begins
    try:
        if not has_boxes and len(sort_out(root).classes) > 1:
            return None
        _files(root, lone_split(root)).find(name)
    except DataError:
        return None
    return tables[0]


def lone_split(root: Path) -> str:
    """The part that a table speaks of whose name says none: the training where that lies apart, else all."""
    return "train" if split_folder(root, "train") else WHOLE


def column_splits(root: Path) -> tuple[str, ...]:
    """The parts that the one table at the top names in a column of its own; nothing where there is none."""
    table = lone_table(root)
    if table is None or not may_tell_parts(table):
        return ()
    try:
        parts = set(read_rows(table).parts)
    except DataError:
        return ()
    return tuple(part for part in SPLITS if part in parts)


def _table_of(stem: str) -> str | None:
    meant = meaning(stem)
    return meant.split if meant.split and not meant.rest and meant.kind != "pictures" else None


def read(root: Path, split: str, *, unlabelled: bool = False, table: Path | None = None) -> Dataset:
    """The pictures that `<split>.csv` has sound rows of, with the masks that there are of them.

    A table of all pictures may tell in a column which of them are of the part.

    Args:
        root: the data set.
        split: which part.
        unlabelled: whether a table of names alone will do.
        table: one that is called otherwise, see `lone_table`.

    Raises:
        DataError: when the table cannot be read, has no row of the part, or says nothing of its pictures and
            `unlabelled` is not asked for.
    """
    is_lone = table is not None
    table = table or rows_file(root, split)
    whole = read_rows(table)
    by_column = is_lone and bool(whole.parts)
    split = split if by_column or not is_lone else lone_split(root)
    rows = _rows_of(whole, split, table) if by_column else whole
    if not (unlabelled or rows.box_columns or rows.has_class):
        raise DataError(
            f"{table.name} has names of pictures and nothing about them: add the columns "
            f"{','.join(COLUMNS[1:])}, or class; to predict them, use `evaluate`."
        )
    naming = name_classes(declared_classes(root), (said[-1] for _, _, said in rows.rows))
    notes, problems = [*rows.notes, *naming.notes], list[str]()
    if by_column:
        notes.insert(0, f"{table.name} says of each picture which part it belongs to")
    elif is_lone:
        of = "all pictures" if split == WHOLE else "the pictures to learn from"
        notes.insert(0, f"{table.name} is the only table there, and is taken for that of {of}")
    files = _files(root, WHOLE if by_column and split_folder(root, split) is None else split)
    pictures, left_out = gather(rows, files, naming.names, table.name, problems)
    notes += settle_boxes(list(pictures.values()), rows, table.name, problems)

    masks = _masks(root, split)
    if masks is not None:
        masks.expect(picture.place for picture in pictures.values())
    samples = []
    for picture in pictures.values():
        if not (picture.boxes or picture.label is not None or picture.is_negative or not _says_something(rows)):
            left_out.append(Sample(picture.path, as_boxes([]), None, None, name=picture.name))
            continue
        mask = None
        if masks is not None and not picture.is_negative:
            try:
                mask = check_mask(masks.claim(picture.place), picture.size_wh)
            except (DataError, ImageError) as error:  # the picture is still good for the other stages
                problems.append(
                    About(f"{picture.name}: {error}", picture.path, is_unreadable=isinstance(error, ImageError))
                )
        samples.append(_sample(picture, mask))
    problems += missing_classes(naming.names, samples)
    renamed = sum(picture.place != Path(picture.name) for picture in pictures.values())
    if renamed:
        notes.append(f"{were(renamed, 'picture')} found under another name than {table.name} writes")
    notes += masks.notes() if masks is not None else []
    named = {picture.path for picture in pictures.values()}
    notes += _without_rows(root, files, named | _paths_of(whole, rows, files), table)
    negatives = sum(sample.is_negative for sample in samples)
    if negatives:
        notes.append(f"{were(negatives, 'picture')} taken as showing nothing, because their rows have no box")
    return Dataset(
        root, split, naming.names, tuple(samples), tuple(problems), naming.ids,
        notes=tuple(notes), left_out=tuple(left_out),
    )  # fmt: skip


def _rows_of(rows: Rows, split: str, table: Path) -> Rows:
    """Those of a part."""
    cut = [row for row, part in zip(rows.rows, rows.parts, strict=True) if part == split_word(split)]
    if not cut:
        there = ", ".join(part for part in SPLITS if part in rows.parts)
        raise DataError(f"{table.name} has no picture of {split!r}: choose one of those that are there: {there}.")
    return replace(rows, rows=cut, has_class=any(said[-1] for _, _, said in cut))


def _paths_of(whole: Rows, rows: Rows, files: Files) -> set[Path]:
    """The pictures of the other parts' rows."""
    mine = {name for _, name, _ in rows.rows}
    found = set()
    for name in {name for _, name, _ in whole.rows} - mine:
        with suppress(DataError):
            found.add(files.find(name))
    return found


def _says_something(rows: Rows) -> bool:
    return bool(rows.box_columns) or rows.has_class


def _sample(picture: Picture, mask: Path | None) -> Sample:
    labels = set(picture.labels) if picture.boxes else {picture.label}
    box_labels: tuple[int, ...] = ()
    if len(labels) > 1:
        box_labels = tuple(-1 if label is None else label for label in picture.labels)
    label = labels.pop() if len(labels) == 1 else None
    is_negative = picture.is_negative and not picture.boxes
    return Sample(
        picture.path, as_boxes([] if picture.corners is None else picture.corners), label, mask,
        box_labels=box_labels, is_negative=is_negative, name=picture.name,
    )  # fmt: skip


def _files(root: Path, split: str) -> Files:
    """The pictures that a table can mean: those in its part's folder and in `images/`."""
    folders = [folder for folder in (split_folder(root, split),) if folder is not None]
    for entry in (entry for entry in visible(root) if entry.is_dir()):
        meant = meaning(entry.name)
        if meant.kind == "pictures" and not meant.rest and meant.split in (None, split_word(split)):
            folders.append(entry)
    return Files(folders or ([root] if split == WHOLE else []), root=root)


def _masks(root: Path, split: str) -> Masks | None:
    """The masks of a part: in `<split>_masks/` in any spelling, or in `masks/`."""
    folders = [(entry, meaning(entry.name)) for entry in visible(root) if entry.is_dir()]
    for part in (split_word(split), None):
        for folder, meant in folders:
            named = (
                meant.split == part if part else (meant.split is None and folder.name.casefold() in ("masks", "mask"))
            )
            if meant.kind == "masks" and not meant.rest and named and has_pictures(folder):
                return Masks(folder)
    return None


def _without_rows(root: Path, files: Files, used: set[Path], table: Path) -> list[str]:
    """How many pictures the table has no row of, where it is the only one of its folders."""
    tables = [entry for entry in visible(root) if entry.suffix.lower() in (".csv", ".tsv")]
    alone = len(tables) == 1
    part = split_folder(root, table.stem)
    mine = [path for path in files.paths() if alone or (part is not None and path.is_relative_to(part))]
    unused = [path for path in mine if path not in used]
    notes = [note for folder in files.folders for note in passed_over(folder)]
    if unused:
        return [f"{were(len(unused), 'picture')} passed over without a row in {table.name} "
                f"({some([path.name for path in unused])})", *notes]  # fmt: skip
    return notes


def write(dataset: Dataset, folder: Path, *, report: Report | None = None) -> None:
    """Write a data set in this form; what has no splits is called "train". The table comes last of all.

    Raises:
        DataError: when a picture has no box or no class, the split is there already, or the folder names other classes.
    """
    require(dataset.samples, lambda one: len(one.boxes) > 0 or one.is_negative, what="box", form="a table of boxes")
    require(
        dataset.samples,
        lambda one: one.label is not None or len(one.box_labels) > 0 or one.is_negative,
        what="class",
        form="a table of boxes",
    )
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
        labels = sample.box_labels or (sample.label,) * len(sample.boxes)
        for box, label in zip(sample.boxes, labels, strict=True):
            # The shortest decimal that is read as the same float32.
            corners = [np.format_float_positional(value, trim="-") for value in box]
            name = "" if label is None or label < 0 else dataset.class_names[label]
            writer.writerow([place.as_posix(), *corners, name])
        if sample.is_negative:
            writer.writerow([place.as_posix(), "", "", "", "", ""])
    write_text(table, text.getvalue())
