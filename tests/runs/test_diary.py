"""What a worker writes down: every part in its words, the time left of the whole run, a resumed run's too."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from smallimg.files import write_json
from smallimg.runs.diary import Diary
from smallimg.runs.forecast import Forecast, Part
from smallimg.runs.run import Run, RunConfig, create_run, read_run
from smallimg.training.loop import Progress

FORECAST = Forecast(
    {
        "start": Part(setup=5),
        "checking": Part(work=1),
        "reading": Part(work=2),
        "remover": Part(setup=1, work=60, end=2),
        "cutouts": Part(work=10),
        "classifier": Part(setup=1, work=30, end=2),
        "measuring": Part(setup=1, work=8),
    }
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    config = RunConfig("mine", str(tmp_path), stages=("remover", "classifier"))
    return create_run(config, forecast=FORECAST, folder=tmp_path)


def status_of(run: Run) -> dict[str, Any]:
    content = json.loads((run.path / "status.json").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def left(run: Run) -> float:
    return sum(status_of(run)["seconds_left"].values())


def test_parts_follow_one_another_and_the_time_left_is_that_of_the_whole_run(run: Run) -> None:
    diary = Diary(run)
    diary.wait()
    assert left(run) == pytest.approx(FORECAST.seconds)
    seen = []
    for part in ("start", "checking"):
        diary.begin(part)
        seen.append(status_of(run))
    for name, of in (("checking", 4), ("reading", 4)):
        for done in range(1, of + 1):
            diary.report(Progress(name, 1, 1, done, of))
        seen.append(status_of(run))
    assert [one["stage"] for one in seen] == ["start", "checking", "reading", "remover"], "the next begins by itself"
    assert all(one["epoch"] == one["step"] == 0 for one in seen)
    assert [round(sum(one["seconds_left"].values())) for one in seen] == [123, 118, 117, 115]

    diary.report(Progress("remover", 1, 2, 1, 1, {"val_iou": 0.5}))
    diary.report(Progress("remover", 2, 2, 1, 1, {"val_iou": 0.6}))
    assert (status_of(run)["stage"], status_of(run)["epoch"]) == ("remover", 2), "its end has no words of its own"
    diary.report(Progress("cutouts", 1, 1, 9, 9))
    assert status_of(run)["stage"] == "classifier"
    diary.begin("measuring")
    assert status_of(run)["seconds_left"]["later"] == 0
    diary.report(Progress("measuring", 1, 1, 8, 8))
    diary.say("finished")
    assert status_of(run)["seconds_left"] is None


def test_a_round_of_a_check_is_not_its_end(run: Run) -> None:
    diary = Diary(run)
    seen = []
    for round_ in (1, 2):
        diary.report(Progress("check", round_, 2, 9, 9))
        seen.append(status_of(run)["stage"])
    assert seen == ["check", "measuring"]


def test_every_part_is_in_the_log(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    diary = Diary(run)
    diary.begin("start")
    for part in ("checking", "reading"):
        for done in (1, 2):
            diary.report(Progress(part, 1, 1, done, 2))
    lines = [line.split("  ")[1] for line in capsys.readouterr().out.splitlines()]
    assert lines == ["start begins", "checking begins", "reading begins", "remover begins"]


def test_a_resumed_run_has_only_the_rest_left(run: Run) -> None:
    diary = Diary(run)
    for epoch in (1, 2):
        diary.report(Progress("remover", epoch, 2, 1, 1, {"val_iou": 0.5}))
    diary.report(Progress("classifier", 1, 4, 1, 1, {"val_accuracy": 0.5}))
    diary.say("stopped", "Somebody asked.")

    again = Diary(read_run(run.id, folder=run.path.parent))
    again.begin("start")
    # The remover is measured and written once more, three quarters of the classifier are to come, and all that follows.
    assert left(run) == pytest.approx(5 + 1 + 2 + (1 + 2) + 0 + (1 + 0.75 * 30 + 2) + 9)
    again.begin("classifier")
    assert left(run) == pytest.approx(1 + 0.75 * 30 + 2 + 9)
    again.report(Progress("classifier", 2, 4, 1, 1, {"val_accuracy": 0.5}))
    assert left(run) == pytest.approx(0.5 * 30 + 2 + 9)


def test_without_a_forecast_the_parts_are_told_all_the_same(tmp_path: Path) -> None:
    run = create_run(RunConfig("mine", str(tmp_path), stages=("classifier",)), folder=tmp_path)
    diary = Diary(run)
    diary.begin("start")
    assert status_of(run)["seconds_left"] is None
    diary.report(Progress("reading", 1, 1, 3, 3))
    assert status_of(run)["stage"] == "classifier"
    diary.expect(FORECAST)
    diary.begin("reading")
    assert left(run) > 30


def test_steps_are_not_written_more_often_than_once_a_second(run: Run) -> None:
    diary = Diary(run)
    diary.begin("classifier")
    for step in range(1, 9):
        diary.report(Progress("classifier", 1, 4, step, 10))
    assert status_of(run)["step"] == 0
    diary.report(Progress("classifier", 1, 4, 10, 10, {"val_accuracy": 0.5}))
    assert status_of(run)["step"] == 10


# --- what readers make of it ----------------------------------------------------------------------------------------


@pytest.fixture
def lively(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The run as if its worker lived."""
    monkeypatch.setattr("smallimg.runs.folders.is_locked", lambda _file: True)
    return run


def told(run: Run, *, here: float, later: float, age: float, status: str = "running") -> float | None:
    left = {"here": here, "later": later}
    write_json(run.path / "status.json", {"status": status, "seconds_left": left, "updated": time.time() - age})
    return read_run(run.id, folder=run.path.parent).seconds_left


def test_it_counts_down_while_the_worker_is_silent(lively: Run) -> None:
    assert told(lively, here=20, later=30, age=0) == pytest.approx(50, abs=0.5)
    assert told(lively, here=20, later=30, age=12) == pytest.approx(38, abs=0.5)
    assert told(lively, here=20, later=30, age=500) == 30, "what comes later is still to come"
    assert told(lively, here=20, later=0, age=25) == 0
    assert told(lively, here=20, later=0, age=60) is None, "nearly there is not said for long"


def test_a_waiting_run_s_time_stands_still(lively: Run) -> None:
    assert told(lively, here=20, later=30, age=500, status="waiting") == 50


def test_who_does_not_run_has_nothing_left(lively: Run) -> None:
    for status in ("stopped", "failed", "finished", "interrupted"):
        assert told(lively, here=20, later=30, age=0, status=status) is None
    write_json(lively.path / "status.json", {"status": "running", "seconds_left": 12.5})  # as it once was
    assert read_run(lively.id, folder=lively.path.parent).seconds_left is None
