"""A worker's sitting: it waits for its turn, works, and says how that went; then its process leaves at once."""

import errno
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, Protocol

from smallimg.errors import RunError, SmallimgError, Stopped
from smallimg.runs.line import is_next
from smallimg.runs.priority import step_back

FULL_DISK = "The disk is full: make room, then start it again."
NO_MEMORY = "There was not enough memory: choose a smaller batch or fewer pictures, or close other programs."


class Book(Protocol):
    """What a worker writes down; `status` is what status.json says."""

    status: dict[str, Any]

    def say(self, status: str, reason: str = "") -> None:
        """Write how it stands, and a line in the log."""

    def log(self, text: str) -> None:
        """Write a line in the log."""

    def should_stop(self) -> bool:
        """Whether somebody asked it to stop."""


def sit(folder: Path, book: Book, work: Callable[[], str], *, what: str, full_disk: str = FULL_DISK) -> int:
    """Wait, work, tell. Until its turn comes nothing heavy should have been imported.

    Args:
        folder: of what is done, its lock held.
        work: does it, and returns what is to be said beside “finished”; ends with `Stopped` when it is to stop.
        what: what breaks off when it breaks off, as the beginning of a sentence.
        full_disk: what to say where there is no room left.

    Returns:
        The process's exit code: 0 when it finished or was stopped.
    """
    step_back()
    while not is_next(folder):
        if book.should_stop():
            book.say("stopped", "It was stopped before its turn came.")
            return 0
        time.sleep(0.3)
    book.say("running")
    try:
        book.say("finished", work())
    except Stopped as stopped:
        book.say("stopped", str(stopped))
    except (SmallimgError, MemoryError, OSError, RuntimeError) as error:
        book.log("".join(traceback.format_exception(error)))
        _say_failed(book, explain(error, what=what, full_disk=full_disk))
    finally:
        if book.status["status"] == "running":  # an error of a kind that was not foreseen; it goes on to the log
            _say_failed(book, f"{what} broke off with an error nobody foresaw: the log ends with it.")
    return 1 if book.status["status"] == "failed" else 0


def explain(error: Exception, *, what: str, full_disk: str = FULL_DISK) -> str:
    """What went wrong, for people; see `sit`.

    Torch has no classes of its own for a lack of memory and a full disk.
    """
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, SmallimgError):
        return str(error)
    if isinstance(error, MemoryError) or "allocate memory" in text or "out of memory" in text:
        return NO_MEMORY
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if is_full or "No space left" in text or "file write failed" in text:
        return full_disk
    return f"{what} broke off ({text}): the log tells more."


def run_worker(module: str, main: Callable[[Path], int]) -> NoReturn:
    """All that a worker's process does: `main` with the folder that its command line names."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise RunError(f"Usage: python -m {module} FOLDER")
    exit_code = main(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(exit_code)  # everything is written; torch would take seconds to clear up, with the lock in its hands


def _say_failed(book: Book, reason: str) -> None:
    try:
        book.say("failed", reason)
    except OSError:  # a full disk takes no status either; its lock is released all the same
        book.status["status"] = "failed"
        book.log(reason)
