"""A run's files with wrong types in them: that run says so, or shows what is left, and no other one suffers."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import run as command
from made_outcome import make_outcome
from train_tab import look
from wrong import variants

from smallimg.runs.evaluation import EVALUATIONS, EvaluationConfig
from smallimg.runs.run import Run, RunConfig, create_run, list_runs
from smallimg.ui.train import actions

PICTURE = {"image": "a.png", "truth": "cup", "label": "ball", "answer": None, "probability": 0.4, "box_score": 0.9}
FILES: dict[str, Any] = {
    "status.json": {
        "status": "stopped", "reason": "It was stopped.", "stage": "classifier", "epoch": 1, "epochs": 4, "step": 3,
        "steps": 9, "seconds": 2.5, "seconds_left": {"here": 1.0, "later": 2.0}, "updated": 1.7e9, "queued": 1.7e9,
        "validation": 5,
    },
    "metrics.jsonl": {
        "stage": "classifier", "epoch": 1, "epochs": 4, "seconds": 2.0,
        "metrics": {"val_accuracy": 0.5, "val_precision": 0.5, "loss": 1.0, "learning_rate": 0.001},
    },
    "results.json": make_outcome(
        pictures=[PICTURE], classifier_alone={"accuracy": 0.5, "epoch": 1},
    ),
    "forecast.json": {
        "parts": {"start": {"setup": 1.0, "work": 0.0, "end": 0.0, "bend": None},
                  "classifier": {"setup": 0.0, "work": 9.0, "end": 1.0, "bend": [0.1, 0.2]}},
        "download": "",
    },
}  # fmt: skip


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Run]:
    """A run whose files are as they should be, and one whose files are to be changed."""
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    (tmp_path / "pictures").mkdir()
    config = RunConfig("sound", str(tmp_path / "pictures"), stages=("classifier",))
    sound, other = create_run(config), create_run(RunConfig("other", str(tmp_path / "pictures")))
    for run in (sound, other):
        for name, content in FILES.items():
            write(run.path / name, content)
    return sound, other


def write(file: Path, content: Any) -> None:
    """As JSON, half characters and all."""
    file.write_text(json.dumps(content) + "\n", encoding="utf-8")


def look_at_both(sound: Run, other: Run, what: str) -> None:
    """Everything that the page and the command line read of runs."""
    assert sound.id in [run.id for run in list_runs()], what
    shown = look(other.id, [sound.id])
    assert "sound" in shown["table"], what
    actions.open_run(other.id)


@pytest.mark.parametrize("name", FILES)
def test_wrong_types_break_neither_the_page_nor_the_list(two: tuple[Run, Run], name: str) -> None:
    sound, other = two
    for what, content in variants(FILES[name]):
        write(other.path / name, content)
        look_at_both(sound, other, f"{name}: {what}")


def test_wrong_types_in_what_was_asked_for(two: tuple[Run, Run]) -> None:
    sound, other = two
    asked = json.loads((other.path / "config.json").read_text()) | {"overrides": {"classifier": {"epochs": 3}}}
    for what, content in variants(asked):
        write(other.path / "config.json", content)
        look_at_both(sound, other, f"config.json: {what}")


NO_JSON = ("", "{", "[" * 100_000, "\x00" * 50, "null\n" * 5, "1e999", '{"a":' * 20_000, "\ufeff{}")


@pytest.mark.parametrize("text", NO_JSON)
def test_what_is_no_json(two: tuple[Run, Run], text: str) -> None:
    sound, other = two
    for name in (*FILES, "config.json"):
        before = (other.path / name).read_bytes()
        (other.path / name).write_text(text, encoding="utf-8")
        look_at_both(sound, other, f"{name} is {text[:20]!r}")
        (other.path / name).write_bytes(before)


def test_the_command_line_tells_of_them_all_the_same(two: tuple[Run, Run]) -> None:
    sound, other = two
    for name, path, value in (
        ("status.json", "seconds", "x"),
        ("status.json", "epoch", [1]),
        ("status.json", "status", ["running"]),
        ("metrics.jsonl", "metrics", {"val_accuracy": "x"}),
        ("results.json", "metrics", {"confusion_matrix": [["x"]], "classes": ["cup"]}),
    ):
        write(other.path / name, FILES[name] | {path: value})
        for arguments in (("list",), ("list", "--json"), ("show", other.id), ("show", sound.id)):
            done = command("runs", *arguments)
            assert done.exit_code == 0, (name, path, arguments)
        write(other.path / name, FILES[name])


def test_evaluations_too(two: tuple[Run, Run], tmp_path: Path) -> None:
    config = EvaluationConfig("challenge", str(tmp_path / "pictures"), model_name="a", data_name="b")
    sound, other = EVALUATIONS.create(config), EVALUATIONS.create(config)
    assert two
    asked = json.loads((other.path / "config.json").read_text())
    status = {"status": "running", "reason": "", "done": 1, "of": 2, "seconds": 1.0, "queued": 1.0, "updated": 1.0}
    for name, whole in (("config.json", asked), ("status.json", status), ("about.json", {"problems": ["x"]})):
        for what, content in variants(whole):
            write(other.path / name, content)
            assert sound.id in [one.id for one in EVALUATIONS.all()], f"{name}: {what}"
        write(other.path / name, whole)
