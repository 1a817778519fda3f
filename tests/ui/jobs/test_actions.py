"""What the buttons and lists of a panel of jobs do, by the example of evaluations."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from read_html import words

from smallimg.files import write_json
from smallimg.runs.evaluation import EVALUATIONS, Evaluated, EvaluationConfig
from smallimg.ui.evaluate.words import WORDS, facts
from smallimg.ui.jobs import actions
from smallimg.ui.jobs.card import job_card


@pytest.fixture
def one(tmp_path: Path, tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluated:
    """One that says it is finished."""
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    made = EVALUATIONS.create(EvaluationConfig("challenge", str(tiny_challenge)))
    write_json(made.path / "status.json", {"status": "finished", "reason": "", "seconds": 3})
    (made.path / "predictions.csv").write_text("name")
    return EVALUATIONS.read(made.id)


def click(value: str) -> gr.SelectData:
    return SimpleNamespace(index=0, value=value)  # type: ignore[return-value]


def test_how_it_stands_is_read_from_its_files(one: Evaluated) -> None:
    def look(job_id: str | None, shown: str) -> tuple:
        return actions.look(EVALUATIONS, WORDS, facts, job_id, shown)

    card, stop, again, delete, timer, column, shown = look(one.id, "")
    assert "finished" in words(card)
    assert (stop.interactive, again.interactive, delete.interactive, timer.active) == (False, False, True, False)
    assert (column.visible, shown) == (True, one.id)
    *_, column, shown = look(one.id, one.id)
    assert (column, shown) == (gr.skip(), gr.skip()), "or the page would fill its views again and again"

    write_json(one.path / "status.json", {"status": "failed", "reason": "<b>No room</b>."})
    card, stop, again, delete, _, column, shown = look(one.id, one.id)
    assert "failed" in words(card)
    assert "<b>" not in card
    assert (stop.interactive, again.interactive, column.visible, shown) == (False, True, False, "")
    card, *_, shown = look("deleted-in-another-tab", one.id)
    assert ("Nothing measured yet" in words(card), shown) == (True, "")


def test_how_far_it_is_is_told_with_what_it_does(one: Evaluated) -> None:
    under_way = {"status": "running", "done": 30, "of": 60, "seconds": 30.0}
    told = [words(job_card(replace(one, **under_way, doing=doing), WORDS)) for doing in ("", "Learning")]
    assert "30 of 60 looks · about 30 s left" in told[0]
    assert "Learning: 30 of 60 looks" in told[1]
    assert "left" not in told[1]


def test_a_link_is_found_again_and_else_the_newest_one(one: Evaluated) -> None:
    for address in ({"evaluation": one.id}, {"evaluation": "gone"}, {"evaluation": {}}, None, 3):
        assert actions.restore(EVALUATIONS, WORDS, address).value == one.id


def test_a_file_is_handed_out_and_nothing_else(one: Evaluated) -> None:
    message, file = actions.take_file(EVALUATIONS, one.id, click("predictions.csv"))
    assert message == ""
    assert Path(file).read_bytes() == (one.path / "predictions.csv").read_bytes()
    for wrong in ("config.json", "../../x", "log.txt"):
        message, file = actions.take_file(EVALUATIONS, one.id, click(wrong))
        assert ("no longer there" in words(message), file) == (True, None)


def test_it_is_deleted_once_that_is_meant(one: Evaluated) -> None:
    assert actions.delete_chosen(EVALUATIONS, None) == ("", gr.skip())
    assert "nothing to stop" in words(actions.act(EVALUATIONS.stop, one.id))
    message, chosen = actions.delete_chosen(EVALUATIONS, one.id)
    assert (message, chosen.value, one.path.exists()) == ("", None, False)
