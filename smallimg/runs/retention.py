"""What visitors made is deleted: when they ask for it, or when they have not come back."""

import contextlib
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from smallimg.runs.line import is_locked
from smallimg.visitors.asking import Asker
from smallimg.visitors.owner import owned_folders, unseen_s

DAY_S = 24 * 3600.0
#: How long to wait for workers that have been asked to stop, in seconds.
PATIENCE_S = 20.0


def delete_unseen(days: float) -> int:
    """Delete what is theirs who have not been here for so many days; how many folders that were.

    What is under way then is asked to stop, and deleted the next time.
    """
    gone = []
    for folder in owned_folders():
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            if unseen_s(folder) > days * DAY_S:
                gone.append(folder)
    return len(gone) - len(_delete(gone))


def delete_all_of(asker: Asker, *, patience_s: float = PATIENCE_S) -> int:
    """Delete all that is a visitor's; how many workers have not stopped within `patience_s`, whose folders stay."""
    end = time.monotonic() + patience_s
    left = _delete(owned_folders(asker))
    while left and time.monotonic() < end:
        time.sleep(0.2)
        left = _delete(left)
    return len(left)


def _delete(folders: Iterable[Path]) -> list[Path]:
    """Delete what no worker works at; the others are asked to stop, and returned."""
    working = []
    for folder in [*folders]:
        if is_locked(folder / "lock"):
            (folder / "stop").touch()
            working.append(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return working
