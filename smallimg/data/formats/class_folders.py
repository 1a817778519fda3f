"""Folders named by class: `<split>/<class>/*.jpg`, or `<class>/*.jpg` where there are no splits.

`classes.txt` beside them says in which order the classes are, and may be left out.
"""

import re
from pathlib import Path

from smallimg.boxes import as_boxes
from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.formats.classes import declared_classes, missing_classes, some, write_classes
from smallimg.data.formats.places import Report, copy_all, places, refuse_taken, require
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import IMAGE_SUFFIXES, list_images, read_size

#: What this form can hold.
HOLDS = frozenset({"classes"})
NEVER_A_CLASS = frozenset({"train", "test", "val", "validation", "images", "masks"})


def found_in(base: Path) -> list[Path]:
    """The folders in `base` that can be a class: those with pictures in them or below."""
    if not base.is_dir():
        return []
    return [
        folder
        for folder in sorted(base.iterdir())
        if folder.is_dir()
        and _can_be_a_class(folder.name)
        and any(path.suffix.lower() in IMAGE_SUFFIXES for path in folder.rglob("*"))
    ]


def read(root: Path, split: str) -> Dataset:
    """The pictures in `<split>/<class>/`; without such folders those in `<class>/`, as the split `WHOLE`."""
    folders = found_in(root / split)
    if not folders:
        split, folders = WHOLE, found_in(root)
    class_names = declared_classes(root) or tuple(folder.name for folder in folders)
    problems, samples = [], []
    for folder in folders:
        if folder.name not in class_names:
            problems.append(f"{folder.name}/ is none of the classes named: {some(class_names)}")
            continue
        for path in list_images(folder):
            try:
                read_size(path)
            except ImageError as error:
                problems.append(f"{folder.name}/: {error}")
                continue
            samples.append(Sample(path, as_boxes([]), class_names.index(folder.name), None))
    problems += missing_classes(class_names, samples)
    return Dataset(root, split, class_names, tuple(samples), tuple(problems), class_names)


def write(dataset: Dataset, folder: Path, *, report: Report | None = None) -> None:
    """Write a data set in this form: its classes; boxes and masks have no place in it.

    Raises:
        DataError: when a picture has no class, a class's name cannot be a folder's, the split is there already, or the
            folder names other classes.
    """
    require(dataset.samples, lambda sample: sample.label is not None, what="class", form="a folder named by class")
    if unfit := [name for name in dataset.class_names if not _can_be_a_class(name) or re.search(r"[/\\\0]", name)]:
        raise DataError(f"{some(unfit)}: no name for a folder of pictures: rename the class first.")
    base = folder if dataset.split == WHOLE else folder / dataset.split
    refuse_taken(*([folder / name for name in dataset.class_names] if dataset.split == WHOLE else [base]))
    files: dict[Path, Path] = {}
    for label, name in enumerate(dataset.class_names):
        paths = [sample.path for sample in dataset.samples if sample.label == label]
        files |= {base / name / place: path for place, path in zip(places(paths), paths, strict=True)}
    write_classes(dataset.class_names, folder)
    copy_all(files, report=report)


def _can_be_a_class(name: str) -> bool:
    return name not in NEVER_A_CLASS and not name.startswith(".") and not name.endswith("_masks")
