"""Read a data set from disk, in any of the forms that are known, and check all of it; and write it in one of them.

A form is a file here, and a zip of any of them is understood too. Ours are a table of boxes (`table`), folders named by
class (`class_folders`), and pictures with masks (`masks`); the others are what labelling tools write.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from smallimg.data.corrections import with_corrections
from smallimg.data.dataset import WHOLE, Dataset, report_text
from smallimg.data.formats import (
    class_folders,
    coco,
    create_ml,
    label_studio,
    masks,
    table,
    tensorflow_csv,
    voc,
    yolo,
)
from smallimg.data.formats.folders import bare_folder, read_bare, read_folders
from smallimg.data.formats.names import SPLITS, kinds_told, meaning, same, sort_out, split_folder, split_word, visible
from smallimg.data.formats.splits import SPELLINGS, canonical, is_split
from smallimg.data.formats.utf8 import only_utf8
from smallimg.data.kept import name_of_data
from smallimg.data.left_out import without_left_out
from smallimg.data.wording import some
from smallimg.errors import DataError, called
from smallimg.files import read_json
from smallimg.pictures.archives import extract_zip, kinds_in_zip
from smallimg.pictures.images import IMAGE_SUFFIXES

TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".json", ".txt", ".xml", ".yaml", ".yml"})
#: For a zip from one's own disk, which may be larger than one that somebody sends to the page.
OWN_LIMITS: dict[str, Any] = {"max_files": 200_000, "max_bytes": 10_000_000_000}
#: What a zip held besides, in the folder that the page has unpacked it to: ending → how many files.
STAYED_IN_ZIP = ".stayed-in-zip.json"
#: What tools write, in the order in which they are looked for: the surest signs first.
TOOLS = (coco, create_ml, label_studio, tensorflow_csv, voc, yolo)
#: What each of these is called, as in `WRITE` where it can be written.
FORM_NAMES = {
    coco: "coco",
    create_ml: "createml",
    label_studio: "labelstudio",
    tensorflow_csv: "tensorflow-csv",
    voc: "voc",
    yolo: "yolo",
}
#: Form → how it is written, and what it has a place for besides the pictures.
WRITE: dict[str, Callable[..., None]] = {
    "coco": coco.write,
    "yolo": yolo.write,
    "voc": voc.write,
    "csv": table.write,
    "table": table.write,
    "folders": class_folders.write,
    "masks": masks.write,
}
HOLDS = {
    "coco": coco.HOLDS,
    "yolo": yolo.HOLDS,
    "voc": voc.HOLDS,
    "csv": table.HOLDS,
    "table": table.HOLDS,
    "folders": class_folders.HOLDS,
    "masks": masks.HOLDS,
}
WITHOUT_SPLITS = frozenset({"masks"})


def read_dataset(
    path: str | Path,
    *,
    split: str = "train",
    unlabelled: bool = False,
    leave_out: bool = True,
    max_files: int = 2_000,
    max_bytes: int = 200_000_000,
) -> Dataset:
    """Read one split of a data set in any of the forms, from a folder or a zip.

    All of it is checked by the pictures' headers; what is wrong is left out and named in `problems`, and what was
    understood in another way than it was written is told in `notes`. Data without splits is read whole, whichever of
    the usual ones is asked for. Training data comes with its own validation part, where it has one. For pictures that
    are not to be used see `smallimg.data.left_out`.

    Args:
        path: a folder, or a zip, which is unpacked to a folder that lives as long as the process.
        split: which part to read, such as "train" or "test".
        unlabelled: whether pictures of which nothing is known are data too: those of a submission.
        leave_out: whether those that are not to be used are left out.
        max_files: most files a zip may hold.
        max_bytes: most bytes a zip may unpack to.

    Raises:
        DataError: when the data has none of the forms, or nothing in it is usable; with the report.
    """
    source = Path(path)
    top = _unpacked(source, max_files=max_files, max_bytes=max_bytes)
    root = _skip_top_folder(top)
    never_unpacked = kinds_told(_never_unpacked(source))
    try:
        as_written = _with_validation(_read_form(root, split, source, unlabelled=unlabelled), root, split, source)
        # Measured by boxes that a model proposed, another would look as good as the two are alike.
        whole = with_corrections(as_written, only_agreed=split_word(as_written.split) == "test")
        dataset = only_utf8(without_left_out(whole) if leave_out else whole)
    except DataError as error:
        if source.is_file():  # whoever gave a zip knows nothing of the folder it was unpacked to
            raise DataError(str(error).replace(top.name, source.name)) from error
        raise
    if dataset.split == WHOLE and not is_split(split):
        raise DataError(
            f"{name_of_data(source)} has no part {split!r}, as it has no parts: leave the choice of one out."
        )
    if not dataset.samples:
        raise DataError(f"{name_of_data(source)} holds nothing usable for {split!r}. " + report_text(dataset.problems))
    dataset = replace(dataset, notes=(*dataset.notes, *never_unpacked))
    return replace(dataset, source=source) if source.is_file() else dataset


def _never_unpacked(source: Path) -> Counter[str]:
    """The files that stayed in the zip which a data set came from, by their endings."""
    if source.is_file():
        return kinds_in_zip(source, besides=IMAGE_SUFFIXES | TEXT_SUFFIXES)
    stayed = read_json(source / STAYED_IN_ZIP)
    return Counter({kind: count for kind, count in stayed.items() if isinstance(count, int)})


def open_folder(source: Path, *, max_files: int, max_bytes: int) -> Path:
    """The folder that a data set is in; a zip is unpacked, as `read_dataset` says, and may have it one below its top.

    Raises:
        DataError: when there is none.
    """
    return _skip_top_folder(_unpacked(source, max_files=max_files, max_bytes=max_bytes))


def _unpacked(source: Path, *, max_files: int, max_bytes: int) -> Path:
    """A folder as it is, or the one that a zip was unpacked to."""
    if source.is_file():
        return extract_zip(source, suffixes=IMAGE_SUFFIXES | TEXT_SUFFIXES, max_files=max_files, max_bytes=max_bytes)
    if not source.is_dir():
        raise DataError(f"There is no data set “{called(source)}”: check the path.")
    return source


def list_splits(root: Path) -> tuple[str, ...]:
    """The splits of the data set in a folder, by names that `read_dataset` takes; "all" where it has none."""
    known = [spelling for spellings in SPELLINGS.values() for spelling in spellings]
    files = {table.rows_file(root, split): split for split in reversed(known)}
    tables = [split for file, split in files.items() if file.is_file()]
    labels = next((found for form in TOOLS if (found := form.splits(root))), None)
    layout = sort_out(root)
    if not tables and not labels and (parts := table.column_splits(root)):
        return parts
    others = [*labels] if labels else [part for part in SPLITS if part in layout.splits or part in layout.pairs]
    # A table comes first, as in reading; what has no splits is no part beside it.
    tables.sort(key=known.index)
    rest = [one for one in others if not (tables and (one == WHOLE or split_word(one) in map(split_word, tables)))]
    return tuple(dict.fromkeys([*tables, *rest])) or (WHOLE,)


def _skip_top_folder(root: Path) -> Path:
    """The folder inside, when a zip holds nothing else at its top."""
    entries = visible(root)
    if len(entries) == 1 and entries[0].is_dir():
        inside = visible(entries[0])
        tables = any(entry.suffix.lower() == ".csv" for entry in inside)
        labels = any(entry.suffix.lower() in TEXT_SUFFIXES - {".txt"} for entry in inside)
        # A part of the data, unless it holds parts itself.
        is_part = meaning(entries[0].name).split and not (tables or len(sort_out(entries[0]).splits) > 1)
        if not is_part and (labels or any(entry.is_dir() for entry in inside)):
            return _skip_top_folder(entries[0])
    return root


def _read_form(root: Path, split: str, source: Path, *, unlabelled: bool) -> Dataset:
    rows = table.rows_file(root, split)
    if rows.is_file():
        return replace(table.read(root, split, unlabelled=unlabelled), form="csv")
    for form in TOOLS:
        if parts := form.splits(root):
            dataset: Dataset | None = None
            bare = bare_folder(root, split) if unlabelled else None
            if bare is None or canonical(split) in parts:
                dataset = form.read(root, split)
            if bare is not None and (dataset is None or not dataset.samples):
                dataset = read_bare(root, bare, split)
            assert dataset is not None, "one of the two was read"
            return replace(dataset, form=FORM_NAMES[form])
    lone, of = table.lone_table(root), table.lone_split(root)
    if lone is not None and (of in (WHOLE, split_word(split)) or table.column_splits(root)):
        return replace(table.read(root, split, unlabelled=unlabelled, table=lone), form="csv")
    dataset = read_folders(root, split, source, unlabelled=unlabelled)
    return replace(dataset, form="masks" if any(one.mask for one in dataset.samples) else "folders")


def _with_validation(dataset: Dataset, root: Path, split: str, source: Path) -> Dataset:
    """Training data with the validation part that lies beside it, by its own labels."""
    if split_word(split) != "train" or dataset.split == WHOLE:
        return dataset
    try:
        part = _read_form(root, "validation", source, unlabelled=False)
    except DataError as error:
        there = split_folder(root, "validation") or table.rows_file(root, "validation").is_file()
        reason = f"the validation part cannot be used, and a fifth is kept aside instead: {error}"
        return replace(dataset, notes=(*dataset.notes, reason)) if there else dataset
    if part.split == WHOLE or not part.samples:
        return dataset
    known = {same(name): label for label, name in enumerate(dataset.class_names)}
    label_of = {label: known.get(same(name)) for label, name in enumerate(part.class_names)} | {None: None}
    unknown = [name for label, name in enumerate(part.class_names) if label_of[label] is None]
    samples = tuple(
        replace(
            sample,
            label=label_of[sample.label],
            box_labels=tuple(label for label in (label_of[one] for one in sample.box_labels) if label is not None),
        )
        for sample in part.samples
        if (sample.label is None or label_of[sample.label] is not None)
        and all(label_of[one] is not None for one in sample.box_labels)
    )
    problems = list(part.problems)
    if unknown:
        problems.append(f"{some(unknown)} in the validation part is in no training picture and is left out")
    notes = [*dataset.notes, *(note for note in part.notes if note not in dataset.notes)]
    notes.append(f"{len(samples):,} pictures of the data's own validation part are kept aside, and no others")
    return replace(
        dataset,
        validation=samples,
        problems=(*dataset.problems, *problems),
        notes=tuple(notes),
        left_out=(*dataset.left_out, *part.left_out),
    )
