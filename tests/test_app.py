"""The app as a whole, not launched: what it offers to the outside."""

import re

import gradio as gr
import pytest
from in_loop import in_loop

from smallimg.ui import theme
from smallimg.ui.page import Page


@pytest.fixture(scope="module")
def demo() -> gr.Blocks:
    def build() -> gr.Blocks:
        import app

        return app.demo

    return in_loop(build)


def test_prediction_and_cards_are_all_that_is_public(demo: gr.Blocks) -> None:
    """No training, no files, no timers: what is listed here is what programs, and assistants over MCP, are offered."""
    told = demo.get_api_info()
    assert set(told["named_endpoints"]) == {"/predict", "/model_card"}
    assert told["unnamed_endpoints"] == {}
    assert isinstance(demo, Page)


def test_old_uploads_are_deleted(demo: gr.Blocks) -> None:
    assert demo.delete_cache == (3600, 24 * 3600)


def test_the_page_asks_nothing_of_the_web(demo: gr.Blocks) -> None:
    assert demo.analytics_enabled is False
    assert not re.search(r"https?://\w", theme.HEAD)
    assert not re.search(r"@import|url\(['\"]?(http|//)", theme.HEAD + theme.SmallimgTheme()._get_theme_css())


def test_of_two_choices_in_a_row_the_last_is_shown(demo: gr.Blocks) -> None:
    asked = [(one, {event for _, event in one.targets}) for one in demo.fns.values() if one.targets]
    choices = [one for one, events in asked if events <= {"input", "change"}]
    assert len(choices) > 30
    shown = {"open_cell", "open_pictures", "choose_kept", "choose_example", "rung"}
    opening = [one for one, events in asked if events == {"select"} and one.name in shown]
    assert len(opening) == 7
    assert not [one for one in (*choices, *opening) if one.trigger_mode == "once"]


def test_what_is_pressed_twice_is_done_once(demo: gr.Blocks) -> None:
    """A second press of an example would say that it is there already, of a download bring it twice."""
    pressed = [one for one in demo.fns.values() if one.name in {"add_example", "save_chosen", "act_on_finding"}]
    assert len(pressed) == 3
    assert {one.trigger_mode for one in pressed} == {"once"}


def test_what_shows_no_progress_is_followed_at_one_place(demo: gr.Blocks) -> None:
    """A page looks up every such place with each step of each request: with all outputs it was busy for seconds."""
    hidden = [one for one in demo.fns.values() if one.show_progress == "hidden"]
    assert hidden
    assert {place._id for one in hidden for place in one.show_progress_on or one.outputs} == {demo.children[0]._id}
