"""Where training data comes from; whatever the source, it becomes a folder below `data_folder()`.

The sample challenge is drawn, what somebody drops in the page is unpacked and kept, known sets are fetched through
torchvision's own loaders. A folder is made under a temporary name and renamed when it is whole, so that one that was
cut short is never taken for data.
"""

import errno
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from http.client import HTTPException
from itertools import count
from pathlib import Path, PurePosixPath, PureWindowsPath
from threading import Thread
from typing import Any, TypeVar

from smallimg.data.challenge.aside import draw_aside
from smallimg.data.formats import (
    OWN_LIMITS,
    STAYED_IN_ZIP,
    TEXT_SUFFIXES,
    list_splits,
    open_folder,
    read_dataset,
)
from smallimg.data.formats.names import visible
from smallimg.data.formats.splits import to_measure
from smallimg.data.kept import DOWNLOADS, UNFINISHED, data_folder, describe_data, name_of_data
from smallimg.errors import DataError, ImageError, called
from smallimg.files import write_json
from smallimg.pictures.archives import extract_zip, kinds_in_zip
from smallimg.pictures.fetching import why_not_fetched
from smallimg.pictures.images import FORMATS_TEXT, IMAGE_SUFFIXES, MAX_PIXELS, read_size
from smallimg.pictures.images import MAX_BYTES as PICTURE_BYTES
from smallimg.pictures.litter import is_litter, walk_files
from smallimg.visitors.asking import MACHINE, asking, who_asks
from smallimg.visitors.owner import claim, is_mine
from smallimg.visitors.room import largest_set, make_way, room_for
from smallimg.visitors.wanted import still_wanted

#: Of what is sent to the page. A picture's mask is a file as well, so that the sample challenge has 4,800.
MAX_FILES = 20_000
MAX_BYTES = 500_000_000
SUFFIXES = IMAGE_SUFFIXES | TEXT_SUFFIXES
#: Known sets by name: what they are, and torchvision's loader of them.
KNOWN = {
    "CIFAR-10": "32 px photos of 10 kinds of things",
    "Fashion-MNIST": "28 px grey pictures of 10 kinds of clothes",
}
_LOADERS = {"CIFAR-10": "CIFAR10", "Fashion-MNIST": "FashionMNIST"}
#: When nobody can be making a set any more.
FORGOTTEN_S = 24 * 3600.0
#: How often work that cannot ask is asked for whether it is still wanted.
ASK_EVERY_S = 0.3
Report = Callable[[int, int], None]
T = TypeVar("T")


def draw_sample(*, train: int = 1600, test: int = 800, progress: Report | None = None) -> Path:
    """The sample challenge, drawn once for each size.

    Raises:
        DataError: when it cannot be drawn.
    """
    target = sample_folder(train=train, test=test)
    if not target.is_dir():
        with _for_everybody(target) as folder:
            draw_aside(folder, train=train, test=test, progress=progress)
            describe_data(folder, name=f"The sample challenge, {train} + {test} pictures")
            _rename(folder, target)  # or somebody else drew the same meanwhile
    return _own_copy(target)


def sample_folder(*, train: int = 1600, test: int = 800) -> Path:
    """Where the sample challenge of a size lies once somebody has had it drawn."""
    return data_folder() / ("challenge" if (train, test) == (1600, 800) else f"challenge-{train}-{test}")


def keep_upload(
    files: Path | Sequence[Path],
    *,
    name: str | None = None,
    relative: Sequence[str] | None = None,
    unlabelled: bool = False,
) -> Path:
    """Check what somebody dropped in the page, and keep it under a name that is not taken.

    Args:
        files: a zip (alone), or the files of a folder; see `smallimg.data.formats` for the forms they can have.
        name: what to call it; by default as the zip, or "pictures". The folder's name has the letters and digits of it.
        relative: where in the dropped folder each file lay, such as "cats/1.jpg"; without it all lie side by side.
        unlabelled: whether it is kept to be measured on: pictures of which nothing is known will do then.

    Raises:
        DataError: when a limit is broken, a file is a link or would land outside the folder, two would land in one
            place, or there is no data smallimg knows.
    """
    files = [files] if isinstance(files, Path) else list(files)
    is_zip = len(files) == 1 and files[0].suffix.lower() not in SUFFIXES
    name = name or (files[0].stem if is_zip else "pictures")
    with _new_folder() as folder:
        if is_zip:
            _unpack(files[0], folder)
        else:
            _lay(files, relative if relative is not None else [path.name for path in files], folder)
        _set_large_aside(folder)
        try:
            split = to_measure(list_splits(open_folder(folder, **OWN_LIMITS))) if unlabelled else "train"
            read_dataset(folder, split=split, unlabelled=unlabelled)
        except DataError as error:
            raise DataError(str(error).replace(folder.name, files[0].name if is_zip else name)) from None
        describe_data(folder, name=name)
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "pictures"
        # Always numbered: a zip called challenge.zip must not be taken for the sample challenge.
        targets = (data_folder() / f"{slug}-{number}" for number in count(1))
        return next(target for target in targets if _rename(folder, target))


def fetch_known(name: str, *, per_class: int = 500, progress: Report | None = None) -> Path:
    """A known set as folders named by class: `per_class` pictures of each to learn from, a fifth of that to test on.

    torchvision checks what it downloads against the sums it knows. A set is fetched and written once for each number.

    Raises:
        DataError: when the name or the number is none, or the set cannot be fetched.
    """
    if name not in KNOWN:
        raise DataError(f"There is no set called {name!r}: choose {' or '.join(KNOWN)}.")
    if per_class < 2:
        raise DataError(f"Training and validation need a picture of each class at least: choose 2, not {per_class}.")
    target = data_folder() / f"{name.lower()}-{per_class}"
    if target.is_dir():
        return _own_copy(target)
    wanted = {"train": per_class, "test": max(1, per_class // 5)}
    parts = {part: _fetch(name, train=part == "train") for part in wanted}
    classes = [re.sub(r"[/\\]+", " or ", label) for label in parts["train"].classes]
    done, of = 0, sum(wanted.values()) * len(classes)
    with _for_everybody(target) as folder:
        for part, most in wanted.items():
            counts: Counter[int] = Counter()
            for index, label in enumerate(map(int, parts[part].targets)):
                if counts[label] >= most:
                    continue
                counts[label] += 1
                file = folder / part / classes[label] / f"{counts[label]:05}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                parts[part][index][0].convert("RGB").save(file)
                done += 1
                if progress and done % 100 == 0:
                    progress(done, of)
        (folder / "classes.txt").write_text("\n".join(classes) + "\n", encoding="utf-8")
        describe_data(folder, name=f"{name}, {per_class} a class")
        _rename(folder, target)
    return _own_copy(target)


def _fetch(name: str, *, train: bool) -> Any:
    """One part of a known set, as torchvision's loader gives it; downloaded when it is not there yet."""
    from torchvision import datasets  # takes seconds to import  # noqa: PLC0415

    downloads = data_folder() / DOWNLOADS / name.lower()
    downloads.parent.mkdir(parents=True, exist_ok=True)

    def load() -> Any:
        with _alone_in(downloads.parent):  # two that fetch the same would write over one another
            return getattr(datasets, _LOADERS[name])(downloads, train=train, download=True)

    try:
        return _aside(load)
    except (OSError, HTTPException, RuntimeError, ValueError) as error:  # no network, a damaged or half unpacked file
        # torchvision takes an unpacked Fashion-MNIST for whole even when unpacking was cut short.
        shutil.rmtree(downloads, ignore_errors=True)
        raise DataError(
            f"{name} could not be fetched, because {why_not_fetched(error)}: see to that and try again, or use the "
            "sample challenge or pictures of your own, which need no network."
        ) from error


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait for whoever else is at work in a folder, whichever process that is, and let nobody in until this is done."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _aside(work: Callable[[], T]) -> T:
    """What cannot be asked to end, in a thread of its own, which is left to itself where it is not wanted any more."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001  # whoever waits for it gets it
            answer.set_exception(error)

    Thread(target=run, daemon=True).start()
    while not wait([answer], timeout=ASK_EVERY_S).done:
        still_wanted()
    return answer.result()


def _unpack(archive: Path, folder: Path) -> None:
    unpacked = extract_zip(
        archive,
        suffixes=SUFFIXES,
        max_files=MAX_FILES,
        max_bytes=room_for(largest_set(MAX_BYTES)),
        advice="bring fewer pictures, or smaller ones",
    )
    try:
        pictures = any(file.suffix.lower() in IMAGE_SUFFIXES for file in unpacked.rglob("*"))
        if not pictures:
            with zipfile.ZipFile(archive) as file:
                _refuse(archive.name, file.namelist())
        for entry in unpacked.iterdir():  # moved, where both lie on one disk: the data takes its room once
            shutil.move(entry, folder / entry.name)
        if stayed := kinds_in_zip(archive, besides=SUFFIXES):
            write_json(folder / STAYED_IN_ZIP, stayed)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _lay(files: Sequence[Path], relative: Sequence[str], folder: Path) -> None:
    """Copy loose files to their places in `folder`; other kinds of files, and hidden ones, are passed over."""
    if len(files) != len(relative):
        raise DataError(f"There are {len(files)} files and {len(relative)} places for them: drop the folder again.")
    if len(files) > MAX_FILES:
        raise DataError(f"These are {len(files):,} files and the limit is {MAX_FILES:,}: choose fewer.")
    places = [PurePosixPath(place.replace("\\", "/")) for place in relative]
    size, most = 0, room_for(largest_set(MAX_BYTES))
    for file, place in zip(files, places, strict=True):
        still_wanted()
        leads_out = place.is_absolute() or ".." in place.parts or PureWindowsPath(place).drive or "\0" in str(place)
        if leads_out or file.is_symlink() or not file.is_file():
            raise DataError(f"{str(place)[:80]!r} is a link or a path out of its folder: leave it out.")
        is_hidden = any(map(is_litter, place.parts))
        if place.suffix.lower() not in SUFFIXES or is_hidden:
            continue
        size += file.stat().st_size
        if size > most:
            raise DataError(f"These files have more than the limit of {most / 1e6:g} MB: choose fewer or smaller.")
        target = folder / place
        if target.exists():
            raise DataError(f"Two files are called {place}: zip the folder that they come from, and drop the zip.")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    if not visible(folder):
        _refuse("What you chose", relative)


def _set_large_aside(folder: Path) -> None:
    """What is sent to the page is opened under the page's limits, whatever one's own disk may hold.

    A picture beyond them gets an ending that says so, and is reported with what is no picture; the others stay.
    """
    pictures = [path for path in walk_files(folder) if path.suffix.lower() in IMAGE_SUFFIXES]
    for path in pictures:
        if path.stat().st_size > PICTURE_BYTES:
            path.rename(f"{path}.over-{PICTURE_BYTES // 1_000_000}-MB")
            continue
        with suppress(ImageError):  # one that does not open is named by whoever reads it
            width, height = read_size(path)
            if width * height > MAX_PIXELS:
                path.rename(f"{path}.over-{MAX_PIXELS // 1_000_000}-megapixels")


def _refuse(source: str, names: Sequence[str]) -> None:
    if any(PurePosixPath(name).name == "bundle.json" for name in names):
        raise DataError(
            f"{source} holds a trained model and no pictures: “Bring in a model”, at the end of this page, takes it."
        )
    zips = [name for name in names if name.lower().endswith(".zip")]
    if zips and len(names) < 20:
        raise DataError(
            f"{source} holds another zip ({PurePosixPath(zips[0]).name}): unpack it once, and bring the one inside."
        )
    kinds = Counter(PurePosixPath(name).suffix.lower() or "without an ending" for name in names if name[-1:] != "/")
    found = ", ".join(f"{kind} ({number})" for kind, number in kinds.most_common(5)) or "no files"
    raise DataError(f"{source} holds nothing smallimg can use: expected {FORMATS_TEXT} pictures, found {found}.")


@contextmanager
def _for_everybody(target: Path) -> Iterator[Path]:
    """`_new_folder` for what is the same for everybody: it is the machine's, and each visitor gets a copy."""
    make_way(target.parent)
    with asking(MACHINE), _new_folder() as folder:
        yield folder


def _own_copy(common: Path) -> Path:
    """A visitor's own copy of what is the same for everybody, to be changed and deleted; its pictures take no room."""
    asker = who_asks()
    if asker.is_machine:
        return common
    mark = hashlib.sha256(asker.ids[0].encode()).hexdigest()[:12] if asker.ids else ""
    target = common.with_name(f"{common.name}-{mark}")
    if not (target.is_dir() and is_mine(target)):
        with _new_folder() as folder:
            shutil.copytree(  # but for what was found, and left out, by others
                common, folder, dirs_exist_ok=True, copy_function=_link_pictures, ignore=shutil.ignore_patterns(".*")
            )
            describe_data(folder, name=name_of_data(common))
            _rename(folder, target)
    return target


def _link_pictures(source: str, target: str) -> None:
    still_wanted()
    if Path(source).suffix.lower() in IMAGE_SUFFIXES:
        Path(target).hardlink_to(Path(source).resolve())
    else:
        shutil.copyfile(source, target)


@contextmanager
def _new_folder() -> Iterator[Path]:
    """A hidden folder beside the data sets, to be renamed when it is whole; deleted when it has not been.

    Raises:
        DataError: when there is no place for it.
        OwnerError: when a visitor has no room left, or cannot be told from others.
    """
    base = data_folder()
    make_way(base)
    try:
        base.mkdir(parents=True, exist_ok=True)
        _sweep(base)
        folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=base))
    except OSError as error:
        raise DataError(
            f"No data set can be kept in “{called(base)}” ({error.strerror}): make it a folder with room that can be "
            "written, or name another one in the setting SMALLIMG_DATA."
        ) from error
    folder.chmod(0o755)
    try:
        claim(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(base: Path) -> None:
    """Delete what a process was making that was killed at it."""
    for folder in base.glob(f"{UNFINISHED}*"):
        with suppress(OSError):
            if folder.is_dir() and time.time() - folder.stat().st_mtime > FORGOTTEN_S:
                shutil.rmtree(folder, ignore_errors=True)


def _rename(folder: Path, target: Path) -> bool:
    """Give a whole folder its name, unless another has it."""
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    return True
