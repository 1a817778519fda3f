"""Gradio's objects are made where an event loop runs: elsewhere it makes several for each, and never closes them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")


def in_loop(make: Callable[[], Made]) -> Made:
    """What `make` returns, called within an event loop; in a thread, because a browser's may be running in this one."""

    async def called() -> Made:
        return make()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, called()).result()
