"""A run is renamed, deleted, sent out and brought in on the “Train” tab; what goes wrong is a sentence."""

import shutil
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from train_tab import LISTS, enabled, is_skipped, lists, look, names, new, now, sent

from smallimg import DEFAULT_BUNDLE
from smallimg.runs.process import stop_run
from smallimg.runs.run import (
    Run,
    list_runs,
    read_run,
    rename_run,
)
from smallimg.training.start import SUITED
from smallimg.ui.train import actions
from smallimg.ui.train.cards import NO_RUN


def test_a_run_is_renamed_and_noted(trained: Run, tmp_path: Path) -> None:
    newest = new("newest", tmp_path)
    bundle = trained.id
    message, *rest = actions.rename_chosen(trained.id, " better  name", "it was late", *now(model=bundle))
    assert message == ""
    fresh = lists(tuple(rest))
    assert sent(fresh["chosen"]) == trained.id
    assert fresh["chosen"].choices == [("newest", newest.id), ("better name", trained.id)]
    assert sent(fresh["model"]) == "stays", "it is on in “Try it” and stays on, under its new name"
    assert ("better name (trained here)", bundle) in fresh["model"].choices
    assert actions.open_run(trained.id)[:2] == ("better name", "it was late")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_that_is_none_changes_nothing(trained: Run, name: str) -> None:
    assert "needs a name" in actions.rename_chosen(trained.id, name, "note")[0]
    assert actions.open_run(trained.id)[:2] == ("trained", "")


def test_without_a_run_every_button_is_a_sentence() -> None:
    for message in (actions.act(stop_run, None), actions.delete_chosen("")[0], actions.rename_chosen(None, "a", "")[0]):
        assert "is no id of a run" in message


def test_deleting_is_done_only_when_it_is_meant(trained: Run) -> None:
    message, *rest = actions.delete_chosen(None)
    assert message == ""
    assert all(map(is_skipped, rest))
    assert trained.path.is_dir()


def test_a_deleted_run_is_chosen_nowhere_any_more(trained: Run, tmp_path: Path) -> None:
    left = new("left", tmp_path)
    bundle = trained.id
    message, *rest = actions.delete_chosen(trained.id, *now(others=[left.id], model=bundle, start_from=bundle))
    assert message == ""
    fresh = lists(tuple(rest))
    assert [sent(fresh[name]) for name in ("chosen", "others", "start_from")] == [left.id, "stays", SUITED]
    assert sent(fresh["model"]) == DEFAULT_BUNDLE
    for name in LISTS[:4]:
        assert not any(trained.id in value for _, value in fresh[name].choices)
    assert [run.id for run in list_runs()] == [left.id]


@pytest.mark.parametrize("model", ["challenge", DEFAULT_BUNDLE, "its own"])
def test_deleting_one_run_leaves_what_is_chosen_of_others(trained: Run, tmp_path: Path, model: str) -> None:
    chosen = trained.id if model == "its own" else model
    other = new("other", tmp_path)
    _, *rest = actions.delete_chosen(other.id, *now(others=[other.id, trained.id], model=chosen, start_from=chosen))
    fresh = lists(tuple(rest))
    assert [sent(fresh[name]) for name in LISTS[:4]] == [trained.id, [trained.id], "stays", "stays"]


def test_a_run_that_another_tab_deleted_leaves_the_lists(trained: Run) -> None:
    shutil.rmtree(trained.path)
    assert look(trained.id)["card"] == NO_RUN
    message, *rest = actions.delete_chosen(trained.id)
    assert "There is no run" in message
    assert lists(tuple(rest))["chosen"].choices == []


def test_a_bundle_goes_out_and_comes_in_again(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smallimg.runs.adopt.write_anew", lambda _: "")  # tested elsewhere, and takes its time
    rename_run(trained.id, "Mugs & cups")
    message, zipped = actions.export_chosen(trained.id)
    assert message == ""
    archive = Path(zipped)
    assert actions.export_chosen(trained.id)[1] != zipped, "nobody can guess where it lies"
    with zipfile.ZipFile(archive) as file:
        assert f"{trained.id}/bundle.json" in file.namelist()
        assert not any("config.json" in name or "metrics" in name for name in file.namelist())
    message, *rest = actions.bring_in(str(archive), *now(model="challenge"))
    assert "“Mugs &amp; cups (2)” is here" in message
    assert sent(lists(tuple(rest))["model"]) == "stays"
    brought = read_run(sent(lists(tuple(rest))["chosen"]))
    assert (brought.config.name, brought.status, brought.bundle_ready) == ("Mugs & cups (2)", "finished", True)
    shown = look(brought.id)
    assert enabled(shown) == ["use", "export", "delete"]
    assert "brought in" in shown["card"]
    assert "seed" not in shown["card"], "nobody knows it"
    assert names(shown["quality"]) == []


def test_what_is_no_bundle_is_not_brought_in(tmp_path: Path, runs: Path) -> None:
    notes = tmp_path / "notes.zip"
    notes.write_text("milk, eggs")
    pictures = tmp_path / "pictures.zip"
    with zipfile.ZipFile(pictures, "w") as file:
        Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
        file.write(tmp_path / "a.png", "a.png")
    for archive, words in ((notes, "it is no zip"), (pictures, "to learn from them, bring them under “1 · Pictures”")):
        message, *rest = actions.bring_in(str(archive))
        assert archive.name in message
        assert words in message
        assert all(map(is_skipped, rest))
    assert actions.bring_in(None)[0] == ""
    assert not runs.exists()


def test_a_run_without_a_bundle_does_not_go_out(tmp_path: Path) -> None:
    message, zipped = actions.export_chosen(new("mine", tmp_path).id)
    assert ("No bundle" in message, zipped) == (True, None)
    message, zipped = actions.export_chosen(None)
    assert ("Choose a run first" in message, zipped) == (True, None)
