"""The lines in which requests wait end somewhere, each by itself; what the page remembers of who asks is small."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
from gradio.data_classes import PredictBodyInternal
from in_loop import in_loop
from starlette.exceptions import HTTPException

from smallimg.ui import queues
from smallimg.ui.page import Page
from smallimg.ui.queues import DATA, PREDICT
from smallimg.ui.visitors.desk import CALLER, Caller
from smallimg.visitors.asking import Asker, asking


def page_of_two_lines() -> Page:
    page: Page
    with Page() as page:
        number, kept = gr.Number(), gr.State(0)
        gr.Button().click(
            lambda value, old: (value, old + 1), [number, kept], [number, kept], api_name="look", **PREDICT
        )
        gr.Button().click(lambda value: value, number, number, api_name="read", **DATA)
    return page


def test_a_full_line_says_so_and_another_is_open(monkeypatch: Any) -> None:
    monkeypatch.setattr(queues, "MOST_WAITING", 3)

    async def push_all() -> tuple[list[Any], Any]:
        page = page_of_two_lines()
        look, read = page.fns
        request: Any = SimpleNamespace()

        async def push(number: int) -> Any:
            return await page._queue.push(PredictBodyInternal(data=[1], fn_index=number), request, None)

        return [await push(look) for _ in range(5)], await push(read)

    with ThreadPoolExecutor(1) as thread:
        looked, other = thread.submit(asyncio.run, push_all()).result()
    assert [one[2] for one in looked] == ["success"] * 3 + ["queue_full"] * 2
    assert looked[-1][1] == "3 requests wait here already: ask again in a minute."
    assert other[0] is True


def pushed_by(names: list[str], limit: str, monkeypatch: Any) -> list[str]:
    """What a visitor of an open page is told who sends so many requests, each to the function named, that all wait."""
    monkeypatch.setenv("SMALLIMG_PUBLIC", limit)

    async def push_all() -> list[str]:
        page: Page
        with Page() as page:
            number = gr.Number()
            for name in sorted(set(names)):
                options: dict[str, Any] = PREDICT if name.startswith("look") else {}
                gr.Button().click(lambda value: value, number, number, api_name=name, **options)
        numbers = {str(function.api_name): number for number, function in page.fns.items()}
        caller = Caller(Asker(("guest-anna",)), "10.0.0.7")
        request: Any = SimpleNamespace(scope={CALLER: caller})
        said = []
        for name in names:
            try:
                with asking(caller.asker):
                    body = PredictBodyInternal(data=[1], fn_index=numbers[name])
                    said.append((await page._queue.push(body, request, None))[2])
            except HTTPException as refusal:
                said.append(f"{refusal.status_code} {refusal.detail}")
        return said

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, push_all()).result()


def test_a_visitor_has_so_many_waiting_in_a_line_and_a_page_can_be_opened_all_the_same(monkeypatch: Any) -> None:
    told = "429 You have 3 requests waiting here, as many as one can have: wait for some."
    opening = [f"opening-{number}" for number in range(8)]
    said = pushed_by(["look-1", "look-2", "look-1", "look-2", *opening, "look-1"], "requests=3", monkeypatch)
    assert said == [*["success"] * 3, told, *["success"] * 8, told]


def test_a_visitor_has_so_many_waiting_in_all_lines(monkeypatch: Any) -> None:
    said = pushed_by([f"opening-{number}" for number in range(10)], "requests=2", monkeypatch)
    told = "429 You have 8 requests waiting here, as many as one can have: wait for some."
    assert said == [*["success"] * 8, told, told]


def test_a_page_is_answered_in_the_order_in_which_it_asks_and_others_go_past() -> None:
    async def take_all() -> list[Any]:
        page = page_of_two_lines()
        look, _ = page.fns
        queue, request = page._queue, cast(Any, SimpleNamespace())
        queue.active_jobs = [None] * 4
        for session, value in (("anna", 1), ("anna", 2), ("ben", 3)):
            await queue.push(PredictBodyInternal(data=[value], fn_index=look, session_hash=session), request, None)
        taken: list[Any] = []
        for done in (None, None, 0, None):
            if done is not None:
                queue.active_jobs[done] = None
            got = queue.get_events()
            if got is not None:
                queue.active_jobs[queue.active_jobs.index(None)] = got[0]
            taken.append((got[0][0].session_hash, cast(Any, got[0][0].data).data[0]) if got else None)
        return taken

    with ThreadPoolExecutor(1) as thread:
        taken = thread.submit(asyncio.run, take_all()).result()
    assert taken == [("anna", 1), ("ben", 3), ("anna", 2), None]


def test_what_was_told_to_old_pages_is_forgotten_and_to_busy_ones_is_not() -> None:
    async def ask() -> Any:
        page = page_of_two_lines()
        queue, request = page._queue, cast(Any, SimpleNamespace())
        queue.pending_messages_per_session.max_size = 10
        for number in range(40):
            for session in ("busy", f"program {number}"):
                body = PredictBodyInternal(data=[1], fn_index=1, session_hash=session)
                assert (await queue.push(body, request, None))[0]
                queue.event_queue_per_concurrency_id["data"].queue.clear()
        return queue

    with ThreadPoolExecutor(1) as thread:
        queue = thread.submit(asyncio.run, ask()).result()
    assert len(queue.pending_messages_per_session) == 10
    assert {"busy", "program 39"} <= queue.pending_messages_per_session.keys()
    assert len(queue.pending_event_ids_session) <= 20
    assert len(queue.pending_event_ids_session["busy"]) == 40


def take_in_turn(asked: list[tuple[str, str]], *, cancel: str = "") -> list[str]:
    """Who gets a place for reading, one after the other, none of whom ends.

    Args:
        asked: (visitor, page) of each request, in their order.
        cancel: the page that cancels once all have asked.
    """

    async def take_all() -> list[str]:
        page = page_of_two_lines()
        _, read = page.fns
        queue = page._queue
        queue.active_jobs = [None] * 9
        for visitor, session in asked:
            caller = Caller(Asker((visitor,)), "127.0.0.1")
            request = cast(Any, SimpleNamespace(scope={CALLER: caller} if visitor else {}))
            await queue.push(PredictBodyInternal(data=[1], fn_index=read, session_hash=session), request, None)
        taken: list[str] = []
        line = queue.event_queue_per_concurrency_id["data"]
        while (got := queue.get_events()) is not None:
            queue.active_jobs[len(taken)] = got[0]
            line.current_concurrency += 1
            taken.append(got[0][0].session_hash)
            if cancel and len(taken) == DATA["concurrency_limit"]:
                queue.cancel(cancel)
        return taken

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, take_all()).result()


def test_a_visitor_with_many_pages_takes_one_place() -> None:
    hers = [("anna", f"hers {number}") for number in range(4)]
    assert take_in_turn([*hers, ("ben", "his"), ("cleo", "theirs"), ("dora", "late")]) == ["hers 0", "his", "theirs"]
    assert take_in_turn([("", f"page {number}") for number in range(4)]) == ["page 0", "page 1", "page 2"], (
        "all are one's own"
    )


def test_what_is_cancelled_does_not_wait_for_its_place() -> None:
    asked = [(name, name) for name in ("anna", "ben", "cleo", "dora", "emil")]
    assert take_in_turn(asked, cancel="emil") == ["anna", "ben", "cleo", "emil"]


def test_pages_are_remembered_and_single_requests_are_not() -> None:
    page: Any = in_loop(page_of_two_lines)
    [kept] = [one for one in page.blocks.values() if isinstance(one, gr.State)]
    sessions = page.app.state_holder
    sessions["a page"][kept._id] = 7
    assert sessions["a page"][kept._id] == 7
    assert sessions["another"][kept._id] == 0
    page._queue.event_ids_to_events["a program's"] = None
    assert sessions["a program's"][kept._id] == 0
    assert [*sessions.session_data] == ["a page", "another"]
    assert sys.getsizeof(sessions["a page"].config_values) < 500  # not every component's description
