"""Work on the page ends when its page was closed, when it is cancelled, and a visitor's when it takes too long."""

from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from in_loop import in_loop

from smallimg.errors import Stopped
from smallimg.ui.page import Page
from smallimg.ui.patience import CANCELLED, counting, patience
from smallimg.ui.queues import DATA
from smallimg.visitors.asking import Asker, asking
from smallimg.visitors.wanted import wanted_while


class Event(SimpleNamespace):
    """What the queue knows of a request."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def queue_with(event: Event) -> Any:
    def build() -> Page:
        page: Page
        with Page() as page:
            gr.Button().click(lambda: None, **DATA)
        return page

    queue: Any = in_loop(build)._queue
    queue.event_ids_to_events["this"] = event
    queue.active_jobs = [[event]]
    return queue


@pytest.fixture
def event() -> Event:
    return Event(alive=True, session_hash="a page", concurrency_id="data")


def test_it_ends_when_nobody_waits_for_it(event: Event) -> None:
    check = patience(queue_with(event), "this")
    check()
    event.alive = False
    with pytest.raises(Stopped, match="was closed"):
        check()


def test_it_ends_when_its_page_says_so(event: Event) -> None:
    queue = queue_with(event)
    check = patience(queue, "this")
    queue.cancel("another page")
    check()
    event.concurrency_id = "predict"  # of other work nothing is cancelled
    queue.cancel("a page")
    check()
    event.concurrency_id = "data"
    queue.cancel("a page")
    with pytest.raises(Stopped, match="nothing of it is kept") as caught:
        check()
    assert str(caught.value) == CANCELLED


def test_a_visitors_work_takes_no_longer_than_it_may(event: Event) -> None:
    queue = queue_with(event)
    patience(queue, "this", longest_s=-1)()  # on one's own machine
    with asking(Asker(("guest-anna",))):
        patience(queue, "this", longest_s=60)()
        for request in ("this", None):
            with pytest.raises(Stopped, match="minutes, as long as a visitor’s work may take here: bring fewer"):
                patience(queue, request, longest_s=-60)()


def test_counting_tells_how_far_it_is_until_it_is_not_wanted(event: Event) -> None:
    told: list[Any] = []
    tell = counting(lambda *given, **named: told.append((*given, named)), "Drawing")
    queue = queue_with(event)
    with wanted_while(patience(queue, "this")):
        tell(1, 3)
        queue.cancel("a page")
        with pytest.raises(Stopped):
            tell(2, 3)
    assert told == [((1, 3), {"desc": "Drawing", "unit": "pictures"})]
