"""The lines in which requests wait end somewhere, each by itself; what the page remembers of who asks is small."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
from gradio.data_classes import PredictBodyInternal
from in_loop import in_loop

from smallimg.ui import queues
from smallimg.ui.page import Page
from smallimg.ui.queues import DATA, PREDICT


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
