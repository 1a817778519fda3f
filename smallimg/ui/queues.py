"""How many requests of a kind are answered at once, and how many may wait; which of them come when is the line's.

Of one `concurrency_id` Gradio takes the lowest limit that is said anywhere, and 1 where none is said: the places that
share a queue take the same one from here.
"""

from typing import Any
from weakref import WeakSet

from gradio.data_classes import PredictBodyInternal
from gradio.queueing import Event, Queue
from starlette.exceptions import HTTPException

from smallimg.ui.visitors.desk import CALLER, NOT_OPEN, Caller, Desk
from smallimg.ui.visitors.waiting import too_many
from smallimg.visitors.limits import limits_here

#: What reads data sets: one who brings many pictures holds up nobody else.
DATA: dict[str, Any] = {"concurrency_id": "data", "concurrency_limit": 3}
#: What reads them in passing, for a line of words: it waits for nobody's thousands of pictures.
GLANCE: dict[str, Any] = {"concurrency_id": "glance", "concurrency_limit": 3}
#: What looks at pictures on the page. They wait for a place at the networks picture by picture (`smallimg.ui.turns`):
#: one visitor's eight pictures and another's one take turns.
PREDICT: dict[str, Any] = {"concurrency_id": "predict", "concurrency_limit": 8}
#: What programs ask; they may wait for a picture from elsewhere, too.
API: dict[str, Any] = {"concurrency_id": "api", "concurrency_limit": 8}
#: The lines in which the requests of one page are answered one after the other.
ORDERED = frozenset({"data", "predict"})
#: Of these lines a visitor of an open page has one request under way, however many pages they have opened.
ONE_EACH = frozenset({"data"})
#: What “Cancel” ends.
CANCELLABLE = frozenset({"data", "glance", "inside", "steps"})
#: Most requests that wait in one line: somebody who came later would wait for minutes.
MOST_WAITING = 60
#: In all lines together a visitor may have so many times what they may have in one: a page that is opened asks for a
#: dozen things at once, each in a line of its own.
LINES = 4


class BoundedQueue(Queue):
    """Gradio's queue, whose lines end somewhere.

    Gradio's own limit is one for all lines together, so that a line of predictions would keep a visitor from stopping
    their training.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._cancelled: WeakSet[Event] = WeakSet()

    @classmethod
    def like(cls, other: Queue) -> "BoundedQueue":
        """One that is set up as another is."""
        return cls(
            live_updates=other.live_updates,
            concurrency_count=other.max_thread_count,
            update_intervals=other.update_intervals,
            max_size=other.max_size,
            blocks=other.blocks,
            default_concurrency_limit=other.default_concurrency_limit,
        )

    def get_events(self) -> tuple[list[Event], bool, str] | None:
        """The next request to answer; of a page that has one under way in an ordered line, none of that line.

        Somebody who changes an option while pictures are looked at would else be shown the older answer, where that
        takes longer than the newer.
        """
        under_way = self._under_way()
        for name in ORDERED & self.event_queue_per_concurrency_id.keys():
            line = self.event_queue_per_concurrency_id[name]
            is_full = line.concurrency_limit is not None and line.current_concurrency >= line.concurrency_limit
            # What was cancelled is answered at once: that takes no time.
            following = next(
                (one for one in line.queue if self.is_cancelled(one) or not (is_full or _waits(one, under_way))), None
            )
            if following is not None:
                line.queue.remove(following)
                return [following], False, name
        return self._of_other_lines()

    def cancel(self, page: str) -> None:
        """End what a page has asked for of data: what waits, and what is under way when it next asks whether to go on.

        Args:
            page: Gradio's id of it.
        """
        self._cancelled.update(
            one for one in self._unanswered() if one.session_hash == page and one.concurrency_id in CANCELLABLE
        )

    def _unanswered(self) -> list[Event]:
        waiting = [one for line in self.event_queue_per_concurrency_id.values() for one in line.queue]
        return [*waiting, *self._under_way()]

    def _under_way(self) -> list[Event]:
        return [one for job in self.active_jobs if job for one in job]

    def is_cancelled(self, event: Event) -> bool:
        """Whether a request is not to be worked on any more."""
        return event in self._cancelled

    def _refuse_too_many(self, request: Any, name: str) -> None:
        limits, mine = limits_here(), _caller(request)
        if limits is None or mine is None:
            return
        everywhere = [(who, one) for one in self._unanswered() if (who := _caller(one.request))]
        in_line = [who for who, one in everywhere if one.concurrency_id == name]
        said = too_many(mine, in_line, limits.requests)
        said = said or too_many(mine, [who for who, _ in everywhere], limits.requests * LINES)
        if said:
            raise HTTPException(429, said)

    def _of_other_lines(self) -> tuple[list[Event], bool, str] | None:
        lines = self.event_queue_per_concurrency_id
        self.event_queue_per_concurrency_id = {name: line for name, line in lines.items() if name not in ORDERED}
        try:
            return super().get_events()
        finally:
            self.event_queue_per_concurrency_id = lines

    def _refuse_on_anothers_page(self, body: PredictBodyInternal, request: Any) -> None:
        """Nothing is said to a page but what its own visitor has asked for there."""
        desk: Desk | None = getattr(self.blocks, "desk", None)
        mine = _caller(request)
        if desk is None or mine is None or body.session_hash is None:
            return
        if not desk.is_theirs(body.session_hash, mine.asker):
            raise HTTPException(404, NOT_OPEN)
        desk.open_page(body.session_hash, mine.asker)

    async def push(self, body: PredictBodyInternal, request: Any, username: str | None) -> tuple[bool, Any, Any]:
        """Take a request into its line; where that is full, the answer says so at once.

        Raises:
            HTTPException: 429 when a visitor of an open page has too many waiting; 404 when the page is another's.
        """
        self._refuse_on_anothers_page(body, request)
        function = self.blocks.fns.get(body.fn_index) if body.fn_index is not None else None
        line = self.event_queue_per_concurrency_id.get(function.concurrency_id) if function else None
        self._refuse_too_many(request, function.concurrency_id if function else "")
        if line and len(line.queue) >= MOST_WAITING:
            return False, f"{len(line.queue)} requests wait here already: ask again in a minute.", "queue_full"
        pushed: tuple[bool, Any, Any] = await super().push(body, request, username)
        self._forget_old_pages(body.session_hash)
        return pushed

    def _forget_old_pages(self, newest: str | None) -> None:
        """Gradio keeps what is to be told to its 2,000 newest pages, a program's request counting as one, and a note of
        each there ever was. Newest is to be what asked last, not what was opened last, and the notes go with the rest.
        """
        told = self.pending_messages_per_session
        if newest in told:
            told.move_to_end(newest)
        if len(self.pending_event_ids_session) > 2 * told.max_size:
            noted = self.pending_event_ids_session.items()
            self.pending_event_ids_session = {page: ids for page, ids in noted if page in told}


def _waits(event: Event, under_way: list[Event]) -> bool:
    """Whether a request of an ordered line waits for another of its page, or of its visitor."""
    beside = [one for one in under_way if one.concurrency_id == event.concurrency_id]
    if any(one.session_hash == event.session_hash for one in beside):
        return True
    mine = _caller(event.request)
    return event.concurrency_id in ONE_EACH and mine is not None and any(_is_same(mine, one) for one in beside)


def _is_same(mine: Caller, other: Event) -> bool:
    theirs = _caller(other.request)
    return theirs is not None and mine.is_same(theirs)


def _caller(request: Any) -> Caller | None:
    """Who sent a request; None where nobody is told from others."""
    scope = getattr(request, "scope", None) or {}
    caller: Caller | None = scope.get(CALLER)
    return caller
