"""Long work in a request ends when nobody waits for its answer any more, and a visitor's when it takes too long."""

import math
import time
from collections.abc import Callable

from gradio.context import LocalContext

from smallimg.errors import DataError, Stopped
from smallimg.visitors.limits import limits_here

#: Of a visitor of an open page; on one's own machine it may take as long as it takes.
LONGEST_S = 300.0
Report = Callable[[int, int], None]


def while_wanted(report: Report, *, longest_s: float = LONGEST_S) -> Report:
    """A `progress` for work that goes through things one by one: it tells how far that is, or ends it.

    Args:
        report: takes how many are done, and of how many.
        longest_s: how long the work of a visitor may take.

    Returns:
        It raises Stopped when the page that asked was closed, and DataError when the time is over.
    """
    end = math.inf if limits_here() is None else time.monotonic() + longest_s

    def tell(done: int, of: int) -> None:
        if _nobody_waits():
            raise Stopped("The page that asked for this was closed.")
        if time.monotonic() > end and done < of:
            raise DataError(
                f"Reading takes longer than {longest_s / 60:g} minutes, and {of - done:,} of {of:,} pictures are left: "
                "bring fewer, or smaller ones."
            )
        report(done, of)

    return tell


def _nobody_waits() -> bool:
    """Whether the request that is being answered has lost the page that sent it."""
    blocks, event_id = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    event = blocks._queue.event_ids_to_events.get(event_id) if blocks and event_id else None
    return event is not None and not event.alive
