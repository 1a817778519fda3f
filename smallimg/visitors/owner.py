"""Whose a folder is: a run, an evaluation, a study, a data set.

A hidden file in it holds its owner's id. A folder without one is the machine's: visitors never see it.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from smallimg.environment import kept_in
from smallimg.files import write_text
from smallimg.visitors.asking import Asker, who_asks

OWNER = ".owner"
#: The folders in which visitors' folders lie, or folders of such, by their names for `kept_in`.
KINDS = ("data", "runs")


def claim(folder: Path) -> None:
    """Mark a new folder as the asker's; `smallimg.visitors.room.make_way` was asked whether they may have one."""
    asker = who_asks()
    if not asker.is_machine:
        write_text(folder / OWNER, asker.ids[0])


def owner_of(path: Path) -> str | None:
    """Whose a folder is, or a file within one; None for the machine's."""
    whole = path.resolve()
    for folder in (whole, *whole.parents):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return (folder / OWNER).read_text(encoding="utf-8")
    return None


def is_mine(path: Path) -> bool:
    """Whether the asker may know of a folder, or of a file within one."""
    asker = who_asks()
    return asker.is_machine or owner_of(path) in asker.ids


def owned_folders(asker: Asker | None = None) -> Iterator[Path]:
    """Every folder that is a visitor's: one visitor's, or all visitors'."""
    for kind in KINDS:
        for folder in _below(kept_in(kind)):
            inside = [folder] if (folder / OWNER).is_file() else [*_below(folder)]  # runs/evaluations/…
            for one in inside:
                with contextlib.suppress(OSError, UnicodeDecodeError):
                    owner = (one / OWNER).read_text(encoding="utf-8")
                    if asker is None or owner in asker.ids:
                        yield one


def keep_longer(asker: Asker) -> None:
    """Write down that a visitor has been here: until when their things are kept counts from now."""
    for folder in owned_folders(asker):
        with contextlib.suppress(OSError):
            os.utime(folder / OWNER)


def unseen_s(folder: Path) -> float:
    """For how many seconds the owner of a folder has not been here."""
    return time.time() - (folder / OWNER).stat().st_mtime


def _below(base: Path) -> list[Path]:
    try:
        with os.scandir(base) as entries:
            return sorted(Path(one.path) for one in entries if one.is_dir(follow_symlinks=False))
    except OSError:
        return []
