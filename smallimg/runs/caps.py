"""How many runs of visitors, or evaluations, may be under way or wait in one line."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smallimg.errors import OwnerError
from smallimg.runs.line import living
from smallimg.visitors.limits import limits_here
from smallimg.visitors.owner import is_mine


def refuse_if_line_is_full(base: Path) -> None:
    """Let a visitor start no more than there is time for.

    Args:
        base: the folder of the runs, or of the evaluations: each is a line of its own.

    Raises:
        OwnerError: when they have as many under way or waiting as they may have, or all visitors together have.
    """
    limits = limits_here()
    if limits is None:
        return
    alive = living(base)
    mine = sum(map(is_mine, alive))
    if mine >= limits.waiting:
        things = "one thing" if mine == 1 else f"{mine} things"
        raise OwnerError(
            f"You have {things} under way or waiting here, as many as each visitor can have: wait for one to end, or "
            "stop one."
        )
    if len(alive) >= limits.waiting_in_all:
        raise OwnerError(f"{len(alive)} are under way or waiting here, as many as there is time for: try again later.")


@contextmanager
def a_place_in_line(base: Path) -> Iterator[None]:
    """Start something within this block, one at a time: two that come at once are both counted.

    Raises:
        OwnerError: as `refuse_if_line_is_full`.
    """
    if limits_here() is None:
        yield
        return
    with (base / ".starting").open("w") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        refuse_if_line_is_full(base)
        yield
