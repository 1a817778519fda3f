"""What a training run and an evaluation have in common: a folder that tells all of it, named after it and the time."""

import contextlib
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smallimg.errors import RunError, called, in_words
from smallimg.files import read_json
from smallimg.runs.line import ALIVE, Status, ahead_of, is_locked
from smallimg.runs.told import fits
from smallimg.visitors.owner import claim, is_mine
from smallimg.visitors.room import make_way

#: Bytes that a status takes, with some to spare.
LAST_WORDS = 1 << 16
FULL_DISK = "The disk is full: make room, then go on with it."


def new_folder(base: Path, title: str, *, what: str) -> Path:
    """Make a folder for something new.

    Args:
        base: where it is to lie.
        title: what people call it.
        what: what it is, in a word: "run".

    Raises:
        RunError: when none can be made.
        OwnerError: when a visitor has no room left, or cannot be told from others.
    """
    make_way(base)
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or what
    for attempt in range(100):
        path = base / f"{slug}-{time.strftime('%m%d-%H%M%S')}{f'-{attempt}' if attempt else ''}"
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise RunError(
                f"No {what} can be kept in “{called(base)}” ({error.strerror}): make it a folder with room that can be "
                "written, or name another one in the setting SMALLIMG_RUNS."
            ) from error
        with whole_or_nothing(path, what=what):
            claim(path)
        return path
    raise RunError(f"“{called(base)}” holds a hundred {what}s of this name and second: try again.")


def checked_id(said: str, *, what: str) -> str:
    """An id as it is; ids come from pages and command lines, so none may lead anywhere else.

    Raises:
        RunError: when it cannot be the name of such a folder.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", said):
        article = "an" if what[0] in "aeiou" else "a"
        raise RunError(f"{said[:80]!r} is no id of {article} {what}.")
    return said


def find_folder(base: Path, said: str, *, what: str) -> Path:
    """Where what has that id lies; another visitor's is not there for who asks.

    Raises:
        RunError: when it cannot be there.
    """
    path = base / checked_id(said, what=what)
    if not is_mine(path):
        raise no_such(said, what=what)
    return path


def no_such(said: str, *, what: str) -> RunError:
    """What to say of an id by which nothing can be found or read."""
    return RunError(f"There is no {what} “{said}”, or its config.json is damaged.")


@contextlib.contextmanager
def written(what: str) -> Iterator[None]:
    """Say in a sentence why something could not be written down, in place of the system's own words.

    Args:
        what: what was to be done, as in "“mine” could not be started".

    Raises:
        RunError: where the block raises an OSError.
    """
    try:
        yield
    except OSError as error:
        raise RunError(f"{what}. {in_words(error)}") from error


@contextlib.contextmanager
def whole_or_nothing(path: Path, *, what: str) -> Iterator[None]:
    """Fill a new folder; where that fails nothing is left of it, which nobody could delete on the page.

    Raises:
        RunError: where the block raises an OSError.
    """
    try:
        with written(f"No new {what} can be kept"):
            yield
    except RunError:
        shutil.rmtree(path, ignore_errors=True)
        raise


def _is_full(path: Path) -> bool:
    """Whether there is hardly any room left where a folder lies; what ends for that cannot even write it down."""
    return shutil.disk_usage(path).free < LAST_WORDS


@dataclass(frozen=True)
class Standing:
    """How what a folder tells of stands now.

    Attributes:
        said: its status.json.
        reason: why it is not going on, in a sentence; empty while all is well.
        ahead: how many others are before it in the line.
    """

    said: Mapping[str, Any]
    status: Status
    reason: str
    ahead: int


def read_standing(path: Path, *, killed: str) -> Standing:
    """Read status.json, and see whether the worker that wrote it still lives.

    Args:
        killed: the reason where it does not, and has not said so.
    """
    said = read_json(path / "status.json")
    status: Status = said["status"] if fits(said.get("status"), Status) else "interrupted"
    reason = said["reason"] if isinstance(said.get("reason"), str) else ""
    if status in ALIVE and not is_locked(path / "lock"):
        status, reason = "interrupted", FULL_DISK if _is_full(path) else killed
    return Standing(said, status, reason, len(ahead_of(path, said)) if status == "waiting" else 0)
