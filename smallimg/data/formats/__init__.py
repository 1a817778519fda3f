"""Read a data set from disk, in any of the forms that are known, and check all of it; and write it in one of them.

A form is a file here, and a zip of any of them is understood too. Ours are a table of boxes (`table`), folders named by
class (`class_folders`), and pictures with masks (`masks`); the others are what labelling tools write.
"""

from collections.abc import Callable
from pathlib import Path

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
from smallimg.data.formats.splits import SPELLINGS
from smallimg.errors import DataError
from smallimg.pictures.archives import extract_zip
from smallimg.pictures.images import IMAGE_SUFFIXES

TEXT_SUFFIXES = frozenset({".csv", ".json", ".txt", ".xml", ".yaml", ".yml"})
#: For a zip from one's own disk, which may be larger than one that somebody sends to the page.
OWN_LIMITS = {"max_files": 200_000, "max_bytes": 10_000_000_000}
#: What tools write, in the order in which they are looked for: the surest signs first.
TOOLS = (coco, create_ml, label_studio, tensorflow_csv, voc, yolo)
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
    path: str | Path, *, split: str = "train", max_files: int = 2_000, max_bytes: int = 200_000_000
) -> Dataset:
    """Read one split of a data set in any of the forms, from a folder or a zip.

    All of it is checked by the pictures' headers; what is wrong is left out and named in `problems`. Data without
    splits is read whole, whichever split is asked for.

    Args:
        path: a folder, or a zip, which is unpacked to a folder that lives as long as the process.
        split: which part to read, such as "train" or "test".
        max_files: most files a zip may hold.
        max_bytes: most bytes a zip may unpack to.

    Raises:
        DataError: when the data has none of the forms, or nothing in it is usable; with the report.
    """
    source = Path(path)
    dataset = _read_form(open_folder(source, max_files=max_files, max_bytes=max_bytes), split, source)
    if not dataset.samples:
        raise DataError(f"{source} holds nothing usable for {split!r}. " + report_text(dataset.problems))
    return dataset


def open_folder(source: Path, *, max_files: int, max_bytes: int) -> Path:
    """The folder that a data set is in; a zip is unpacked, as `read_dataset` says, and may have it one below its top.

    Raises:
        DataError: when there is none.
    """
    root = source
    if source.is_file():
        suffixes = IMAGE_SUFFIXES | TEXT_SUFFIXES
        root = extract_zip(source, suffixes=suffixes, max_files=max_files, max_bytes=max_bytes)
    if not root.is_dir():
        raise DataError(f"There is no data set at {source}: check the path.")
    return _skip_top_folder(root)


def list_splits(root: Path) -> tuple[str, ...]:
    """The splits of the data set in a folder, by the names that `read_dataset` takes; "all" where it has none."""
    known = [spelling for spellings in SPELLINGS.values() for spelling in spellings]
    tables = [split for split in known if table.rows_file(root, split).is_file()]
    labels = next((found for form in TOOLS if (found := form.splits(root))), None)
    others = [*labels] if labels else [split for split in known if class_folders.found_in(root / split)]
    # A table comes first, as in reading; what has no splits is no part beside it.
    return tuple(dict.fromkeys([*tables, *(one for one in others if not (tables and one == WHOLE))])) or (WHOLE,)


def _skip_top_folder(root: Path) -> Path:
    """The folder inside, when a zip holds nothing else at its top."""
    entries = [entry for entry in root.iterdir() if not entry.name.startswith(".")]
    if len(entries) == 1 and entries[0].is_dir() and entries[0].name not in class_folders.NEVER_A_CLASS:
        inside = list(entries[0].iterdir())
        if any(entry.is_dir() or entry.suffix in TEXT_SUFFIXES - {".txt"} for entry in inside):
            return entries[0]
    return root


def _read_form(root: Path, split: str, source: Path) -> Dataset:
    if table.rows_file(root, split).is_file():
        return table.read(root, split)
    for form in TOOLS:
        if form.splits(root):
            try:
                dataset: Dataset = form.read(root, split)
            except DataError as error:
                raise DataError(str(error).replace(str(root), str(source))) from error
            return dataset
    if class_folders.found_in(root / split):
        return class_folders.read(root, split)
    if (root / "images").is_dir() and (root / "masks").is_dir():
        return masks.read(root)
    if not (root / split).exists() and class_folders.found_in(root):
        return class_folders.read(root, split)
    found = sorted(entry.name + "/" * entry.is_dir() for entry in root.iterdir() if not entry.name.startswith("."))
    raise DataError(
        f"{source} has no data smallimg knows for {split!r}. Expected {split}.csv beside {split}/ or images/, "
        f"or {split}/<class>/ or <class>/ with pictures, or images/ beside masks/, "
        "or what COCO, YOLO, Pascal VOC, Roboflow, Label Studio or Create ML write; "
        f"found {', '.join(found[:8]) or 'an empty folder'}{' …' if len(found) > 8 else ''}."
    )
