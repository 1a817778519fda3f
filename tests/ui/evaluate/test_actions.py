"""The lists of the "Evaluate" tab, and what its button does."""

from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from read_html import words

from smallimg import DEFAULT_BUNDLE
from smallimg.data.kept import data_folder
from smallimg.runs.evaluation import EVALUATIONS, Evaluated
from smallimg.runs.jobs import Kind
from smallimg.ui.data_choice import KEPT, OWN, SAMPLE
from smallimg.ui.evaluate import actions


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kind, "start", Kind.read)


def start(source: str, *, against: str = "", kept: str | None = None, part: str | None = None) -> Any:
    nobody = lambda *_, **__: None  # noqa: E731
    return actions.start_new(
        "challenge", against, True, True, False, "own", source, "", kept, part, progress=nobody
    )  # fmt: skip


@pytest.mark.usefixtures("nothing_starts")
def test_what_was_asked_is_written_down(tiny_challenge: Path) -> None:
    data_folder().mkdir()
    (data_folder() / "challenge").symlink_to(tiny_challenge)
    message, chosen = start(SAMPLE, against=actions.WITHOUT, part="train")
    assert message == ""
    one = EVALUATIONS.read(chosen.value)
    config = one.config
    assert (config.split, config.lesson, config.against, config.against_background) == (
        "train", True, "challenge", "none",
    )  # fmt: skip
    assert one.config.title == "challenge on challenge"
    _, chosen = start(KEPT, kept="challenge", against="everyday")
    config = EVALUATIONS.read(chosen.value).config
    assert (config.split, config.against, config.against_background) == ("test", "everyday", "own")


@pytest.mark.parametrize(
    ("source", "kept", "sentence"),
    [
        (OWN, None, "Drop a zip or a folder"),
        (KEPT, None, "Choose some of the pictures"),
        (KEPT, "../../etc", "There is no data set"),
    ],
)
def test_without_pictures_nothing_starts(folders: Path, source: str, kept: str | None, sentence: str) -> None:
    message, chosen = start(source, kept=kept)
    assert sentence in words(message)
    assert chosen == gr.skip()
    assert not folders.exists()


def test_what_was_chosen_stays_chosen_while_it_is_there() -> None:
    model, against, data = actions.fresh_lists("cifar10", actions.WITHOUT, None)
    assert not any("value" in one.constructor_args for one in (model, against, data))  # as a choice made meanwhile may
    model, against, data = actions.fresh_lists("gone", "gone", "gone")
    assert (model.value, against.value, data.value) == (DEFAULT_BUNDLE, "", None)


@pytest.mark.usefixtures("nothing_starts")
def test_what_was_put_right_is_measured_once_more_beside_the_first(one: Evaluated) -> None:
    message, chosen = actions.measure_again(one.id)
    assert message == ""
    again = EVALUATIONS.read(chosen.value)
    assert again.id != one.id
    assert again.config == one.config
    assert EVALUATIONS.read(one.id).status == "finished"
    assert "There is no evaluation" in words(actions.measure_again("gone")[0])
