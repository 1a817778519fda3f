"""What somebody, or one's own networks, said of a set's pictures after it was brought: boxes, classes and masks.

They stand in a hidden file of the set, a picture a line, and are read in place of what the data says wherever the set
is read: training, evaluating and writing it in another form have them without knowing. The data's own files stay as
they came. A picture goes by where it lies below the set's top, `train/cats/7.jpg`.
"""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from smallimg.boxes import Boxes, as_boxes
from smallimg.data.changing import changing
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.problems import About
from smallimg.data.wording import counted
from smallimg.errors import DataError, OwnerError
from smallimg.files import read_json, write_text
from smallimg.visitors.room import room_for

CORRECTIONS, MASKS = ".corrections.json", ".corrected-masks"
_LOCK = ".corrections.lock"


@dataclass(frozen=True, eq=False)
class Correction:
    """What is said of a picture.

    Attributes:
        boxes: its objects, float32 [n, 4], xyxy in pixels of the picture as opened; None: as the data says.
        names: the class of each box; None in it, or no names at all: the picture's class.
        class_name: the picture's class; None: as the data says.
        mask: the file of its mask in `MASKS`; None: as the data says.
        sure: how sure whoever said it was, 0 … 1.
        checked: whether somebody has looked at it and agreed.
        by: what said it first, such as "background"; a person where it is empty.
    """

    boxes: Boxes | None = None
    names: tuple[str | None, ...] = ()
    class_name: str | None = None
    mask: str | None = None
    sure: float = 1.0
    checked: bool = True
    by: str = ""

    def __post_init__(self) -> None:
        if self.names and (self.boxes is None or len(self.names) != len(self.boxes)):
            raise ValueError(f"{len(self.names)} classes for {0 if self.boxes is None else len(self.boxes)} boxes")
        if not 0 <= self.sure <= 1:
            raise ValueError(f"sureness lies in 0 … 1, got {self.sure}")


#: Of pictures of which nothing was said.
NOTHING = Correction(checked=False)


def read_corrections(root: Path) -> dict[str, Correction]:
    """Picture → what is said of it; entries that cannot be understood are passed over, see `with_corrections`."""
    return {picture: one for picture, one in _entries(root).items() if one is not None}


def corrected_at(root: Path) -> float:
    """When something was last said, in seconds since 1970; 0 where nothing was."""
    try:
        return (root / CORRECTIONS).stat().st_mtime
    except OSError:
        return 0.0


def correct(root: Path, said: Mapping[str, Correction | None], *, keep_checked: bool = False) -> None:
    """Say these of the set's pictures from now on, in place of what was said of the same before; None: nothing more.

    Args:
        root: the set's top.
        said: picture → what is said of it.
        keep_checked: whether what somebody has agreed to meanwhile stays.

    Raises:
        DataError: when it cannot be written.
    """

    def say(entries: Mapping[str, Correction | None]) -> dict[str, Correction | None]:
        stay = {picture for picture, one in entries.items() if keep_checked and one is not None and one.checked}
        return {**entries, **{picture: one for picture, one in said.items() if picture not in stay}}

    if said:
        _change(root, say)


def follow(root: Path, moved: Mapping[str, str], *, renamed: Mapping[str, str] | None = None) -> None:
    """Go along with pictures that lie elsewhere now (where → where now), and with classes that are called otherwise.

    Raises:
        DataError: when it cannot be written.
    """
    if not (root / CORRECTIONS).exists():
        return
    other = renamed or {}

    def now(name: str | None) -> str | None:
        return other.get(name, name) if name else name

    def go_along(entries: Mapping[str, Correction | None]) -> dict[str, Correction | None]:
        return {
            moved.get(picture, picture): replace(one, names=tuple(map(now, one.names)), class_name=now(one.class_name))
            for picture, one in entries.items()
            if one is not None
        }

    _change(root, go_along)


def keep_mask(root: Path, mask: Image.Image) -> str:
    """Keep a mask for a correction that will name it; its file's name in `MASKS`.

    Args:
        root: the set's folder.
        mask: mode L, of the picture's size, white on the object.

    Raises:
        DataError: when it cannot be written.
        OwnerError: when a visitor has no room left.
    """
    name = f"{uuid.uuid4().hex}.png"
    encoded = BytesIO()
    mask.save(encoded, "PNG")
    content = encoded.getvalue()
    if len(content) > room_for(len(content)):
        raise OwnerError("There is no room left for this mask: delete some of your things first.")
    try:
        (root / MASKS).mkdir(exist_ok=True)
        (root / MASKS / name).write_bytes(content)
    except OSError as error:
        raise DataError(f"No mask can be kept in “{root.name}” ({error.strerror}): make room there.") from error
    return name


def with_corrections(dataset: Dataset, *, only_agreed: bool = False) -> Dataset:
    """The data set as its corrections say; how many these are is told in `notes`.

    A class that only they name comes behind the others. What was left out because of what the data said of it is used
    again where they say better.

    Args:
        dataset: as the data says.
        only_agreed: whether boxes that were proposed, and that nobody has agreed to yet, count for nothing.
    """
    entries = _entries(dataset.root)
    if only_agreed:
        entries = {picture: one for picture, said in entries.items() if (one := _said_by_people(said)) is not NOTHING}
    if not entries:
        return dataset
    class_names, class_ids = list(dataset.class_names), list(dataset.class_ids)
    done: set[Path] = set()

    def label(name: str) -> int:
        if name not in class_names:
            class_names.append(name)
            class_ids.append(name)
        return class_names.index(name)

    def corrected(sample: Sample) -> Sample:
        said = entries.get(_below(sample.path, dataset.root))
        if said is None:
            return sample
        done.add(sample.path)
        return _corrected(sample, said, dataset.root, label)

    samples = tuple(map(corrected, dataset.samples))
    validation = tuple(map(corrected, dataset.validation))
    unreadable = {one.picture for one in dataset.problems if isinstance(one, About) and one.is_unreadable}
    left_out, again = list[Sample](), list[Sample]()
    for sample in dataset.left_out:
        better = sample if sample.path in unreadable else corrected(sample)
        (left_out if better is sample else again).append(better)
    damaged = sum(one is None for one in entries.values())
    problems = [one for one in dataset.problems if not (isinstance(one, About) and one.picture in done)]
    if damaged:
        problems.append(f"{counted(damaged, 'line')} of {CORRECTIONS} cannot be understood: what they put right is not")
    notes = [*dataset.notes]
    if done:
        notes.append(f"{counted(len(done), 'picture')} as put right in the page, not as the data says")
    return replace(
        dataset,
        class_names=tuple(class_names),
        class_ids=tuple(class_ids),
        samples=(*samples, *again),
        validation=validation,
        left_out=tuple(left_out),
        problems=tuple(problems),
        notes=tuple(notes),
    )


def _said_by_people(said: Correction | None) -> Correction | None:
    """Without the boxes that were only proposed; `NOTHING` where there is nothing else, None stays."""
    if said is None or said.checked:
        return said
    return replace(said, boxes=None, names=()) if said.class_name or said.mask else NOTHING


def _corrected(sample: Sample, said: Correction, root: Path, label: Callable[[str], int]) -> Sample:
    boxes = sample.boxes if said.boxes is None else said.boxes
    own = sample.label if said.class_name is None else label(said.class_name)
    if said.boxes is None:
        labels = sample.box_labels if said.class_name is None else ()
    else:
        unknown = -1 if own is None else own
        labels = tuple(unknown if name is None else label(name) for name in said.names)
    if labels and len(set(labels)) == 1:  # boxes of one class are written as the picture's
        own, labels = (None if labels[0] < 0 else labels[0]), ()
    return replace(
        sample,
        boxes=boxes,
        label=None if labels else own,
        box_labels=labels,
        mask=sample.mask if said.mask is None else root / MASKS / said.mask,
        is_negative=sample.is_negative and not len(boxes) and own is None,
    )


def _change(root: Path, change: Callable[[Mapping[str, Correction | None]], Mapping[str, Correction | None]]) -> None:
    with changing(root, lock=_LOCK):
        before = _entries(root)
        after = {picture: one for picture, one in change(before).items() if one is not None}
        lines = ",\n".join(
            f"{json.dumps(picture, ensure_ascii=False)}: {json.dumps(_written(one), ensure_ascii=False)}"
            for picture, one in after.items()
        )
        write_text(root / CORRECTIONS, f"{{\n{lines}\n}}\n")
        for mask in _masks(before.values()) - _masks(after.values()):
            (root / MASKS / mask).unlink(missing_ok=True)


def _masks(said: Iterable[Correction | None]) -> set[str]:
    return {one.mask for one in said if one is not None and one.mask}


def _entries(root: Path) -> dict[str, Correction | None]:
    """All that is said; None for what cannot be understood."""
    return {picture: _read(entry, root) for picture, entry in read_json(root / CORRECTIONS).items()}


def _read(entry: Any, root: Path) -> Correction | None:
    try:
        boxes, mask, class_name = entry.get("boxes"), entry.get("mask"), entry.get("class")
        if not all(text is None or isinstance(text, str) for text in (mask, class_name, *entry.get("names", ()))):
            return None
        return Correction(
            boxes=None if boxes is None else as_boxes(boxes),
            names=tuple(entry.get("names", ())),
            class_name=class_name,
            mask=mask if mask and "/" not in mask and (root / MASKS / mask).is_file() else None,
            sure=float(entry.get("sure", 1)),
            checked=entry.get("checked", True) is True,
            by=str(entry.get("by", "")),
        )
    except (AttributeError, TypeError, ValueError):
        return None


def _written(said: Correction) -> dict[str, Any]:
    boxes = None if said.boxes is None else [[round(value, 2) for value in row] for row in said.boxes.tolist()]
    written = {"boxes": boxes, "names": list(said.names), "class": said.class_name, "mask": said.mask, "by": said.by}
    return {
        **{name: value for name, value in written.items() if value is not None and value not in ([], "")},
        **({"boxes": []} if boxes == [] else {}),
        "sure": round(said.sure, 4),
        "checked": said.checked,
    }


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
