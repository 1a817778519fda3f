"""Jobs, by the example of evaluations: a real worker, and what its files tell when it was stopped or killed."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smallimg.errors import BundleError, RunError
from smallimg.files import read_json, write_json
from smallimg.runs import evaluation_worker, sitting
from smallimg.runs.evaluation import EVALUATIONS, Evaluated, EvaluationConfig
from smallimg.runs.jobs import apart


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of runs; whatever still measures in it at the end is killed."""
    yield tmp_path
    for one in EVALUATIONS.all(tmp_path):
        for entry in Path("/proc").iterdir() if one.is_alive else ():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdecimal() else []
                if str(one.path.resolve()).encode() in words:
                    os.kill(int(entry.name), signal.SIGKILL)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Callable[[Evaluated], Evaluated]:
    """The worker in this process, which keeps its place among others; it reads what came of it."""
    monkeypatch.setattr(sitting, "step_back", lambda: None)

    def work(one: Evaluated) -> Evaluated:
        evaluation_worker.main(one.path)
        return EVALUATIONS.read(one.id, folder=one.path.parent.parent)

    return work


def config(data: Path, model: Path | str = "challenge", **options: Any) -> EvaluationConfig:
    return EvaluationConfig(str(model), str(data), model_name="Mine!", data_name="little", **options)


def test_it_is_measured_in_a_process_of_its_own(folder: Path, tiny_bundle: Path, tiny_challenge: Path) -> None:
    one = EVALUATIONS.create(config(tiny_challenge, tiny_bundle), folder=folder)
    assert (one.config.title, one.status, one.id[:15]) == ("Mine! on little", "stopped", "mine-on-little-")
    with pytest.raises(RunError, match="not under way"):
        EVALUATIONS.stop(one.id, folder=folder)
    started = EVALUATIONS.start(one.id, folder=folder)
    assert started.is_alive
    assert started.figures == {}
    with pytest.raises(RunError, match="under way already"):
        EVALUATIONS.start(one.id, folder=folder)
    with pytest.raises(RunError, match="stop it before"):
        EVALUATIONS.delete(one.id, folder=folder)
    deadline = time.monotonic() + 480
    while (now := EVALUATIONS.read(one.id, folder=folder)).is_alive:
        assert time.monotonic() < deadline, (now.path / "log.txt").read_text()
        time.sleep(0.1)
    assert (now.status, now.reason, now.done, now.of) == ("finished", "", 8, 8)
    assert now.files == ("metrics.json", "predictions.csv", "submission.csv")
    assert now.figures["n"] == 8
    assert now.about["root"] == str(tiny_challenge.resolve())
    with pytest.raises(RunError, match="is finished"):
        EVALUATIONS.start(one.id, folder=folder)
    EVALUATIONS.delete(one.id, folder=folder)
    assert EVALUATIONS.all(folder) == []


def test_one_is_stopped_while_it_waits_and_while_it_measures(
    folder: Path, tiny_bundle: Path, tiny_challenge: Path, at_once, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = EVALUATIONS.create(config(tiny_challenge, tiny_bundle), folder=folder)
    (one.path / "stop").touch()
    measuring = at_once(one)
    assert (measuring.status, measuring.done) == ("stopped", 0)
    assert "“Start again”" in measuring.reason
    assert not (one.path / "predictions.csv").exists(), "half of it would look like all of it"
    monkeypatch.setattr(sitting, "is_next", lambda path: False)
    assert at_once(one).reason == "It was stopped before its turn came."


def test_what_cannot_be_measured_says_why(
    folder: Path, tiny_challenge: Path, at_once, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BundleError, match="gone"):
        EVALUATIONS.create(config(tiny_challenge, folder / "gone"), folder=folder)
    (folder / "broken").mkdir()
    (folder / "broken" / "bundle.json").write_text("{")
    failed = at_once(EVALUATIONS.create(config(tiny_challenge, folder / "broken"), folder=folder))
    assert failed.status == "failed"
    assert "broken" in failed.reason
    assert "Traceback" not in failed.reason

    def nobody_foresaw(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(evaluation_worker, "_measure", nobody_foresaw)
    one = EVALUATIONS.create(config(tiny_challenge), folder=folder)
    with pytest.raises(ZeroDivisionError):
        at_once(one)
    now = EVALUATIONS.read(one.id, folder=folder)
    assert (now.status, "nobody foresaw" in now.reason) == ("failed", True)


def test_one_whose_process_is_gone_is_interrupted(folder: Path, tiny_challenge: Path) -> None:
    one = EVALUATIONS.create(config(tiny_challenge), folder=folder)
    write_json(one.path / "status.json", {"status": "running", "done": 3, "of": 8, "seconds": 2.5})
    now = EVALUATIONS.read(one.id, folder=folder)
    assert (now.status, now.done, now.of, now.seconds, now.is_alive) == ("interrupted", 3, 8, 2.5, False)
    assert "Start it again" in now.reason


def test_they_are_listed_newest_first_and_told_apart(folder: Path, tiny_challenge: Path) -> None:
    one, two = (EVALUATIONS.create(config(tiny_challenge), folder=folder) for _ in range(2))
    other = EVALUATIONS.create(EvaluationConfig("challenge", str(tiny_challenge)), folder=folder)
    for place, made in enumerate((one, two, other)):
        content = json.loads((made.path / "config.json").read_text())
        write_json(made.path / "config.json", content | {"created": float(place), "new in a later version": 1})
    assert one.id != two.id
    found = EVALUATIONS.all(folder)
    assert [evaluation.id for evaluation in found] == [other.id, two.id, one.id]
    assert apart(found[0], found) == f"challenge on {tiny_challenge.name}"
    assert apart(found[1], found).startswith("Mine! on little – ")


@pytest.mark.parametrize("wrong", ["../runs", "", "a/b", "no-such"])
def test_an_id_leads_nowhere_else(folder: Path, wrong: str) -> None:
    with pytest.raises(RunError, match=r"is no id of an evaluation|There is no evaluation"):
        EVALUATIONS.read(wrong, folder=folder)


def test_what_is_damaged_or_has_no_room_says_so(folder: Path, tiny_challenge: Path) -> None:
    one = EVALUATIONS.create(config(tiny_challenge), folder=folder)
    (one.path / "config.json").write_text("{")
    assert read_json(one.path / "config.json") == {}
    with pytest.raises(RunError, match="damaged"):
        EVALUATIONS.read(one.id, folder=folder)
    assert EVALUATIONS.all(folder) == []
    with pytest.raises(RunError, match="Choose the pictures first"):
        EVALUATIONS.create(config(folder / "gone"), folder=folder)
    (folder / "file").touch()
    with pytest.raises(RunError, match="SMALLIMG_RUNS"):
        EVALUATIONS.create(config(tiny_challenge), folder=folder / "file")
