"""The app as a whole, not launched: what it offers to the outside."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest

from smallimg.ui import theme


@pytest.fixture(scope="module")
def demo() -> gr.Blocks:
    async def build() -> gr.Blocks:
        import app

        return app.demo

    # Where no event loop runs, Gradio makes several for each `Blocks` and never closes them. In a thread, because a
    # browser's event loop may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, build()).result()


def test_prediction_is_the_only_public_endpoint(demo: gr.Blocks) -> None:
    endpoints = demo.get_api_info()["named_endpoints"]
    assert set(endpoints) == {"/predict"}
    names = [parameter["parameter_name"] for parameter in endpoints["/predict"]["parameters"]]
    assert names == ["picture", "model", "background", "stages", "max_boxes", "score_threshold"]


def test_old_uploads_are_deleted(demo: gr.Blocks) -> None:
    assert demo.delete_cache == (3600, 24 * 3600)


def test_the_page_asks_nothing_of_the_web(demo: gr.Blocks) -> None:
    assert demo.analytics_enabled is False
    assert "http" not in theme.HEAD
    assert not re.search(r"@import|url\(['\"]?(http|//)", theme.HEAD + theme.SmallimgTheme()._get_theme_css())
