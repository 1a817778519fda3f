"""Work on the page ends when nobody waits for its answer any more, or somebody says so; a visitor's after a while."""

import math
import time
from collections.abc import Callable
from typing import Any

from smallimg.errors import Stopped
from smallimg.ui.queues import BoundedQueue
from smallimg.visitors.limits import limits_here
from smallimg.visitors.wanted import Check, still_wanted

#: Of a visitor of an open page; on one's own machine it may take as long as it takes.
LONGEST_S = 300.0
CANCELLED = "It was cancelled: nothing of it is kept, and what was here before is as it was."


def patience(queue: BoundedQueue, event_id: str | None, *, longest_s: float = LONGEST_S) -> Check:
    """Whether a request of a page is still wanted, for `smallimg.visitors.wanted.wanted_while`.

    Args:
        queue: the page's.
        event_id: the request, by Gradio's id; None for one that came past the queue.
        longest_s: how long the work of a visitor may take, from now on.

    Returns:
        It raises Stopped when the page was closed, the request was cancelled, or the time is over.
    """
    event = queue.event_ids_to_events.get(event_id) if event_id else None
    end = math.inf if limits_here() is None else time.monotonic() + longest_s

    def check() -> None:
        if event is not None and not event.alive:
            raise Stopped("The page that asked for this was closed.")
        if event is not None and queue.is_cancelled(event):
            raise Stopped(CANCELLED)
        if time.monotonic() > end:
            raise Stopped(
                f"This takes longer than {longest_s / 60:g} minutes, as long as a visitor’s work may take here: bring "
                "fewer pictures, or smaller ones."
            )

    return check


def counting(progress: Any, words: str, *, unit: str = "pictures") -> Callable[[int, int], None]:
    """A `progress` of ours that tells Gradio's how far work is, or ends it where it is not wanted any more.

    Args:
        progress: `gr.Progress`.
        words: what is being done.
        unit: of what is counted.
    """

    def tell(done: int, of: int) -> None:
        still_wanted()
        progress((done, of), desc=words, unit=unit)

    return tell
