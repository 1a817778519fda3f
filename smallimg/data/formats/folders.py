"""Data that says what it is by its folders' names: parts, classes, pictures with masks, or pictures alone."""

from dataclasses import replace
from pathlib import Path

from smallimg.boxes import as_boxes
from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.formats import class_folders, masks
from smallimg.data.formats.names import (
    SPLITS,
    Layout,
    enter,
    has_pictures,
    loose_pictures,
    sort_out,
    split_folder,
    split_word,
    visible,
)
from smallimg.data.kept import name_of_data
from smallimg.data.problems import About
from smallimg.data.wording import some
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import list_images, read_size


def read_folders(root: Path, split: str, source: Path, *, unlabelled: bool) -> Dataset:
    """One part of data without a table.

    Args:
        root: the data set.
        split: which part.
        source: what it was read from, for messages.
        unlabelled: whether pictures of which nothing is known will do.

    Raises:
        DataError: when the folders have no form, or can be taken in two ways.
    """
    layout = sort_out(root)
    wanted = split_word(split)
    # The part's own name before others that mean it.
    folder = layout.splits.get(wanted) or (root / split if wanted not in SPLITS and (root / split).is_dir() else None)
    dataset = None
    if wanted in layout.pairs:
        dataset = masks.read(root, *layout.pairs[wanted], split)
    elif folder is not None:
        dataset = _read_part(root, enter(folder), split, layout, unlabelled=unlabelled)
    elif None in layout.pairs:
        dataset = _read_pair(root, *layout.pairs[None], split)
    elif not layout.splits and not layout.pairs:
        dataset = _read_whole(root, split, source, layout, unlabelled=unlabelled)
    if dataset is not None:
        return dataset
    found = sorted(entry.name + "/" * entry.is_dir() for entry in visible(root))
    raise DataError(
        f"{name_of_data(source)} has no data smallimg knows for {split!r}. Expected {split}.csv beside "
        f"{split}/ or images/, or {split}/<class>/ or <class>/ with pictures, or images/ beside masks/; "
        f"found {some(found) or 'an empty folder'}."
    )


def _read_part(root: Path, folder: Path, split: str, layout: Layout, *, unlabelled: bool) -> Dataset | None:
    """`<split>/` with classes, with pictures and masks, or with pictures alone."""
    inside = sort_out(folder, in_split=True)
    if None in inside.pairs:
        return masks.read(root, *inside.pairs[None], split)
    if inside.classes:
        dataset = class_folders.read(root, folder, split, inside)
        beside = [f"{one.name}/" for one in (*layout.classes, *layout.alone)]
        notes = [f"{some(beside)} beside {folder.name}/ passed over: no part of the data by its name"] if beside else []
        return replace(dataset, notes=(*dataset.notes, *notes))
    if layout.classes and loose_pictures(folder):
        raise DataError(
            f"{folder.name}/: this may be a part of the data or a class, like {layout.classes[0].name}/ beside it: put "
            "the folders of all classes into a folder train/, or give the class another name."
        )
    return read_bare(root, folder, split) if unlabelled else None


def _read_pair(root: Path, pictures: Path, mask_folder: Path, split: str) -> Dataset | None:
    """`images/` beside `masks/`, or the parts in both."""
    parts = [split_folder(one, split) for one in (pictures, mask_folder)]
    if parts[0] is not None and parts[1] is not None:
        return masks.read(root, parts[0], parts[1], split)
    return None if sort_out(pictures).splits else masks.read(root, pictures, mask_folder)


def _read_whole(root: Path, split: str, source: Path, layout: Layout, *, unlabelled: bool) -> Dataset | None:
    """Data without parts: `<class>/`, perhaps all of them in one folder of pictures; or pictures alone."""
    if layout.classes:
        return class_folders.read(root, root, WHOLE, layout)
    if len(layout.alone) == 1:
        inside = sort_out(layout.alone[0])
        if inside.splits or inside.classes:
            return read_folders(layout.alone[0], split, source, unlabelled=unlabelled)
    return read_bare(root, root, split) if unlabelled and has_pictures(root) else None


def bare_folder(root: Path, split: str) -> Path | None:
    """Where pictures of a part lie that no labels speak of: `test/`, `images/test/`, `test/images/`; None without."""
    found = next((one for base in (root / "images", root) if (one := split_folder(base, split))), None)
    if found is None or not has_pictures(found):
        return None
    inside = [entry for entry in visible(found) if entry.is_dir()]
    return inside[0] if len(inside) == 1 and inside[0].name == "images" else found


def read_bare(root: Path, folder: Path, split: str) -> Dataset:
    """Pictures of which nothing is known: there is something to predict, and nothing to learn or to measure."""
    samples, left_out = [], []
    problems: list[str] = []
    for path in list_images(folder):
        sample = Sample(path, as_boxes([]), None, None, name=path.relative_to(folder).as_posix())
        try:
            read_size(path)
        except ImageError as error:
            problems.append(About(str(error), path, is_unreadable=True))
            left_out.append(sample)
        else:
            samples.append(sample)
    notes = (f"nothing is known of the pictures in {folder.name}/: they can be predicted and not measured",)
    return Dataset(root, split, (), tuple(samples), tuple(problems), (), notes=notes, left_out=tuple(left_out))
