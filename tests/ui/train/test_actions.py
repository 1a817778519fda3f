"""The buttons and lists of the "Train" tab, on real runs; what goes wrong is a sentence."""

import fcntl
import json
import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import plotly.graph_objects as go
import pytest
from PIL import Image

from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import STAGE_FILES, list_bundles
from smallimg.data.kept import data_folder
from smallimg.runs.measure import write_outcome
from smallimg.runs.process import start_run, stop_run
from smallimg.runs.run import (
    Run,
    RunConfig,
    adopt_run,
    create_run,
    list_runs,
    read_log,
    read_run,
    rename_run,
)
from smallimg.training.start import IMAGENET, SCRATCH, SUITED
from smallimg.ui.train import actions, curves
from smallimg.ui.train.actions import FOLLOW
from smallimg.ui.train.cards import NO_RUN
from smallimg.ui.train.settings import AUGMENT, NUMBERS, STAGE_CHOICES, THE_RECIPES

SHOWN = ("card", "stop", "resume", "use", "export", "delete", "timer", "log",
         "curves", "outcome", "mistakes", "table", "drawn")  # fmt: skip
BUTTONS = ("stop", "resume", "use", "export", "delete")
LISTS = ("chosen", "others", "model", "start_from", "kept")


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of their own for runs, data and downloads; the first, which nobody has made yet."""
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    return tmp_path / "runs"


def new(name: str, data: Path, **fields: Any) -> Run:
    return create_run(RunConfig(name, str(data), **fields))


@pytest.fixture
def trained(tiny_bundle: Path, tiny_challenge: Path) -> Run:
    """A finished run: its bundle, two epochs, and no results yet."""
    files = {name: tiny_bundle / name for name in ("bundle.json", "README.md", *STAGE_FILES.values())}
    run = adopt_run(RunConfig("trained", str(tiny_challenge), stages=("classifier",)), files)
    write_epochs(run, "classifier", [0.25, 0.75])
    return run


def write_epochs(run: Run, stage: str, accuracies: list[float]) -> None:
    with (run.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
        for epoch, accuracy in enumerate(accuracies, start=1):
            metrics = {"val_accuracy": accuracy, "val_precision": accuracy, "loss": 1.0, "learning_rate": 1e-3}
            file.write(json.dumps({"stage": stage, "epoch": epoch, "epochs": 2, "seconds": 1, "metrics": metrics}))
            file.write("\n")


def write_status(run: Run, **said: Any) -> None:
    (run.path / "status.json").write_text(json.dumps(said), encoding="utf-8")


@contextmanager
def training(run: Run) -> Iterator[None]:
    """Pass for the worker of a run that trains: hold its lock."""
    write_status(run, status="running", stage="classifier", epoch=2, epochs=4, queued=1.0)
    with (run.path / "lock").open("w") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        yield


def look(run_id: str | None, others: list[str] | None = None, stage: str = FOLLOW, drawn: str = "") -> dict[str, Any]:
    """What is shown, by name; the curves as the three figures the page draws from them."""
    shown = dict(zip(SHOWN, actions.look_at_run(run_id, others, stage, drawn), strict=True))
    drawn_now = json.loads(shown["curves"]) if isinstance(shown["curves"], str) else {"figures": [], "sentence": ""}
    by_name = {name: go.Figure(figure) for name, figure in zip(curves.NAMES, drawn_now["figures"], strict=False)}
    return shown | by_name | {"sentence": drawn_now["sentence"]}


def lists(answer: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(LISTS, answer, strict=True))


def sent(component: Any, name: str = "value") -> Any:
    """What an update changes; what it does not name stays in the page."""
    return component.constructor_args.get(name, "stays")


def enabled(shown: dict[str, Any]) -> list[str]:
    return [name for name in BUTTONS if shown[name].interactive]


def is_skipped(value: Any) -> bool:
    return bool(value == gr.skip())


def capture_toasts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is told in a corner of the page, which there is none of here."""
    told: list[str] = []
    monkeypatch.setattr(gr, "Info", lambda text, **options: told.append(text))
    return told


def names(figure: Any) -> list[str]:
    return [curve.name for curve in figure.data]


@pytest.fixture
def data_id(tiny_challenge: Path) -> str:
    """The tiny challenge among the data sets that are there."""
    data_folder().mkdir(exist_ok=True)
    (data_folder() / "tiny").symlink_to(tiny_challenge)
    return "tiny"


def now(**chosen: Any) -> list[Any]:
    """What the lists besides the run's have chosen, as the page shows them at first, but for what is named."""
    at_first: dict[str, Any] = {"others": [], "model": DEFAULT_BUNDLE, "start_from": SUITED, "kept": None}
    return list((at_first | chosen).values())


def fields(**changes: Any) -> list[Any]:
    """The fields as the page shows them at first, but for the changes."""
    shown = {
        "name": "", "stages": ["classifier"], "recipe": "fast", "background": "none", "reads": "",
        "start_from": SUITED, "start_mode": "features", "seed": 42, "masks": False, "flip": THE_RECIPES,
        **dict.fromkeys(AUGMENT, ""),
    }  # fmt: skip
    for _, stage in STAGE_CHOICES:
        shown |= {f"{stage}_architecture": THE_RECIPES, **{f"{stage}_{field}": "" for field in NUMBERS}}
    assert changes.keys() <= shown.keys()
    return list((shown | changes).values())


# --- lists ----------------------------------------------------------------------------------------------------------


def test_before_the_first_run_there_is_nothing_to_choose() -> None:
    fresh = lists(actions.fresh_lists(None))
    assert (fresh["chosen"].choices, sent(fresh["chosen"]), fresh["others"].choices) == ([], None, [])
    assert [sent(fresh[name]) for name in LISTS[1:]] == [[], DEFAULT_BUNDLE, SUITED, None]
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
    bundle = str(trained.path.resolve())
    chosen = {"others": [trained.id], "model": bundle, "start_from": bundle, "kept": data_id}
    fresh = lists(actions.fresh_lists(None, *now(**chosen)))
    assert {name: sent(fresh[name]) for name in chosen} == chosen
    shutil.rmtree(trained.path)
    (data_folder() / data_id).unlink()
    fresh = lists(actions.fresh_lists(None, *now(**chosen)))
    assert {name: sent(fresh[name]) for name in chosen} == {
        "others": [], "model": DEFAULT_BUNDLE, "start_from": SUITED, "kept": None
    }  # fmt: skip
    fresh = lists(actions.fresh_lists(None, *now(model="challenge", start_from=IMAGENET)))
    assert (sent(fresh["model"]), sent(fresh["start_from"])) == ("challenge", IMAGENET)


def test_runs_with_a_bundle_can_be_used_and_started_from_wherever_the_worker_runs(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMALLIMG_RUNS", "runs")
    new("has no bundle", tmp_path)
    expected = ("trained (trained here)", str(trained.path.resolve()))
    assert actions.bundle_choices() == [*((name, name) for name in list_bundles()), expected]
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


# --- looking at a run -----------------------------------------------------------------------------------------------


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


def test_the_making_of_cut_outs_has_no_curves_of_its_own(tmp_path: Path) -> None:
    run = new("mine", tmp_path, stages=("detector",))
    write_status(run, status="failed", reason="No space.", stage="cutouts", epoch=1, epochs=1, step=3, steps=9)
    shown = look(run.id)
    assert "Losses of the detector" in shown["losses"].layout.title.text
    assert "No space." in shown["card"]


def test_a_finished_run_shows_its_curves_and_what_it_can_do(trained: Run) -> None:
    before = look(trained.id)
    assert enabled(before) == ["use", "export", "delete"]
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
    assert [name for name in SHOWN if is_skipped(again[name])] == list(SHOWN[8:])
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


# --- starting -------------------------------------------------------------------------------------------------------


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


def test_a_run_is_started_and_stopped(tiny_challenge: Path, data_id: str) -> None:
    """Behind one that trains, so that it leaves the line before it has loaded anything."""
    ahead = new("ahead", tiny_challenge)
    with training(ahead):
        asked = fields(name="mine", classifier_epochs="3")
        message, *rest = actions.start_new(data_id, asked, now(model="challenge"))
        assert message == ""
        assert sent(lists(tuple(rest))["model"]) == "challenge"
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


# --- renaming, deleting ---------------------------------------------------------------------------------------------


def test_a_run_is_renamed_and_noted(trained: Run, tmp_path: Path) -> None:
    newest = new("newest", tmp_path)
    bundle = str(trained.path.resolve())
    message, *rest = actions.rename_chosen(trained.id, " better  name", "it was late", *now(model=bundle))
    assert message == ""
    fresh = lists(tuple(rest))
    assert sent(fresh["chosen"]) == trained.id
    assert fresh["chosen"].choices == [("newest", newest.id), ("better name", trained.id)]
    assert sent(fresh["model"]) == bundle, "it is on in “Try it” and stays on, under its new name"
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
    bundle = str(trained.path.resolve())
    message, *rest = actions.delete_chosen(trained.id, *now(others=[left.id], model=bundle, start_from=bundle))
    assert message == ""
    fresh = lists(tuple(rest))
    assert [sent(fresh[name]) for name in ("chosen", "others", "start_from")] == [left.id, [left.id], SUITED]
    assert sent(fresh["model"]) == DEFAULT_BUNDLE
    for name in LISTS[:4]:
        assert not any(trained.id in value for _, value in fresh[name].choices)
    assert [run.id for run in list_runs()] == [left.id]


@pytest.mark.parametrize("model", ["challenge", DEFAULT_BUNDLE, "its own"])
def test_deleting_one_run_leaves_what_is_chosen_of_others(trained: Run, tmp_path: Path, model: str) -> None:
    chosen = str(trained.path.resolve()) if model == "its own" else model
    other = new("other", tmp_path)
    _, *rest = actions.delete_chosen(other.id, *now(others=[other.id, trained.id], model=chosen, start_from=chosen))
    fresh = lists(tuple(rest))
    assert [sent(fresh[name]) for name in LISTS[:4]] == [trained.id, [trained.id], chosen, chosen]


def test_a_run_that_another_tab_deleted_leaves_the_lists(trained: Run) -> None:
    shutil.rmtree(trained.path)
    assert look(trained.id)["card"] == NO_RUN
    message, *rest = actions.delete_chosen(trained.id)
    assert "There is no run" in message
    assert lists(tuple(rest))["chosen"].choices == []


# --- out and in -----------------------------------------------------------------------------------------------------


def test_a_bundle_goes_out_and_comes_in_again(trained: Run) -> None:
    rename_run(trained.id, "Mugs & cups")
    message, zipped = actions.export_chosen(trained.id)
    assert message == ""
    archive = Path(zipped)
    with zipfile.ZipFile(archive) as file:
        assert f"{trained.id}/bundle.json" in file.namelist()
        assert not any("config.json" in name or "metrics" in name for name in file.namelist())
    message, *rest = actions.bring_in(str(archive), *now(model="challenge"))
    assert "“Mugs &amp; cups (2)” is here" in message
    assert sent(lists(tuple(rest))["model"]) == "challenge"
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
