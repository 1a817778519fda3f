"""A set that grows class by class: a folder a class, put together and put right picture by picture.

It is a data set like the others (`smallimg.data.kept`), in the form `smallimg.data.formats.class_folders`, and is whole
after every step. What is taken out waits in a hidden folder, to be taken back, and is deleted an hour later. What came
with no class waits in another one, until somebody has said what it is; nothing is learned from either.
A picture goes by its class's folder and its file, `cup/0007.jpg`.
"""

import os
import re
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from smallimg.data.changing import changing
from smallimg.data.corrections import correct, corrected_at, follow, read_corrections
from smallimg.data.dataset import Dataset
from smallimg.data.formats import OWN_LIMITS, read_dataset
from smallimg.data.formats.class_folders import can_be_a_class
from smallimg.data.formats.names import Meaning, meaning, same, visible
from smallimg.data.kept import KeptData, add_to_description, data_folder, describe_data, find_data, read_description
from smallimg.data.moves import read_moves, remember_moves
from smallimg.data.thumbnails import sweep_thumbnails
from smallimg.errors import DataError, OwnerError, called
from smallimg.files import read_json, write_json
from smallimg.pictures.images import IMAGE_SUFFIXES, MAX_BYTES, open_image
from smallimg.visitors.owner import claim
from smallimg.visitors.room import largest_set, make_way, room_for

#: What a page may put into one set.
MOST_CLASSES, MOST_PICTURES, MOST_BYTES = 60, 5_000, 500_000_000
LONGEST_CLASS = 40
#: Where pictures wait that were taken out, and for how long, in seconds.
OUT, KEPT_OUT_S = ".out", 3600.0
#: Where pictures wait that have no class yet.
NEW = ".new"
#: Where the number of the last set stands, beside the sets.
_LAST = ".last.json"
#: What a folder's name cannot hold on some system.
_UNFIT = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')


@dataclass(frozen=True)
class ClassOfSet:
    """A class of a set: its name, and its pictures' files, in the order in which they came."""

    name: str
    files: tuple[str, ...]


def new_set(name: str) -> KeptData:
    """An empty set of that name, a number behind it where it is taken.

    Raises:
        DataError: when there is no place for it.
        OwnerError: when a visitor has no room left, or cannot be told from others.
    """
    base = data_folder()
    make_way(base)
    try:
        base.mkdir(parents=True, exist_ok=True)
        # The number of one that was deleted is not given again: what learned from that names its data by its folder.
        last = read_json(base / _LAST).get("classes")
        for number in count((last if isinstance(last, int) else 0) + 1):
            folder = base / f"classes-{number}"
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            write_json(base / _LAST, {"classes": number})
            break
    except OSError as error:
        raise DataError(f"No set can be kept in “{called(base)}” ({error.strerror}): make room there.") from error
    claim(folder)
    describe_data(folder, name=name)
    add_to_description(folder, built=True, classes=[])
    return find_data(folder.name)


def is_built(data: KeptData) -> bool:
    """Whether a set is known to have the form that is changed here."""
    return not data.path.is_symlink() and read_description(data.path).get("built") is True


def can_be_changed(data: KeptData, dataset: Dataset | None = None) -> bool:
    """Whether a set has the form that is changed here: pictures in a folder a class, and nothing else.

    Somebody's own folder that is linked among the sets is theirs to change.

    Args:
        data: the set.
        dataset: what was read of it, where that was done.
    """
    if is_built(data):
        return True
    if data.path.is_symlink():
        return False
    try:
        dataset = dataset or read_dataset(data.path, **OWN_LIMITS)
    except DataError:
        return False
    inside = {sample.path.parent.parent for sample in dataset.samples}
    described = (data.path / "classes.txt").exists()  # which would name classes that are renamed since
    return dataset.form == "folders" and inside == {data.path} and not described


def open_set(data_id: str) -> KeptData:
    """The set of that id, to be changed.

    Raises:
        DataError: when it is not there, or has another form.
    """
    data = find_data(data_id)
    if is_built(data):
        return data
    if not can_be_changed(data):
        raise DataError(
            f"“{data.name}” has boxes, parts or a table: only pictures in a folder for each class can be changed here."
        )
    set_built(data)
    return data


def set_built(data: KeptData) -> None:
    """Note that a set has this form, or all of it would be read again at every change."""
    with changing(data.path):
        add_to_description(data.path, built=True)


def clean_up(root: Path) -> None:
    """Delete for good what was taken out of a set an hour ago or earlier."""
    with changing(root):
        for file in _files(root / OUT):
            if time.time() - (root / OUT / file).stat().st_ctime > KEPT_OUT_S:  # when it came here
                (root / OUT / file).unlink(missing_ok=True)
        folders = [root / name for name in (*_names(root), OUT, NEW)]
        there = {f"{folder.name}/{file}" for folder in folders for file in _files(folder)}
        correct(root, {picture: None for picture in read_corrections(root) if picture not in there})
        sweep_thumbnails(root, [folder / file for folder in folders for file in _files(folder)])


def read_classes(root: Path) -> list[ClassOfSet]:
    """The classes of a set, in the order in which they were made; those that have no picture yet, too."""
    there = [entry.name for entry in visible(root) if entry.is_dir() and not entry.is_symlink()]
    said = read_description(root).get("classes")
    order = [name for name in said if name in there] if isinstance(said, list) else []
    return [ClassOfSet(name, _files(root / name)) for name in dict.fromkeys([*order, *there])]


def read_new(root: Path) -> tuple[str, ...]:
    """The pictures that have no class yet, in the order in which they came."""
    return tuple(f"{NEW}/{file}" for file in _files(root / NEW))


def last_change(root: Path) -> float:
    """When a picture or a class last came, went or was called otherwise, or a box moved, in seconds since 1970."""
    said = read_description(root).get("changed")
    return max(float(said) if isinstance(said, int | float) else 0.0, corrected_at(root))


def add_class(root: Path, name: str, *, place: int | None = None) -> str:
    """Make a class; its name as it is kept.

    Args:
        place: how many classes are before it; by default all.

    Raises:
        DataError: when the name cannot be a class's, is there already, or there are too many.
    """
    with changing(root):
        names = _names(root)
        if len(names) >= MOST_CLASSES:
            raise DataError(f"A set has {MOST_CLASSES} classes at most: take one out first.")
        checked = _checked(name, names)
        (root / checked).mkdir()
        names.insert(len(names) if place is None else max(0, place), checked)
        _describe(root, names)
    return checked


def rename_class(root: Path, old: str, new: str) -> str:
    """Call a class something else; its new name as it is kept.

    Raises:
        DataError: as `add_class`, or when there is no such class.
    """
    with changing(root):
        names = _names(root)
        _require(old, names)
        checked = _checked(new, [name for name in names if name != old])
        if checked != old:
            moved = {f"{old}/{file}": f"{checked}/{file}" for file in _files(root / old)}
            (root / old).rename(root / checked)
            follow(root, moved, renamed={old: checked})
            remember_moves(root, moved)
            _describe(root, [checked if name == old else name for name in names])
    return checked


def delete_class(root: Path, name: str) -> list[str]:
    """Take a class out with its pictures; where these wait now, in their order.

    Raises:
        DataError: when there is no such class.
    """
    with changing(root):
        names = _names(root)
        _require(name, names)
        out = _move_all(root, [root / name / file for file in _files(root / name)], OUT)
        for rest in (root / name).iterdir():  # hidden files, and what is no picture
            if rest.is_file():
                rest.unlink()
        try:
            (root / name).rmdir()
        except OSError as error:
            raise DataError(f"“{name}” holds folders of its own, and stays: delete it by hand.") from error
        _describe(root, [other for other in names if other != name])
    return out


def add_picture(root: Path, label: str, content: bytes, *, name: str) -> str:
    """Put a picture into a class as it came; the name of its file.

    Args:
        label: the class, or `NEW`.
        content: the encoded picture; it is decoded whole before it is kept.
        name: what to call it in messages.

    Raises:
        ImageError: when it is no picture, or one beyond the page's limits.
        DataError: when there is no such class, or the set is full.
        OwnerError: when a visitor has no room left.
    """
    if len(content) > room_for(len(content)):
        raise OwnerError("There is no room left for this picture: delete some of your things first.")
    open_image(content, name=name, max_bytes=MAX_BYTES)
    suffix, most = Path(name).suffix.lower(), largest_set(MOST_BYTES)
    with changing(root):
        names = _names(root)
        _require(label, [*names, NEW])
        sizes = [(root / one / file).stat().st_size for one in (*names, NEW) for file in _files(root / one)]
        if len(sizes) >= MOST_PICTURES or sum(sizes) + len(content) > most:
            raise DataError(
                f"This set is full: {MOST_PICTURES:,} pictures and {most / 1e6:g} MB are the limits. "
                "Take some out first."
            )
        file = _free(root, f"x{suffix if suffix in IMAGE_SUFFIXES else '.jpg'}")
        (root / label).mkdir(exist_ok=True)
        (root / label / f".{file}").write_bytes(content)
        (root / label / f".{file}").rename(root / label / file)
        _describe(root, _names(root))
    return file


def move_pictures(root: Path, pictures: Sequence[str], label: str) -> list[str]:
    """Move pictures to another class, or take them out, or back in; as what they go now, in their order.

    Args:
        pictures: each its class's folder and its file, or `OUT` or `NEW` and its file.
        label: the class, or `OUT` or `NEW`.

    Raises:
        DataError: when a picture or the class is not there any more; nothing is moved then.
    """
    with changing(root):
        names = _names(root)
        _require(label, [*names, OUT, NEW])
        places = [_place(root, picture, names) for picture in pictures]
        moved = _move_all(root, places, label)
        _describe(root, names)
    return moved


def find_picture(root: Path, picture: str) -> Path:
    """Where a picture of the set lies; the name comes from a page, so it may lead nowhere else.

    Raises:
        DataError: when it is not there.
    """
    return _place(root, picture, _names(root))


def _checked(name: str, others: Sequence[str]) -> str:
    """A class's name as a folder is called, which every reader takes for a class again."""
    clean = " ".join(unicodedata.normalize("NFC", name).split()).strip(" .")
    if not clean:
        raise DataError("A class needs a name, such as “cup”.")
    if len(clean) > LONGEST_CLASS or len(clean.encode()) > 200:
        raise DataError(f"“{clean[:LONGEST_CLASS]}…” is too long for a class: use at most {LONGEST_CLASS} letters.")
    if found := _UNFIT.search(clean):
        raise DataError(f"“{clean}” cannot be a class's name because of “{found[0]!s}”: leave that out.")
    if not can_be_a_class(clean) or meaning(clean).is_sure:
        raise DataError(f"“{clean}” is what parts of a data set are called: say a little more, such as “my {clean}”.")
    if same(clean) in map(same, others):
        raise DataError(f"There is a class “{clean}” already: choose another name.")
    if pair := next((other for other in others if _are_parts(meaning(clean), meaning(other))), None):
        raise DataError(f"“{clean}” beside “{pair}” would be taken for two parts of one thing: choose another name.")
    return clean


def _are_parts(one: Meaning, other: Meaning) -> bool:
    """Whether a reader would take two folders for the parts of a set (my train, my test), or pictures and masks."""
    splits = one.split and other.split and one.split != other.split and one.rest == other.rest
    return bool(splits or (one.kind and other.kind and one.kind != other.kind))


def _names(root: Path) -> list[str]:
    return [one.name for one in read_classes(root)]


def _require(label: str, names: Sequence[str]) -> None:
    if label not in names:
        raise DataError(f"There is no class “{label[:LONGEST_CLASS]}” in this set any more: reload the page.")


def _place(root: Path, picture: str, names: Sequence[str]) -> Path:
    label, _, file = picture.partition("/")
    if label not in (*names, OUT, NEW) or file not in _files(root / label):
        raise DataError(f"The picture “{picture[:80]}” is not in this set any more: reload the page.")
    return root / label / file


def _files(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        return ()
    with os.scandir(folder) as entries:
        found = [one.name for one in entries if one.is_file(follow_symlinks=False) and one.name[0] != "."]
    return tuple(sorted(name for name in found if Path(name).suffix.lower() in IMAGE_SUFFIXES))


def _move_all(root: Path, places: Sequence[Path], label: str) -> list[str]:
    """Move pictures to a class or `OUT`, with what is said of them."""
    moved = {f"{place.parent.name}/{place.name}": _move(root, place.parent.name, place.name, label) for place in places}
    follow(root, moved)
    remember_moves(root, moved)
    return list(moved.values())


def _move(root: Path, source: str, file: str, label: str) -> str:
    target = root / label
    target.mkdir(exist_ok=True)
    is_free = read_moves(root).get(f"{label}/{file}") in (None, f"{source}/{file}") and not (target / file).exists()
    name = file if is_free else _free(root, file)
    (root / source / file).rename(target / name)
    return f"{label}/{name}"


def _free(root: Path, file: str) -> str:
    """A number that no picture of the set has or had, with the ending of `file`; it stays, whichever class it is in."""
    taken = [name for folder in (*_names(root), OUT, NEW) for name in _files(root / folder)]
    taken += [Path(place).name for move in read_moves(root).items() for place in move]
    last = max((int(stem) for name in taken if (stem := Path(name).stem).isdecimal() and len(stem) < 9), default=0)
    return f"{last + 1:05}{Path(file).suffix.lower()}"


def _describe(root: Path, names: Sequence[str]) -> None:
    pictures = sum(len(_files(root / name)) for name in names)
    add_to_description(root, classes=list(names), pictures=pictures, changed=time.time())
