"""Which runs are alive, and which comes next: one trains at a time, the others wait in line.

A run is alive as long as its worker holds the lock in its folder: a process id could be another process's by now.
"""

import fcntl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from smallimg.files import read_json
from smallimg.runs.told import number

Status = Literal["waiting", "running", "stopped", "interrupted", "failed", "finished"]
ALIVE: frozenset[Status] = frozenset({"waiting", "running"})


def is_next(path: Path) -> bool:
    """Whether no living run is before this one in the line."""
    return not ahead_of(path, read_json(path / "status.json"))


def ahead_of(path: Path, status: Mapping[str, Any]) -> list[str]:
    """The ids of the living runs beside this one that came into the line before it, waiting or training."""
    mine = (number(status, "queued"), path.name)
    ahead = []
    for other in path.parent.iterdir():
        if other != path and (other / "lock").is_file():
            said = read_json(other / "status.json")
            if said.get("status") in tuple(ALIVE) and (number(said, "queued"), other.name) < mine:
                ahead.append(other)
    return [other.name for other in ahead if is_locked(other / "lock")]


def living(base: Path) -> list[Path]:
    """The folders in `base` whose workers wait or work."""
    said = [path for path in base.iterdir() if (path / "lock").is_file()] if base.is_dir() else []
    alive = [path for path in said if read_json(path / "status.json").get("status") in tuple(ALIVE)]
    return [path for path in alive if is_locked(path / "lock")]


def try_lock(descriptor: int) -> bool:
    """Lock an open file, unless a living process has."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(file: Path) -> bool:
    """Whether a living process holds the lock."""
    try:
        with file.open("r") as lock:
            return not try_lock(lock.fileno())
    except FileNotFoundError:
        return False
