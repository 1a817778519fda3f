"""What the page remembers of those who have it open."""

from typing import Any

import gradio as gr
from in_loop import in_loop

from smallimg.ui.sessions import MOST_CLOSED, MOST_PAGES, LeanSessions


def page() -> gr.Blocks:
    with gr.Blocks() as blocks:
        gr.Dropdown(["a"], elem_id="choice")
        gr.State(0)
    return blocks


def test_a_page_keeps_its_values_and_no_description_of_what_it_was_sent_and_shown() -> None:
    def remembered() -> tuple[Any, ...]:
        blocks, sessions = page(), LeanSessions()  # type: ignore[no-untyped-call, unused-ignore]
        sessions.set_blocks(blocks)
        choice, state = (one for one in blocks.blocks.values() if isinstance(one, gr.Dropdown | gr.State))
        session = sessions["opened"]
        session[choice._id] = gr.Dropdown(["a", "b"], render=False)
        session._update_config(choice._id)
        session._update_value_in_config(choice._id, "of a visitor")
        session[state._id] = 7
        again = sessions["opened"]
        for number in range(MOST_PAGES):
            _ = sessions[f"page {number}"]
        forgotten = "opened" not in sessions
        return again[choice._id].choices, again[state._id], list(again.components), again.config_values, forgotten

    choices, value, described, values, forgotten = in_loop(remembered)
    assert choices == [("a", "a"), ("b", "b")]
    assert value == 7
    assert described == []
    assert values == {}
    assert forgotten


def test_of_closed_pages_only_the_last_are_remembered() -> None:
    def remembered() -> list[str]:
        sessions = LeanSessions()  # type: ignore[no-untyped-call, unused-ignore]
        sessions.set_blocks(page())
        _ = sessions["open"]
        for number in range(MOST_CLOSED + 20):
            sessions[f"page {number}"].is_closed = True
        _ = sessions["another"]
        return [*sessions.session_data]

    assert in_loop(remembered) == ["open", *(f"page {number}" for number in range(20, MOST_CLOSED + 20)), "another"]
