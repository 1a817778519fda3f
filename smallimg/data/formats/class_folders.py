"""Folders named by class: `<split>/<class>/*.jpg`, or `<class>/*.jpg` where there are no splits."""

from collections.abc import Sequence
from pathlib import Path

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats.classes import declared_classes, missing_classes, some
from smallimg.errors import ImageError
from smallimg.pictures.images import IMAGE_SUFFIXES, list_images, read_size

NEVER_A_CLASS = frozenset({"train", "test", "val", "validation", "images", "masks"})


def found_in(base: Path) -> list[Path]:
    """The folders in `base` that can be a class: those with pictures in them or below."""
    if not base.is_dir():
        return []
    return [
        folder
        for folder in sorted(base.iterdir())
        if folder.is_dir()
        and folder.name not in NEVER_A_CLASS
        and not folder.name.startswith(".")
        and not folder.name.endswith("_masks")
        and any(path.suffix.lower() in IMAGE_SUFFIXES for path in folder.rglob("*"))
    ]


def read(root: Path, split: str, folders: Sequence[Path]) -> Dataset:
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
