"""Folders named by class: `<split>/<class>/*.jpg`, or `<class>/*.jpg` where there are no splits.

`classes.txt` beside them says in which order the classes are, and may be left out.
"""

import re
import unicodedata
from pathlib import Path

from smallimg.boxes import as_boxes
from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.formats.classes import declared_classes, missing_classes, some, write_classes
from smallimg.data.formats.finding import counted
from smallimg.data.formats.names import Layout, loose_pictures, meaning, passed_over, same, sort_out
from smallimg.data.formats.places import Report, copy_all, places, refuse_taken, require
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import list_images, read_size
from smallimg.pictures.litter import is_litter

#: Names of masks that are as often a class: with and without a mask on the face.
MAY_BE_A_CLASS = frozenset({"mask"})
#: What this form can hold.
HOLDS = frozenset({"classes"})


def read(root: Path, base: Path, split: str, layout: Layout | None = None) -> Dataset:
    """The pictures in the folders of `base`, each folder a class.

    Args:
        root: the data set, where `classes.txt` may lie.
        base: the folder of its part; `root` where it has none.
        split: which part that is.
        layout: what the folders in `base` are, where that is known already.
    """
    layout = layout or sort_out(base, in_split=base != root)
    folders, notes = layout.classes, []
    if lone := [folder.name for folder in layout.alone if folder.name.casefold() in MAY_BE_A_CLASS]:
        folders = sorted([*folders, *(folder for folder in layout.alone if folder.name in lone)])
        notes.append(f"{some(lone)}/ is taken for a class, because no folder of pictures or masks answers it")
    if others := [f"{folder.name}/" for folder in layout.alone if folder.name not in lone]:
        raise DataError(
            f"{base} has {some(others)} beside {some([f'{folder.name}/' for folder in folders])}: whether that is a "
            "class, or the pictures or masks of all, cannot be told: rename it, or take it out."
        )
    # Spellings of one name, in case, blanks or accents, are one class.
    declared = declared_classes(root)
    names = {same(name): name for name in declared or ()}
    spelt: dict[str, set[str]] = {}
    for folder in folders:
        if declared is None:
            names.setdefault(same(folder.name), unicodedata.normalize("NFC", folder.name))
        spelt.setdefault(same(folder.name), set()).add(folder.name)
    class_names = declared or tuple(names.values())
    notes += [f"{some(sorted(each))} are taken for one class, {names[key]}" for key, each in spelt.items()
              if len(each) > 1 and key in names]  # fmt: skip
    problems, samples, left_out = [], [], []
    for folder in folders:
        if same(folder.name) not in names:
            problems.append(f"{folder.name}/ is none of the classes named: {some(class_names)}")
            continue
        label = class_names.index(names[same(folder.name)])
        for path in list_images(folder):
            try:
                read_size(path)
            except ImageError as error:
                problems.append(f"{folder.name}/: {error}")
                left_out.append(Sample(path, as_boxes([]), None, None))
                continue
            samples.append(Sample(path, as_boxes([]), label, None))
    problems += missing_classes(class_names, samples)
    notes += [f"{folder.name}/ has no picture and is left out" for folder in layout.empty]
    if loose := loose_pictures(base):
        problems.append(
            f"{counted(len(loose), 'picture')} left out, in no class's folder ({some([path.name for path in loose])})"
        )
    notes += passed_over(base)
    return Dataset(
        root, split, class_names, tuple(samples), tuple(problems), class_names,
        notes=tuple(notes), left_out=tuple(left_out),
    )  # fmt: skip


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
    """Whether a folder of this name would be found again as a class."""
    meant = meaning(name)
    return not (
        is_litter(name) or (meant.is_sure and meant.kind) or (meant.kind == "masks" and name.endswith("_masks"))
    )
