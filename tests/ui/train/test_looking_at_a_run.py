"""What the “Train” tab shows of a run, whatever state it is in."""

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from train_tab import SHOWN, enabled, is_skipped, look, names, new, training, write_epochs, write_status

from smallimg.runs.measure import write_outcome
from smallimg.runs.run import Run, rename_run
from smallimg.ui.train import actions
from smallimg.ui.train.cards import NO_RUN


@pytest.mark.parametrize("run_id", [None, "", "gone-0101-000000", "../etc"])
def test_no_run_shows_an_invitation(run_id: str | None) -> None:
    shown = look(run_id, ["gone-too"])
    assert (shown["card"], enabled(shown), shown["log"], shown["table"]) == (NO_RUN, [], "", "")
    assert shown["curves"] is None
    assert shown["timer"].active is False
    assert actions.open_run(run_id) == ("", "", "", "")


def test_a_run_that_has_not_begun(tmp_path: Path) -> None:
    run = new("mine", tmp_path, note="late")
    shown = look(run.id)
    assert enabled(shown) == ["resume", "delete"]
    assert "It has not been started." in shown["card"]
    assert [names(shown[name]) for name in ("losses", "quality", "rate")] == [[], [], []]
    assert shown["sentence"] == "No epoch of the remover was finished, so there are no curves."
    assert (shown["outcome"], shown["mistakes"], shown["log"]) == ("", "", "")
    assert "mine" in shown["table"]
    assert actions.open_run(run.id) == ("mine", "late", "", "")


def test_a_run_under_way_keeps_the_page_looking(tmp_path: Path) -> None:
    run, other = new("mine", tmp_path), new("other", tmp_path)
    (run.path / "log.txt").write_text("begun\n")
    with training(run):
        shown = look(run.id)
        assert enabled(shown) == ["stop"]
        assert (shown["timer"].active, shown["log"]) == (True, "begun")
        assert look(other.id)["timer"].active is look(None)["timer"].active is True, "the table goes on changing"
    assert look(run.id)["timer"].active is False
    assert enabled(look(run.id)) == ["resume", "delete"]


def test_a_name_given_while_curves_are_drawn_is_on_the_card(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = actions.curves_json

    def rename_meanwhile(*figures: Any, **more: Any) -> str | None:
        rename_run(trained.id, "given meanwhile")
        return draw(*figures, **more)

    monkeypatch.setattr(actions, "curves_json", rename_meanwhile)
    assert "given meanwhile" in look(trained.id)["card"], "this answer may be the last one the page is given"


def test_the_making_of_cut_outs_has_no_curves_of_its_own(tmp_path: Path) -> None:
    run = new("mine", tmp_path, stages=("detector",))
    write_status(run, status="failed", reason="No space.", stage="cutouts", epoch=1, epochs=1, step=3, steps=9)
    shown = look(run.id)
    assert "Losses of the detector" in shown["losses"].layout.title.text
    assert "No space." in shown["card"]


def test_a_finished_run_shows_its_curves_and_what_it_can_do(trained: Run) -> None:
    before = look(trained.id)
    assert enabled(before) == ["again", "use", "export", "delete"]
    assert list(before["quality"].data[0].y) == [0.25, 0.75]
    assert names(before["losses"]) == ["training"]
    assert (before["outcome"], before["sentence"]) == ("", "")

    outcome = write_outcome(trained.path, trained.config)
    shown = look(trained.id, drawn=before["drawn"])
    assert "Measured on 8 pictures of the test split" in shown["outcome"]
    assert shown["mistakes"].count("<li>") == sum(one["truth"] != one["label"] for one in outcome["pictures"])
    assert "75.0 ± 0.0 %" in shown["table"]
    one = outcome["pictures"][0]
    classes = outcome["metrics"]["classes"]
    cell = f"{classes.index(one['truth'])},{classes.index(one['label'])}"
    opened = actions.open_cell(trained.id, gr.SelectData(None, {"index": 0, "value": cell}))
    assert f'alt="{one["image"]}"' in opened
    assert actions.open_cell(trained.id, gr.SelectData(None, {"index": 0, "value": "no cell"})) == ""


def test_nothing_opens_before_there_are_results(trained: Run) -> None:
    click = gr.SelectData(None, {"index": 0, "value": "0,0"})
    assert actions.open_cell(trained.id, click) == actions.open_cell(None, click) == ""


def test_what_has_not_changed_is_not_sent_again(trained: Run, tmp_path: Path) -> None:
    drawn = look(trained.id)["drawn"]
    again = look(trained.id, drawn=drawn)
    assert [name for name in SHOWN if is_skipped(again[name])] == list(SHOWN[SHOWN.index("curves") :])
    assert "trained" in again["card"]
    for change in (
        partial(write_epochs, trained, "classifier", [0.9]),
        partial(new, "another", tmp_path),
        partial(actions.rename_run, trained.id, "renamed"),
        partial(write_status, trained, status="failed"),
        partial(write_outcome, trained.path, trained.config),
    ):
        change()
        shown = look(trained.id, drawn=drawn)
        assert not any(is_skipped(value) for value in shown.values())
        drawn = shown["drawn"]
    assert look(trained.id, stage="detector", drawn=drawn)["drawn"] != drawn


def test_the_stage_asked_for_is_drawn_and_else_the_last_that_has_begun(trained: Run) -> None:
    without = look(trained.id, stage="detector")
    assert names(without["quality"]) == []
    assert without["sentence"].startswith("The detector is not trained in this run")
    write_epochs(trained, "detector", [0.5])
    assert "detector" in look(trained.id)["losses"].layout.title.text
    assert "classifier" in look(trained.id, stage="classifier")["losses"].layout.title.text


def test_runs_of_one_name_are_compared_under_different_ones(trained: Run, tmp_path: Path) -> None:
    others = [new(name, tmp_path) for name in ("cups", "cups", "trained")]
    for other in others:
        write_epochs(other, "classifier", [0.5])
    shown = look(trained.id, [trained.id, *(other.id for other in others), "gone-0101-000000"])
    assert len(set(names(shown["rate"]))) == len(names(shown["rate"])) == 4
