"""Whose picture is being looked at: a few at once, the others in the order in which they came."""

import os
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock

from smallimg.errors import BundleError
from smallimg.pipeline import Pipeline

#: How many pictures are looked at at once, where a host wants another number than `usual`.
SETTING = "SMALLIMG_AT_ONCE"
#: No more by default: the memory of large pictures adds up.
MOST = 8


class Turns:
    """Places at the networks, shared by all who have a picture to be looked at; safe to share between threads.

    One picture alone has all cores. Where others come, each is taken through networks of one thread, a picture a core:
    threads of one network wait for one another, those of two do not (benchmarks/README.md, “Many at once”).

    Args:
        at_once: how many pictures at once; `usual` by default.
    """

    def __init__(self, at_once: int | None = None) -> None:
        self.at_once = at_once or usual()
        self._lock = Lock()
        self._busy = 0
        self._line: deque[Event] = deque()

    @contextmanager
    def turn(self, pipeline: Pipeline) -> Iterator[Pipeline]:
        """Wait for a place; then this pipeline, or its like of one thread a network where others are at it too."""
        alone = self._enter()
        try:
            yield pipeline if alone or self.at_once == 1 else pipeline.of_one_thread
        finally:
            self._leave()

    def _enter(self) -> bool:
        """Wait for a place; whether it is the only one that is taken."""
        mine = Event()
        with self._lock:
            if self._busy < self.at_once:
                self._busy += 1
                mine.set()
            else:
                self._line.append(mine)
        mine.wait()
        with self._lock:
            return self._busy == 1 and not self._line

    def _leave(self) -> None:
        with self._lock:
            if self._line:  # the place stays taken: nobody who comes now gets it first
                self._line.popleft().set()
            else:
                self._busy -= 1


def usual(environment: Mapping[str, str] = os.environ) -> int:
    """How many pictures at once: what the setting says, else one a core, up to `MOST`.

    Raises:
        BundleError: when the setting is no number.
    """
    said = environment.get(SETTING, "").strip()
    if not said:
        return min(os.cpu_count() or 1, MOST)
    if not said.isdecimal() or not 1 <= int(said) <= 64:
        raise BundleError(f"The setting {SETTING} is “{said[:40]}”: it can be a number from 1 to 64, or left out.")
    return int(said)
