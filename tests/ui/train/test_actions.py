"""The lists of the “Train” tab and its Start, on real runs; what goes wrong is a sentence."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from train_tab import LISTS, capture_toasts, enabled, fields, is_skipped, lists, look, new, now, sent, training

from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import find_bundle, list_bundles
from smallimg.data.kept import data_folder
from smallimg.runs.kept_aside import KEPT_ASIDE
from smallimg.runs.process import start_run, stop_run
from smallimg.runs.run import (
    Run,
    RunConfig,
    adopt_run,
    read_log,
    read_run,
    rename_run,
)
from smallimg.training.start import IMAGENET, SCRATCH, SUITED
from smallimg.ui.pipelines import bundle_choices
from smallimg.ui.train import actions


def test_before_the_first_run_there_is_nothing_to_choose() -> None:
    fresh = lists(actions.fresh_lists(None))
    assert (fresh["chosen"].choices, sent(fresh["chosen"]), fresh["others"].choices) == ([], None, [])
    assert [sent(fresh[name]) for name in LISTS[1:]] == ["stays", DEFAULT_BUNDLE, SUITED, "stays"]
    assert [value for _, value in fresh["model"].choices] == list_bundles()
    assert [value for _, value in fresh["start_from"].choices] == [SUITED, SCRATCH, *list_bundles(), IMAGENET]
    assert fresh["kept"].choices == []


def test_the_wanted_run_stays_chosen_and_a_lost_one_gives_way_to_the_newest(tmp_path: Path) -> None:
    first, second, third = (new(name, tmp_path) for name in ("cups", "cups", "hats"))
    fresh = lists(actions.fresh_lists(first.id))
    assert sent(fresh["chosen"]) == first.id
    assert fresh["chosen"].choices == [
        ("hats", third.id), (f"cups ({second.id})", second.id), (f"cups ({first.id})", first.id)
    ]  # fmt: skip
    assert sent(lists(actions.fresh_lists("gone-0101-000000"))["chosen"]) == third.id


def test_what_the_other_lists_have_chosen_stays_as_long_as_it_is_there(trained: Run, data_id: str) -> None:
    bundle = trained.id
    chosen = {"others": [trained.id], "model": bundle, "start_from": bundle, "kept": data_id}
    fresh = lists(actions.fresh_lists(None, *now(**chosen)))
    assert {sent(fresh[name]) for name in chosen} == {"stays"}
    again = lists(actions.same_lists(trained.id, *now(**chosen)))
    assert {sent(one) for one in again.values()} == {"stays"}  # sent again, it would take back a choice made meanwhile
    shutil.rmtree(trained.path)
    (data_folder() / data_id).unlink()
    fresh = lists(actions.fresh_lists(None, *now(**chosen)))
    assert {name: sent(fresh[name]) for name in chosen} == {
        "others": [], "model": DEFAULT_BUNDLE, "start_from": SUITED, "kept": None
    }  # fmt: skip
    fresh = lists(actions.fresh_lists(None, *now(model="challenge", start_from=IMAGENET)))
    assert (sent(fresh["model"]), sent(fresh["start_from"])) == ("stays", "stays")
    assert sent(lists(actions.same_lists("gone-0101-000000", *now()))["chosen"]) is None


def test_runs_with_a_bundle_can_be_used_and_started_from_wherever_the_worker_runs(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMALLIMG_RUNS", "runs")
    new("has no bundle", tmp_path)
    expected = ("trained (trained here)", trained.id)  # no list tells a page where the server keeps things
    assert bundle_choices() == [*((name, name) for name in list_bundles()), expected]
    assert expected in actions.start_choices()
    rename_run(trained.id, "my <best>")
    told = capture_toasts(monkeypatch)
    tabs, model = actions.use_chosen(trained.id)
    assert sent(tabs, "selected") == "try"
    assert sent(model) == expected[1]
    assert ("my <best> (trained here)", expected[1]) in model.choices
    assert told == ["“my &lt;best&gt;” is the model that looks at your pictures now."]


@pytest.mark.parametrize("run_id", [None, "", "gone-0101-000000"])
def test_without_a_bundle_nothing_is_used(run_id: str | None, tmp_path: Path) -> None:
    assert all(map(is_skipped, actions.use_chosen(run_id)))
    assert all(map(is_skipped, actions.use_chosen(new("has no bundle", tmp_path).id)))


def test_data_used_before_is_offered(tmp_path: Path) -> None:
    (tmp_path / "data" / "pets").mkdir(parents=True)
    [(label, chosen)] = lists(actions.fresh_lists(None))["kept"].choices
    assert chosen == "pets"
    assert label.startswith("pets – 0 pictures, ")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stages": []}, "Choose something to learn first"),
        ({"classifier_epochs": "many"}, "“classifier: epochs” must be a whole number"),
        ({"classifier_epochs": "0"}, "at least"),
        ({"degrees": "x"}, "“Turn, ± degrees” must be a number"),
        ({"name": "x" * 81}, "at most 80 letters"),
        ({"start_from": "no-such-bundle"}, "no-such-bundle"),
        ({"start_from": IMAGENET, "stages": ["detector"]}, "ImageNet"),
    ],
)
def test_what_keeps_a_run_from_starting_is_a_sentence(
    data_id: str, runs: Path, changes: dict[str, Any], sentence: str
) -> None:
    message, *rest = actions.start_new(data_id, fields(**changes), now())
    assert sentence in message
    assert 'role="status"' in message
    assert len(rest) == len(LISTS)
    assert all(map(is_skipped, rest))
    assert not runs.exists()


@pytest.mark.parametrize("data_id", ["", "gone", "../runs", "/etc"])
def test_a_run_without_data_does_not_start(runs: Path, data_id: str) -> None:
    message, *rest = actions.start_new(data_id, fields(), now())
    assert "Choose the pictures first" in message
    assert all(map(is_skipped, rest))
    assert not runs.exists()


def test_pictures_taken_class_by_class_are_learned_whatever_was_chosen_before(
    tiny_challenge: Path, data_id: str
) -> None:
    assert all(map(is_skipped, actions.start_built("", (), *fields(), *now())))
    with training(new("ahead", tiny_challenge)):
        values = [*fields(stages=["remover", "detector"], background="own"), *now()]
        message, chosen, *_ = actions.start_built(data_id, ("classifier",), *values)
        run = read_run(sent(chosen))
        assert (message, run.config.stages, run.config.background) == ("", ("classifier",), "none")
        stop_run(run.id)
        # Where something was learned from them already, it goes on from there; but not from what somebody chose.
        features = {"start_from": "everyday", "start_mode": "features"}
        learned = adopt_run(RunConfig("cups", str(tiny_challenge), stages=("classifier",), **features), {})
        shutil.copytree(find_bundle("challenge"), learned.path, dirs_exist_ok=True)
        (learned.path / KEPT_ASIDE).write_text("")
        for chosen, source, after in (
            (SUITED, str(learned.path.resolve()), learned.id),
            ("challenge", "challenge", ""),
        ):
            values = [*fields(start_from=chosen), *now()]
            message, started, *_ = actions.start_built(data_id, ("classifier",), *values)
            assert message == ""
            run = read_run(sent(started))
            assert (run.config.start_from, run.config.after) == (source, after)
            stop_run(run.id)


def test_a_run_is_started_and_stopped(tiny_challenge: Path, data_id: str) -> None:
    """Behind one that trains, so that it leaves the line before it has loaded anything."""
    ahead = new("ahead", tiny_challenge)
    with training(ahead):
        asked = fields(name="mine", classifier_epochs="3")
        message, *rest = actions.start_new(data_id, asked, now(model="challenge"))
        assert message == ""
        assert sent(lists(tuple(rest))["model"]) == "stays"
        run = read_run(sent(lists(tuple(rest))["chosen"]))
        assert (run.config.name, run.config.overrides) == ("mine", {"classifier": {"epochs": 3}})
        assert (run.status, run.position) == ("waiting", 1)
        shown = look(run.id)
        assert "One run is before it" in shown["card"]
        assert enabled(shown) == ["stop"]
        assert "under way already" in actions.act(start_run, run.id)
        assert "stop it before you delete it" in actions.delete_chosen(run.id)[0]
        assert actions.act(stop_run, run.id) == ""
        deadline = time.monotonic() + 60
        while read_run(run.id).is_alive:
            assert time.monotonic() < deadline, read_log(run.id)
            time.sleep(0.1)
    assert "stopped before its turn came" in look(run.id)["card"]
    assert "nothing to stop" in actions.act(stop_run, run.id)
