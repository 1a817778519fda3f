"""All pictures of a set with what is known of them now, to be looked through and put right."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from smallimg.boxes import Boxes, as_boxes
from smallimg.data.by_class import NEW, can_be_changed, is_built, read_classes, read_new, set_built
from smallimg.data.converting import read_splits
from smallimg.data.corrections import NOTHING, Correction, read_corrections
from smallimg.data.dataset import WHOLE, Dataset, Sample, place_below, share_classes
from smallimg.data.formats import OWN_LIMITS, list_splits, open_folder
from smallimg.data.formats.names import split_word
from smallimg.data.kept import KeptData
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import IMAGE_SUFFIXES, read_size


@dataclass(frozen=True, eq=False)
class Entry:
    """A picture of a sheet.

    Attributes:
        picture: where it lies below the set's top; it goes by that.
        size_wh: its size as opened, in pixels; None where it does not open.
        boxes: its objects, float32 [n, 4], xyxy in pixels.
        names: the class of each box; None: the picture's, or not known.
        class_name: the picture's class; None where it is not known, or its boxes have several.
        sure: how sure whoever said this was, 0 … 1; 1 where the data says it.
        checked: whether somebody has looked at it and agreed.
        by: what has said it; empty where a person or the data has.
        is_new: whether it waits for its class, see `smallimg.data.by_class.NEW`.
        split: the part of the set that it belongs to, "train", "validation", "test" or another; empty without parts.
        mask: where the data's own mask of it lies below the top; empty without one, and where it was mended or drawn
            from outlines.
    """

    picture: str
    size_wh: tuple[int, int] | None
    boxes: Boxes
    names: tuple[str | None, ...]
    class_name: str | None
    sure: float
    checked: bool
    by: str
    is_new: bool = False
    split: str = ""
    mask: str = ""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A set's pictures.

    Attributes:
        root: its top.
        class_names: its classes, for people.
        entries: one for each picture of each of its parts, and each that waits for its class.
        is_built: whether it grows class by class, see `smallimg.data.by_class`: a picture's class is its folder then.
        unread: the parts that nothing can be read of, such as a test part without labels.
    """

    root: Path
    class_names: tuple[str, ...]
    entries: tuple[Entry, ...]
    is_built: bool
    unread: tuple[str, ...] = ()


def read_sheet(data: KeptData) -> Sheet:
    """The pictures of a set, with those of its validation and test part where it has them.

    Raises:
        DataError: when nothing in it can be used.
    """
    if is_built(data):
        return _read_built(data.path)
    root = top_of(data)
    splits = list_splits(root)
    datasets = share_classes(read_splits(root, splits)[0])
    if splits == (WHOLE,) and can_be_changed(data, datasets[0]):
        set_built(data)
        return _read_built(data.path)
    said = read_corrections(root)
    entries: dict[Path, Entry] = {}
    for dataset in datasets:
        for sample in dataset.samples:  # a picture of two parts has its place in the first
            entries.setdefault(sample.path, _entry(sample, dataset, said))
    unread = {*splits} - {dataset.split for dataset in datasets}
    return Sheet(
        root, datasets[0].class_names, tuple(entries.values()), is_built=False, unread=tuple(map(split_word, unread))
    )


def new_entry(root: Path, picture: str) -> Entry:
    """The entry of a picture that waits for its class."""
    return _built_entry(root, picture, read_corrections(root), None)


def top_of(data: KeptData) -> Path:
    """The top of a set, below which its pictures have their names."""
    return open_folder(data.path, **OWN_LIMITS)


def picture_in(root: Path, picture: str) -> Path:
    """A picture of a set; its name comes from a page, so it may lead nowhere else.

    Raises:
        DataError: when it is not there.
    """
    parts = PurePosixPath(picture).parts
    hidden = [part for part in parts if part.startswith(".")]
    path = root / picture
    fits = (
        bool(parts)
        and not path.is_symlink()
        and not PurePosixPath(picture).is_absolute()
        and (not hidden or (hidden == [NEW] and parts[0] == NEW))
        and path.suffix.lower() in IMAGE_SUFFIXES
        and "\0" not in picture
    )
    if not fits or not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
        raise DataError(f"The picture “{picture[:80]}” is not in this set any more: reload the page.")
    return path


def _read_built(root: Path) -> Sheet:
    said = read_corrections(root)
    classes = read_classes(root)
    named = [(f"{one.name}/{file}", one.name) for one in classes for file in one.files]
    entries = [_built_entry(root, picture, said, name) for picture, name in named]
    entries += [_built_entry(root, picture, said, None) for picture in read_new(root)]
    return Sheet(root, tuple(one.name for one in classes), tuple(entries), is_built=True)


def _built_entry(root: Path, picture: str, said: Mapping[str, Correction], name: str | None) -> Entry:
    one = said.get(picture, NOTHING)
    boxes = as_boxes([]) if one.boxes is None else one.boxes
    own = name or one.class_name
    return Entry(
        picture, _size(root / picture), boxes, _names(one.names, own, len(boxes)), own, one.sure, one.checked, one.by,
        is_new=name is None,
    )  # fmt: skip


def _entry(sample: Sample, dataset: Dataset, said: Mapping[str, Correction]) -> Entry:
    def name(label: int | None) -> str | None:
        return None if label is None or label < 0 else dataset.class_names[label]

    picture = place_below(sample.path, dataset.root)
    one = said.get(picture, NOTHING)
    own, split = name(sample.label), "" if dataset.split == WHOLE else split_word(dataset.split)
    boxes, names = sample.boxes, tuple(map(name, sample.box_labels))
    if split == "test" and not one.checked and one.boxes is not None:
        boxes, names = one.boxes, one.names  # it counts for nothing yet, and is shown to be agreed to
    mask = sample.mask if sample.mask and one.mask is None and sample.mask.is_relative_to(dataset.root) else None
    return Entry(
        picture, _size(sample.path), boxes, _names(names, own, len(boxes)), own, one.sure, one.checked, one.by,
        split=split, mask=place_below(mask, dataset.root) if mask else "",
    )  # fmt: skip


def _names(names: Iterable[str | None], own: str | None, count: int) -> tuple[str | None, ...]:
    """A class for each box, None for the picture's own."""
    return tuple(None if name == own else name for name in names) or (None,) * count


def _size(path: Path) -> tuple[int, int] | None:
    try:
        return read_size(path)
    except ImageError:
        return None
