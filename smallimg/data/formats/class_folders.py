"""Folders named by class: `<split>/<class>/*.jpg`, or `<class>/*.jpg` where there are no splits.

`classes.txt` beside them says in which order the classes are, and may be left out.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from smallimg.boxes import as_boxes
from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.formats.classes import declared_classes, missing_classes, write_classes
from smallimg.data.formats.names import Layout, loose_pictures, meaning, passed_over, same, sort_out
from smallimg.data.formats.places import Report, copy_all, places, refuse_taken, require
from smallimg.data.kept import name_of_data
from smallimg.data.problems import About
from smallimg.data.wording import counted, some, were
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import list_images, open_local, read_size
from smallimg.pictures.litter import is_litter

#: Names of masks that are as often a class: with and without a mask on the face.
MAY_BE_A_CLASS = frozenset({"mask"})
#: What this form can hold.
HOLDS = frozenset({"classes"})
CROP_QUALITY = 95


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
            f"{name_of_data(base)} has {some(others)} beside {some([f'{folder.name}/' for folder in folders])}: "
            "whether that is a class, or the pictures or masks of all, cannot be told: rename it, or take it out."
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
    problems: list[str] = []
    label_of = {name: label for label, name in reversed(list(enumerate(class_names)))}
    samples, left_out = [], []
    for folder in folders:
        if same(folder.name) not in names:
            problems.append(f"{folder.name}/ is none of the classes named: {some(class_names)}")
            continue
        label = label_of[names[same(folder.name)]]
        for path in list_images(folder):
            try:
                read_size(path)
            except ImageError as error:
                problems.append(About(f"{folder.name}/: {error}", path, is_unreadable=True))
                left_out.append(Sample(path, as_boxes([]), None, None))
                continue
            samples.append(Sample(path, as_boxes([]), label, None))
    problems += missing_classes(class_names, samples)
    notes += [f"{folder.name}/ has no picture and is left out" for folder in layout.empty]
    if loose := loose_pictures(base):
        problems.append(
            f"{were(len(loose), 'picture')} left out, in no class's folder ({some([path.name for path in loose])})"
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
    several = [sample.path.name for sample in dataset.samples if sample.box_labels]
    if several:
        raise DataError(
            f"{counted(len(several), 'picture')} of {len(dataset.samples):,} show things of several classes "
            f"({some(several)}), and no folder can hold them: --crops writes a picture of each box instead."
        )
    require(dataset.samples, lambda sample: sample.label is not None, what="class", form="a folder named by class")
    _refuse_names(dataset.class_names)
    base = _base(dataset, folder)
    files: dict[Path, Path] = {}
    for label, name in enumerate(dataset.class_names):
        paths = [sample.path for sample in dataset.samples if sample.label == label]
        files |= {base / name / place: path for place, path in zip(places(paths), paths, strict=True)}
    write_classes(dataset.class_names, folder)
    copy_all(files, report=report)


def write_crops(dataset: Dataset, folder: Path, *, report: Report | None = None) -> int:
    """Write a picture of each box in this form, cut out upright in whole pixels; of a picture without boxes the whole.

    A JPEG's crops are JPEGs of high quality, those of others PNGs. What has no class is left out.

    Returns:
        How many pictures were written.

    Raises:
        DataError: as `write`, or when nothing has a class.
        ImageError: when a picture does not open.
    """
    _refuse_names(dataset.class_names)
    base = _base(dataset, folder)
    crops = [
        (sample, place, labelled)
        for sample, place in zip(dataset.samples, places([one.path for one in dataset.samples]), strict=True)
        if (labelled := _labelled(sample))
    ]
    if not crops:
        raise DataError(f"{dataset.origin}: nothing in it has a class, and a folder named by class must have one.")
    write_classes(dataset.class_names, folder)
    written = 0
    for done, (sample, place, labelled) in enumerate(crops, start=1):
        picture = open_local(sample.path)
        is_jpeg = sample.path.suffix.lower() in (".jpg", ".jpeg", ".jpe", ".jfif") and picture.mode == "RGB"
        for number, (box, label) in enumerate(labelled, start=1):
            stem = place.with_name(f"{place.stem}_{'whole' if box is None else number}")
            target = base / dataset.class_names[label] / f"{stem.as_posix()}{'.jpg' if is_jpeg else '.png'}"
            target.parent.mkdir(parents=True, exist_ok=True)
            crop = picture if box is None else picture.crop(box)
            crop.save(target, quality=CROP_QUALITY)
            written += 1
        if report is not None:
            report(done, len(crops))
    return written


def _labelled(sample: Sample) -> list[tuple[tuple[int, int, int, int] | None, int]]:
    """Each box in whole pixels with its class; None for the whole of a picture without boxes."""
    if not len(sample.boxes):
        return [] if sample.label is None else [(None, sample.label)]
    labels = sample.box_labels or (sample.label,) * len(sample.boxes)
    return [
        ((math.floor(x1), math.floor(y1), math.ceil(x2), math.ceil(y2)), label)
        for (x1, y1, x2, y2), label in zip(sample.boxes.tolist(), labels, strict=True)
        if label is not None and label >= 0
    ]


def _refuse_names(class_names: Sequence[str]) -> None:
    """Refuse classes that no folder can be called.

    Raises:
        DataError: when there is one.
    """
    if unfit := [name for name in class_names if not can_be_a_class(name) or re.search(r"[/\\\0]", name)]:
        raise DataError(f"{some(unfit)}: no name for a folder of pictures: rename the class first.")


def _base(dataset: Dataset, folder: Path) -> Path:
    """Where the folders of the classes go.

    Raises:
        DataError: when something is there.
    """
    base = folder if dataset.split == WHOLE else folder / dataset.split
    refuse_taken(*([folder / name for name in dataset.class_names] if dataset.split == WHOLE else [base]))
    return base


def can_be_a_class(name: str) -> bool:
    """Whether a folder of this name would be found again as a class."""
    meant = meaning(name)
    return not (
        is_litter(name) or (meant.is_sure and meant.kind) or (meant.kind == "masks" and name.endswith("_masks"))
    )
