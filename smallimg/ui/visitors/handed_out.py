"""Which files in Gradio's folder a visitor has sent or been given: nobody else gets them, by whatever address.

Gradio empties that folder when the server ends, so that nothing of this need outlive it.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from gradio.utils import get_upload_folder

from smallimg.visitors.asking import Asker

#: From so many on, those that Gradio has deleted since are forgotten.
MANY = 20_000
#: Files without an owner: those of visitors without a cookie, who have nothing but the file's name to show.
_ANYBODY = ""


class HandedOut:
    """Files by path, each with the ids of those who may have it."""

    def __init__(self) -> None:
        self._owners: dict[str, set[str]] = {}
        self._lock = Lock()

    def give(self, paths: Iterable[str], asker: Asker) -> None:
        """From now on they may have these files."""
        owners = set(asker.ids[:1]) or {_ANYBODY}
        with self._lock:
            for path in paths:
                self._owners.setdefault(_place(path), set()).update(owners)
            if len(self._owners) > MANY:
                self._owners = {path: ids for path, ids in self._owners.items() if os.path.exists(path)}  # noqa: PTH110  # twenty thousand

    def may_have(self, path: str, asker: Asker) -> bool:
        """Whether they may have a file; of files outside Gradio's folder Gradio itself takes care."""
        place = _place(path)
        if not Path(place).is_relative_to(_place(get_upload_folder())):
            return True
        with self._lock:
            owners = self._owners.get(place, set())
        return asker.is_machine or bool(owners & {*asker.ids, _ANYBODY})

    def size_of(self, asker: Asker | None) -> int:
        """Bytes of the files that are still there: those that a visitor may have, or all for None."""
        mine = None if asker is None else {*asker.ids} or {_ANYBODY}
        with self._lock:
            paths = [path for path, owners in self._owners.items() if mine is None or owners & mine]
        size = 0
        for path in paths:
            with contextlib.suppress(OSError):  # Gradio has deleted it since
                size += Path(path).stat().st_size
        return size

    def delete(self, asker: Asker) -> None:
        """They may have none of these any more; what nobody else may have is deleted."""
        with self._lock:
            for owners in self._owners.values():
                owners.difference_update(asker.ids)
            theirs = [path for path, owners in self._owners.items() if not owners]
            for path in theirs:
                del self._owners[path]
        for path in theirs:
            with contextlib.suppress(OSError):
                Path(path).unlink()


def files_in(value: Any) -> Iterator[str]:
    """The paths of all files in what a page sends, or is sent."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            if isinstance(path := one.get("path"), str):
                yield path
            left.extend(one.values())
        elif isinstance(one, list | tuple):
            left.extend(one)


def _place(path: str) -> str:
    return os.path.realpath(path)
