"""`python -m smallimg runs …`: real runs in a folder of their own, real workers that wait behind a made-up one."""

import fcntl
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import ROOT
from command_line import run as command
from made_data import save
from typer.testing import Result

from smallimg.bundles.bundle import CHECKPOINTS
from smallimg.files import write_json
from smallimg.runs.run import Run, RunConfig, adopt_run, create_run, list_runs, read_log, read_run


def runs(*arguments: object) -> Result:
    """A verb of `runs`."""
    return command("runs", *arguments)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "runs"
    monkeypatch.setenv("SMALLIMG_RUNS", str(folder))
    return folder


@pytest.fixture
def trained(tmp_path: Path) -> Run:
    """A run in the middle of its classifier, as its worker would have left it."""
    run = create_run(RunConfig("On my desk", str(tmp_path), stages=("classifier",), note="it was late"))
    state = {"status": "stopped", "reason": "It was stopped in epoch 3.", "stage": "classifier", "epoch": 3}
    write_json(run.path / "status.json", state | {"epochs": 40, "step": 2, "steps": 9, "seconds": 90.0})
    lines = [
        {"stage": "classifier", "epoch": epoch, "epochs": 40, "seconds": 1.0,
         "metrics": {"loss": 1 / epoch, "val_accuracy": share, "val_precision": share}}
        for epoch, share in ((1, 0.25), (2, 0.75), (3, 0.5))
    ]  # fmt: skip
    (run.path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (run.path / "log.txt").write_text("classifier begins\nstopped\n")
    return read_run(run.id)


@pytest.fixture
def bundle() -> Run:
    """A finished run with the shipped bundle."""
    shipped = {path.name: path for path in (CHECKPOINTS / "challenge").iterdir()}
    return adopt_run(RunConfig("shipped", ""), shipped)


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Run]:
    """A run that is under way as far as anybody can tell, and never ends: this process holds its lock."""
    run = create_run(RunConfig("long", str(tmp_path)))
    write_json(run.path / "status.json", {"status": "running", "queued": 1.0})
    with (run.path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield run


def measure(run: Run, split: str, matrix: list[list[int]]) -> None:
    """Write the results of a run, as far as they are read here."""
    content = {"split": split, "metrics": {"confusion_matrix": matrix}, "pictures": []}
    write_json(run.path / "results.json", content)


class TestList:
    def test_table_is_aligned(self, trained: Run, bundle: Run) -> None:
        result = runs("list")
        assert result.exit_code == 0, result.stderr
        head, *lines = result.stdout.splitlines()
        assert head.split() == ["id", "name", "status", "at", "validation", "test", "minutes"]
        assert [line.split()[0] for line in lines] == [bundle.id, trained.id], "the newest first"
        assert len({len(line) for line in (head, *lines)}) == 1
        assert lines[1].split("  ")[-1].strip() == "1.5"
        for text in ("On my desk", "stopped", "classifier 3/40", "75.0%"):
            assert text in lines[1]
        assert lines[1].index("On my desk") == head.index("name") == lines[0].index("shipped", len(bundle.id))

    def test_a_bundle_without_a_test_has_no_test_figure(self, trained: Run) -> None:
        measure(trained, "validation", [[3, 0], [0, 4]])
        line = runs("list").stdout.splitlines()[1].replace("\u00a0", " ")
        assert line.split("  ")[-6:] == ["7 of 7 (65–100 %)", "", " –", "", "", "1.5"]
        assert "%" not in line.replace("(65–100 %)", "")
        told = json.loads(runs("list", "--json").stdout)
        assert (told["test_accuracy"], told["test_accuracy_interval"], told["test_n"]) == (None, None, None)
        assert (told["validation_accuracy"], told["validation_n"]) == (1.0, 7)
        assert told["validation_accuracy_interval"] == pytest.approx([0.6457, 1], abs=1e-4)

    def test_a_test_stands_beside_what_the_classifier_did_in_training(self, trained: Run) -> None:
        write_json(trained.path / "status.json", {"status": "finished", "validation": 8})
        measure(trained, "test", [[90, 0], [10, 0]])
        line = runs("list").stdout.splitlines()[1].replace("\u00a0", " ")
        assert "6 of 8 (41–93 %)  90 % (83–94 %)" in line
        told = json.loads(runs("list", "--json").stdout)
        assert (told["test_accuracy"], told["test_n"], told["validation_accuracy"]) == (0.9, 100, None)

    def test_json_lines(self, trained: Run) -> None:
        told = json.loads(runs("list", "--json").stdout)
        assert (told["id"], told["name"], told["status"]) == (trained.id, "On my desk", "stopped")
        assert (told["stage"], told["epoch"], told["epochs"], told["seconds"]) == ("classifier", 3, 40, 90.0)
        assert (told["best"], told["best_epoch"]) == ({"classifier": 0.75}, {"classifier": 2})
        assert told["test_accuracy"] is None

    def test_no_runs(self, folder: Path) -> None:
        result = runs("list")
        assert (result.exit_code, result.stdout) == (0, "")
        assert str(folder) in result.stderr


class TestShow:
    def test_all_about_a_run(self, trained: Run) -> None:
        measure(trained, "test", [[5, 3], [0, 0]])
        result = runs("show", trained.id[:4])
        assert result.exit_code == 0, result.stderr
        rows = {line[: line.index("  ")]: line.split("  ", 1)[1].strip() for line in result.stdout.splitlines()}
        assert rows["id"] == trained.id
        assert rows["note"] == "it was late"
        assert rows["status"] == "stopped. It was stopped in epoch 3."
        assert rows["classifier"] == "3/40  loss 0.3333  val_accuracy 0.5  val_precision 0.5"
        assert rows["best classifier"] == "epoch 2  val_accuracy 0.75"
        assert rows["classifier accuracy"].startswith("62.5 ± 12.5 % on validation")
        assert rows["test accuracy"].replace("\u00a0", " ") == "5 of 8 (31–86 %) (the whole bundle)"
        assert "validation accuracy" not in rows
        assert "overrides" not in rows

    def test_without_a_test_nothing_is_called_one(self, trained: Run) -> None:
        measure(trained, "validation", [[3, 0], [0, 4]])
        shown = runs("show", trained.id).stdout
        assert "test accuracy" not in shown
        assert "validation accuracy   7 of 7" in shown

    def test_log_when_asked_for(self, trained: Run) -> None:
        assert "begins" not in runs("show", trained.id).stdout
        assert runs("show", trained.id, "--log").stdout.endswith("\n\nclassifier begins\nstopped\n")


def test_a_finished_run_is_at_nothing(trained: Run) -> None:
    state = {"status": "finished", "reason": "", "stage": "measuring", "epoch": 1, "epochs": 1, "step": 45, "steps": 60}
    write_json(trained.path / "status.json", state)
    assert "45/60" not in runs("list").stdout
    shown = runs("show", trained.id).stdout
    assert "finished" in shown
    assert "45/60" not in shown


class TestIds:
    def test_the_beginning_must_tell_runs_apart(self, tmp_path: Path) -> None:
        short, long = (create_run(RunConfig(name, str(tmp_path))) for name in ("same", "same as before"))
        result = runs("show", "same")
        assert (result.exit_code, result.stdout) == (1, "")
        assert short.id in result.stderr
        assert long.id in result.stderr
        assert runs("show", "same-as").stdout.split()[1] == long.id

    def test_a_whole_id_is_enough_even_if_another_begins_with_it(self, tmp_path: Path) -> None:
        run = create_run(RunConfig("a", str(tmp_path)))
        (run.path.parent / f"{run.id}-1").mkdir()
        (run.path.parent / f"{run.id}-1" / "config.json").write_text((run.path / "config.json").read_text())
        assert runs("show", run.id).stdout.split()[1] == run.id

    @pytest.mark.parametrize("run_id", ["nobody", "..", "/etc"])
    @pytest.mark.parametrize("verb", [["show"], ["stop"], ["resume"], ["delete"], ["rename", "x"], ["export", "x.zip"]])
    def test_unknown_ids_are_a_sentence(self, trained: Run, verb: list[str], run_id: str) -> None:
        result = runs(verb[0], run_id, *verb[1:])
        assert (result.exit_code, result.stdout) == (1, "")
        assert "has an id like" in result.stderr
        assert len(list_runs()) == 1

    @pytest.mark.parametrize("verb", [["show"], ["stop"], ["resume"], ["delete"], ["rename", "x"], ["export", "x.zip"]])
    def test_an_empty_id_is_none(self, trained: Run, verb: list[str]) -> None:
        result = runs(verb[0], "", *verb[1:])
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Invalid value for 'ID': it is empty" in result.stderr
        assert len(list_runs()) == 1

    def test_a_note_can_be_taken_away(self, trained: Run) -> None:
        assert runs("note", trained.id, "").exit_code == 0
        assert read_run(trained.id).config.note == ""


class TestChanges:
    def test_rename_note_delete(self, trained: Run) -> None:
        assert runs("rename", trained.id, "On  the table").stdout == f"{trained.id} is “On the table” now.\n"
        assert runs("note", trained.id, "better").exit_code == 0
        config = read_run(trained.id).config
        assert (config.name, config.note) == ("On the table", "better")
        assert runs("rename", trained.id, " ").exit_code == 1
        assert runs("delete", trained.id).exit_code == 0
        assert list_runs() == []

    def test_what_is_under_way_is_not_deleted(self, busy: Run) -> None:
        result = runs("delete", busy.id)
        assert (result.exit_code, "stop it before" in result.stderr) == (1, True)

    def test_export_and_import(self, bundle: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("smallimg.runs.adopt.write_anew", lambda _: "")  # tested elsewhere, and takes its time
        assert runs("export", bundle.id, tmp_path).exit_code == 0
        archive = tmp_path / f"{bundle.id}.zip"
        result = runs("import", archive, "--name", "again")
        assert result.exit_code == 0, result.stderr
        run = read_run(result.stdout.strip())
        assert (run.config.name, run.status, run.bundle_ready) == ("again", "finished", True)

    def test_nothing_to_export_or_import(self, trained: Run, tmp_path: Path) -> None:
        result = runs("export", trained.id, tmp_path / "x.zip")
        assert (result.exit_code, "no trained network yet" in result.stderr) == (1, True)
        result = runs("import", tmp_path / "gone.zip")
        assert (result.exit_code, "gone.zip" in result.stderr) == (1, True)


class TestStart:
    def test_start_stop_and_resume(self, busy: Run, tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tiny_challenge.parent)
        options = ("--stage", "classifier", "--background", "none", "--epochs", 2, "--seed", 3)
        result = runs("start", tiny_challenge.name, "--name", "mine", *options)
        assert result.exit_code == 0, result.stderr
        run = read_run(result.stdout.strip())
        assert (run.status, run.position) == ("waiting", 1)
        assert run.config == RunConfig(
            "mine", str(tiny_challenge.resolve()), stages=("classifier",), background="none", epochs=2, seed=3
        )
        assert "place 1 in line" in runs("show", run.id).stdout
        for verb in ("stop", "resume", "stop"):
            result = runs(verb, run.id)
            assert result.exit_code == 0, result.stderr
            if verb == "stop":
                wait_until_it_ends(run)
        assert read_run(run.id).reason == "It was stopped before its turn came."
        result = runs("stop", run.id)
        assert (result.exit_code, "nothing to stop" in result.stderr) == (1, True)

    def test_stages_that_the_recipe_needs(self, busy: Run, tiny_challenge: Path) -> None:
        for asked, stages in (
            (("--background", "own"), ("remover", "detector", "classifier")),
            (("--background", "none"), ("detector", "classifier")),
            (("--start-from", "challenge"), ("detector", "classifier")),  # which brings its remover
            (("--stage", "classifier", "--stage", "remover"), ("remover", "classifier")),
        ):
            run = read_run(runs("start", tiny_challenge, "--name", "x", *asked).stdout.strip())
            assert run.config.stages == stages
            runs("stop", run.id)
            wait_until_it_ends(run)

    def test_what_a_run_is_asked_is_kept(self, busy: Run, tiny_challenge: Path) -> None:
        asked = ("--reads", "cutout", "--start-from", "challenge", "--start-mode", "last", "--boxes-from-masks")
        run = read_run(runs("start", tiny_challenge, "--name", "x", *asked).stdout.strip())
        assert run.config.overrides == {"detector": {"reads": "cutout"}, "classifier": {"reads": "cutout"}}
        assert (run.config.start_from, run.config.start_mode) == ("challenge", "last")
        assert run.config.boxes_from_masks
        assert run.config.max_pixels is None
        runs("stop", run.id)
        wait_until_it_ends(run)

    def test_how_large_pictures_may_be_goes_to_its_process(
        self, busy: Run, tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SMALLIMG_MAX_PIXELS", "1")  # put back afterwards
        run = read_run(runs("start", tiny_challenge, "--name", "x", "--max-pixels", 300_000_000).stdout.strip())
        assert run.config.max_pixels == 300_000_000
        runs("stop", run.id)
        wait_until_it_ends(run)
        monkeypatch.setenv("SMALLIMG_MAX_PIXELS", "1")  # whoever resumes it may say something else
        started: list[dict[str, str]] = []
        popen = subprocess.Popen

        def look(*arguments: Any, **options: Any) -> Any:
            started.append(options["env"])
            return popen(*arguments, **options)

        monkeypatch.setattr("smallimg.runs.process.subprocess.Popen", look)
        runs("resume", run.id)
        runs("stop", run.id)
        wait_until_it_ends(run)
        assert started[0]["SMALLIMG_MAX_PIXELS"] == "300000000"

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            (("--stage", "detector", "--background", "none"), "The detector learns from boxes and this data has none"),
            (("--stage", "remover"), "The remover learns from masks, and not every picture here has one"),
            (("--stage", "segmenter", "--background", "none"), "The segmenter learns from masks"),
            (("--stage", "classifier", "--start-from", "scratch"), "there is none yet: train the stage “remover” too"),
            (("--stage", "classifier", "--epochs", 100_001), "Training takes 100,000 epochs at most"),
            (("--stage", "classifier", "--start-from", "gone"), "No bundle “gone”"),
        ],
    )
    def test_what_cannot_be_trained_is_refused_at_once(
        self, folder: Path, tmp_path: Path, asked: tuple[object, ...], said: str
    ) -> None:
        for name in ("cup/a.jpg", "cup/b.jpg", "ball/c.jpg", "ball/d.jpg"):
            save(tmp_path / "things" / name)
        result = runs("start", tmp_path / "things", "--name", "x", *asked)
        assert (result.exit_code, result.stdout) == (1, "")
        assert said in result.stderr
        assert list_runs() == []

    def test_data_that_cannot_be_read_is_refused_at_once(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "things").mkdir()
        result = runs("start", tmp_path / "things", "--name", "x")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "found an empty folder" in result.stderr
        assert list_runs() == []

    def test_missing_data_is_a_sentence(self, folder: Path, tmp_path: Path) -> None:
        result = runs("start", tmp_path / "gone", "--name", "x")
        assert (result.exit_code, "gone" in result.stderr) == (1, True)
        assert list_runs() == []

    @pytest.mark.parametrize("arguments", [("start",), ("start", "."), ("start", ".", "--name", "x", "--stage", "y")])
    def test_wrong_use(self, arguments: tuple[str, ...]) -> None:
        assert runs(*arguments).exit_code == 2


def wait_until_it_ends(run: Run) -> None:
    deadline = time.monotonic() + 60
    while (now := read_run(run.id)).is_alive:
        assert time.monotonic() < deadline, f"{now}\n{read_log(run.id)}"
        time.sleep(0.1)


def test_reading_needs_no_heavy_import(trained: Run) -> None:
    code = f"""
import sys
from smallimg.cli.main import app
for words in (["list"], ["show", "{trained.id}"], ["stop", "{trained.id}"]):
    try:
        app(["runs", *words])
    except SystemExit:
        pass
print({{"torch", "rembg", "onnxruntime", "pandas", "plotly"}} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
    assert "nothing to stop" in done.stderr
