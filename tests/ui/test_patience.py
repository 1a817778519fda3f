"""Long work ends when its page was closed; a visitor's when it takes too long."""

from types import SimpleNamespace
from typing import Any

import pytest
from gradio.context import LocalContext

from smallimg.errors import DataError, Stopped
from smallimg.ui.patience import while_wanted
from smallimg.visitors.asking import Asker, asking


def told(*, longest_s: float) -> list[tuple[int, int]]:
    done: list[tuple[int, int]] = []
    report = while_wanted(lambda number, of: done.append((number, of)), longest_s=longest_s)
    for number in range(1, 4):
        report(number, 3)
    return done


def test_a_visitors_work_takes_no_longer_than_it_may() -> None:
    assert told(longest_s=-1) == [(1, 3), (2, 3), (3, 3)]  # on one's own machine
    with asking(Asker(("guest-anna",))):
        assert told(longest_s=60) == [(1, 3), (2, 3), (3, 3)]
        with pytest.raises(DataError, match="2 of 3 pictures are left: bring fewer"):
            told(longest_s=-1)


def test_it_ends_when_nobody_waits_for_it() -> None:
    event = SimpleNamespace(alive=True)
    page: Any = SimpleNamespace(_queue=SimpleNamespace(event_ids_to_events={"this": event}))
    tokens = LocalContext.blocks.set(page), LocalContext.event_id.set("this")
    try:
        assert len(told(longest_s=1)) == 3
        event.alive = False
        with pytest.raises(Stopped, match="was closed"):
            told(longest_s=1)
    finally:
        LocalContext.blocks.reset(tokens[0])
        LocalContext.event_id.reset(tokens[1])
