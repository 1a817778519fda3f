"""A data set in another form: its splits with one list of classes, and what has no place there."""

import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from smallimg.data.dataset import WHOLE, Dataset, share_classes, split_train_validation
from smallimg.data.formats import HOLDS, OWN_LIMITS, WITHOUT_SPLITS, WRITE, list_splits, read_dataset
from smallimg.data.formats.class_folders import write_crops
from smallimg.data.formats.places import Report
from smallimg.data.kept import name_of_data
from smallimg.errors import DataError


def read_splits(root: Path, splits: Sequence[str]) -> tuple[list[Dataset], list[str]]:
    """These splits of the data set in a folder, and a sentence for each that cannot be read.

    Raises:
        DataError: when the only one cannot be read, or none of several.
    """
    datasets, faults = [], []
    for name in splits:
        try:
            datasets.append(read_dataset(root, split=name, **OWN_LIMITS))
        except DataError as error:
            if len(splits) == 1:
                raise
            faults.append(str(error))
    if not datasets:
        raise DataError("\n".join([f"{name_of_data(root)} has no part that can be written:", *faults]))
    return datasets, faults


def write_split(dataset: Dataset, out: Path, *, to: str, crops: bool = False, report: Report | None = None) -> int:
    """Write a split in a form of `smallimg.data.formats.WRITE`; how many pictures were written.

    Args:
        crops: for folders named by class, a picture of each box in place of the whole pictures.

    Raises:
        DataError: when the data lacks what the form is about, or something is there already.
    """
    if crops:
        return write_crops(dataset, out, report=report)
    WRITE[to](dataset, out, report=report)
    return len(dataset.samples)


def without_place(datasets: Sequence[Dataset], *, to: str, crops: bool = False) -> list[str]:
    """What these data sets know and the form cannot hold: some of boxes, classes and masks."""
    samples = [sample for dataset in datasets for sample in dataset.samples]
    known = {
        "boxes": any(len(sample.boxes) for sample in samples),
        "classes": any(sample.label is not None or sample.box_labels for sample in samples),
        "masks": any(sample.mask is not None for sample in samples),
    }
    held = {*HOLDS[to], "boxes"} if crops else HOLDS[to]
    return [what for what, there in known.items() if there and what not in held]


def as_trained(datasets: Sequence[Dataset], *, seed: int = 42) -> list[Dataset]:
    """The splits as training uses them: what it keeps aside where the data has no such part becomes a part of its own.

    Data that cannot be split stays as it is: a class of a single picture, say.
    """
    parts = []
    for dataset in datasets:
        if dataset.split not in ("train", WHOLE) or dataset.validation:
            parts.append(dataset)
            continue
        try:
            learned, aside = split_train_validation(dataset, seed=seed)
        except DataError:
            parts.append(dataset)
            continue
        parts += [replace(learned, split="train"), replace(aside, split="validation")]
    return parts


def export_data(
    root: Path, archive: Path, *, to: str, report: Report | None = None
) -> tuple[dict[str, int], list[str]]:
    """Write a data set with all its splits, as training uses them, to a zip in a form.

    Args:
        root: the data set's folder.
        archive: the zip to be written; what is there is written over.
        to: a form of `smallimg.data.formats.WRITE`; one without splits holds the training part only.
        report: called with (pictures written, of how many in all).

    Returns:
        Split → how many pictures are in it, and what has no place in the form.

    Raises:
        DataError: as `read_splits` and `write_split`.
        OSError: when there is no room.
    """
    splits = list_splits(root)
    datasets, _ = read_splits(root, splits[:1] if to in WITHOUT_SPLITS else splits)
    if to not in WITHOUT_SPLITS:
        datasets = as_trained(datasets)
    datasets = share_classes(datasets)
    of, done = sum(len(dataset.samples) for dataset in datasets), 0
    archive.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=archive.parent) as folder:
        out, counts = Path(folder) / "data", dict[str, int]()
        for dataset in datasets:
            counts[dataset.split] = write_split(dataset, out, to=to)
            done += len(dataset.samples)
            if report is not None:
                report(done, of)
        # Pictures do not get smaller by packing.
        with zipfile.ZipFile(Path(folder) / "data.zip", "w", zipfile.ZIP_STORED) as file:
            for path in sorted(path for path in out.rglob("*") if path.is_file()):
                file.write(path, path.relative_to(out).as_posix())
        shutil.move(Path(folder) / "data.zip", archive)
    return counts, without_place(datasets, to=to)
