"""Runs: real workers on a real, tiny data set; stopped, killed, queued, resumed.

A worker takes seconds to import torch. What it does where no other process has a part in it is done in this one.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smallimg.errors import RunError, Stopped
from smallimg.runs import worker
from smallimg.runs.diary import Diary
from smallimg.runs.forecast import Forecast, read_forecast
from smallimg.runs.outcome import read_outcome
from smallimg.runs.process import start_run, stop_run
from smallimg.runs.run import (
    Run,
    RunConfig,
    create_run,
    delete_run,
    list_runs,
    read_log,
    read_metrics,
    read_run,
)

TINY: dict[str, Any] = {
    "stages": ("classifier",),
    "background": "none",
    "overrides": {
        "classifier": {"input_size": 32, "batch_size": 8, "arguments": {"patch": 2, "stem": 8, "widths": [8, 16]}}
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of runs; whatever still trains in it at the end is killed."""
    yield tmp_path
    for run in list_runs(tmp_path):
        if run.is_alive:
            with contextlib.suppress(ProcessLookupError, AssertionError):  # it ends at this moment
                os.kill(worker_of(run), signal.SIGKILL)


def wait_for(folder: Path, run: Run, condition: Callable[[Run], bool], seconds: float = 120) -> Run:
    deadline = time.monotonic() + seconds
    while not condition(now := read_run(run.id, folder=folder)):
        assert time.monotonic() < deadline, f"{now}\n{read_log(run.id, folder=folder)}"
        time.sleep(0.05)
    return now


def worker_of(run: Run) -> int:
    """The process that was started for a run."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"smallimg.runs.worker" in words and str(run.path.resolve()).encode() in words:
                return int(entry.name)
    raise AssertionError(f"no worker of {run.id}")


def epochs_of(folder: Path, run: Run) -> list[int]:
    return [line["epoch"] for line in read_metrics(run.id, folder=folder)]


def parts_of(log: str) -> list[str]:
    """What a run's log says that began, in its order."""
    return [line.split()[-2] for line in log.splitlines() if line.endswith(" begins")]


EPOCHS = 30


def test_a_run_is_stopped_killed_and_resumed_and_loses_nothing(folder: Path, tiny_challenge: Path) -> None:
    run = create_run(RunConfig("My  first run!", str(tiny_challenge), epochs=EPOCHS, **TINY), folder=folder)
    assert (run.config.name, run.status, run.id[:13]) == ("My first run!", "stopped", "my-first-run-")
    start_run(run.id, folder=folder)
    with pytest.raises(RunError, match="under way already"):
        start_run(run.id, folder=folder)
    with pytest.raises(RunError, match="stop it before"):
        delete_run(run.id, folder=folder)
    now = wait_for(folder, run, lambda now: len(epochs_of(folder, now)) >= 3)
    assert (now.status, now.stage, now.epochs) == ("running", "classifier", EPOCHS)
    forecast = read_forecast(run.path)
    assert forecast is not None, "nobody knew how long it takes, so that it found out"
    assert now.seconds_left is not None

    stop_run(run.id, folder=folder)
    stopped = wait_for(folder, run, lambda now: not now.is_alive)
    assert (stopped.status, stopped.reason[:26]) == ("stopped", "The classifier was stopped")
    assert stopped.seconds > 0

    before = len(epochs_of(folder, run))
    start_run(run.id, folder=folder)
    again = wait_for(folder, run, lambda now: now.stage == "start")
    expected = forecast.seconds - forecast.parts["classifier"].work * before / EPOCHS
    assert again.seconds_left == pytest.approx(expected, abs=1 + 0.05 * expected), "what is done is not told again"
    wait_for(folder, run, lambda now: len(epochs_of(folder, now)) >= before + 2)
    os.kill(worker_of(run), signal.SIGKILL)
    killed = wait_for(folder, run, lambda now: not now.is_alive)
    assert (killed.status, "ended without a word" in killed.reason) == ("interrupted", True)
    with (killed.path / "metrics.jsonl").open("a") as torn:
        torn.write('{"stage": "classifier", "ep')

    start_run(run.id, folder=folder)
    finished = wait_for(folder, run, lambda now: not now.is_alive)
    assert (finished.status, finished.reason, finished.bundle_ready) == ("finished", "", True)
    assert epochs_of(folder, run) == list(range(1, EPOCHS + 1))
    assert finished.seconds > stopped.seconds
    assert finished.seconds_left is None
    first = ["start", "checking", "reading"]
    sittings = [*first, "foretelling", "reading", "classifier", *first, "classifier", *first, "classifier"]
    assert parts_of(read_log(run.id, folder=folder)) == [*sittings, "check", "measuring"]
    assert finished.validation == 8, "a picture a class"
    is_measured(run)
    with pytest.raises(RunError, match="finished: start a new run"):
        start_run(run.id, folder=folder)
    assert curve(calm(run, forecast)) == curve(run)


def is_measured(run: Run) -> None:
    outcome = read_outcome(run.path)
    assert outcome is not None
    assert outcome["split"] == "test"
    assert outcome["classifier_alone"] is None, "its validation pictures are others"
    assert len(outcome["pictures"]) == outcome["metrics"]["n"]
    assert {"image", "truth", "answer", "label", "probability", "box_score"} == outcome["pictures"][0].keys()


def curve(run: Run) -> list[dict[str, float]]:
    return [line["metrics"] for line in read_metrics(run.id, folder=run.path.parent)]


def calm(run: Run, forecast: Forecast) -> Run:
    """A run like it that nobody disturbs, up to its last epoch."""

    def after_its_epochs(*_: Any, **__: Any) -> None:
        raise Stopped("Its curve is whole.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("smallimg.training.bundle.hold_out", after_its_epochs)
        made = here(create_run(run.config, forecast=forecast, folder=run.path.parent))
    assert made.reason == "Its curve is whole."
    return made


def here(run: Run) -> Run:
    """Let a run's worker do its work in this process."""
    worker.main(run.path)
    return read_run(run.id, folder=run.path.parent)


def test_a_run_is_stopped_while_its_pictures_are_measured(
    folder: Path, tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(RunConfig("measured", str(tiny_challenge), epochs=1, **TINY), forecast=Forecast({}), folder=folder)
    begin = Diary.begin

    def somebody_stops_it(diary: Diary, part: str) -> None:
        begin(diary, part)
        if part == "measuring":
            (run.path / "stop").touch()  # as `stop_run` does

    monkeypatch.setattr(Diary, "begin", somebody_stops_it)
    stopped = here(run)
    assert (stopped.status, stopped.bundle_ready) == ("stopped", True)
    assert "its networks are finished and can be used" in stopped.reason
    assert not (run.path / "results.json").exists(), "half of them would look like all"


def test_one_trains_and_the_others_wait_in_line(folder: Path, tiny_challenge: Path) -> None:
    runs = [
        create_run(RunConfig(name, str(tiny_challenge), epochs=400, **TINY), folder=folder) for name in ("a", "b", "c")
    ]
    for run in runs:
        start_run(run.id, folder=folder)
    wait_for(folder, runs[0], lambda now: now.status == "running")
    assert [read_run(run.id, folder=folder).position for run in runs] == [0, 1, 2]
    stop_run(runs[1].id, folder=folder)
    left = wait_for(folder, runs[1], lambda now: not now.is_alive)
    assert (left.status, left.reason) == ("stopped", "It was stopped before its turn came.")
    assert read_run(runs[2].id, folder=folder).position == 1
    os.kill(worker_of(runs[0]), signal.SIGKILL)
    wait_for(folder, runs[2], lambda now: now.status == "running")  # which `folder` ends


def test_what_goes_wrong_is_said_in_words(
    folder: Path, tiny_challenge: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = here(create_run(RunConfig("wrong", str(tiny_challenge), stages=("remover", "oracle")), folder=folder))
    assert (failed.status, "Unknown stage “oracle”" in failed.reason) == ("failed", True)
    assert "Traceback" in capsys.readouterr().out, "which a process of its own writes to its log"
