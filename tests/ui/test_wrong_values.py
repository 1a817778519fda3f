"""What every function of the page answers to values that the page never sends: a sentence, whoever wrote the handler.

The functions are those that the page has when the test runs; each is asked by its number, as anybody can ask it.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gradio as gr
import pytest

from smallimg.ui.page import NOT_TAKEN

#: One of each kind that JSON has.
WRONG: tuple[Any, ...] = ({"a": [1]}, "..", -7.5, [None, {"path": 3}], True, None)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gr.Blocks]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SMALLIMG_RUNS", "SMALLIMG_DATA", "SMALLIMG_PUBLIC", "SPACE_ID"):
            patch.delenv(name, raising=False)
        patch.setenv("SMALLIMG_HOME", str(home))
        yield _built()


def _built() -> gr.Blocks:
    async def build() -> gr.Blocks:
        import app
        from smallimg.ui.pipelines import Pipelines

        return app.build_app(Pipelines())

    with ThreadPoolExecutor(1) as thread:  # see tests/test_app.py
        return thread.submit(asyncio.run, build()).result()


async def said(page: gr.Blocks, function: Any, values: list[Any]) -> str | None:
    """The sentence of the error that a function answers with; None where it takes the values."""
    told = gr.EventData(None, {"index": values[0] if values else None, "value": WRONG[0]})
    try:
        await page.process_api(function, values, state=page.state_holder["theirs"], event_data=told)
    except gr.Error as error:
        return str(error.message)
    return None


def test_every_function_answers_wrong_values_in_a_sentence(page: gr.Blocks) -> None:
    async def ask_all() -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for number, function in page.fns.items():
            if function.fn is None:
                continue
            n = len(function.inputs)
            for values in ([], *([wrong] * n for wrong in WRONG)):
                sentence = await said(page, function, list(values))
                if sentence is not None:
                    found[f"{number} {function.name}", repr(values)[:80]] = sentence
        return found

    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(asyncio.run, ask_all()).result()
    for asked, sentence in found.items():
        assert sentence.endswith("."), (asked, sentence)
        assert not {"Traceback", "\n"} & {*sentence.split(" ")}, (asked, sentence)
    assert NOT_TAKEN in found.values()


def test_a_queue_that_is_shared_is_as_wide_as_it_says(page: gr.Blocks) -> None:
    limits: dict[Any, set[Any]] = {}
    for one in page.fns.values():
        limits.setdefault(one.concurrency_id, set()).add(one.concurrency_limit)
    assert {name: limits[name] for name in ("data", "predict", "api")} == {"data": {3}, "predict": {8}, "api": {8}}
