"""A run's own process: `python -m smallimg.worker RUN_FOLDER`. It waits for its turn, trains, and tells how it went.

It is started by `smallimg.runs.start_run` with the run's lock in its hands. Everything it has to say goes to the run's
files. Until its turn comes it imports nothing heavy.
"""

import contextlib
import errno
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smallimg.errors import RunError, SmallimgError, Stopped
from smallimg.runs import Run, is_next, read_lines, read_run, write_json

if TYPE_CHECKING:
    from smallimg.loop import Progress

WRITE_EVERY_S = 1.0
FULL_DISK = "The disk is full: make room, then resume. What was trained up to the last epoch is safe."
NO_MEMORY = "There was not enough memory: choose a smaller batch or fewer pictures, or close other programs."


class Diary:
    """What the worker writes down: status, epochs, log. It is the `report` of the training functions."""

    def __init__(self, run: Run) -> None:
        self.path = run.path
        self.status: dict[str, Any] = json.loads((run.path / "status.json").read_text(encoding="utf-8"))
        self.before = run.seconds
        self.started = time.monotonic()
        self._written = 0.0
        self._stage_began = (0.0, 0)  # when this sitting came to the stage, and at which step
        self._epochs = read_lines(run.path / "metrics.jsonl")

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    def say(self, status: str, reason: str = "") -> None:
        """Write how the run stands, and a line in the log."""
        self._write(status=status, reason=reason, seconds_left=None)
        self.log(f"{status}. {reason}".strip())

    def log(self, text: str) -> None:
        sys.stdout.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {text}\n")
        sys.stdout.flush()

    def should_stop(self) -> bool:
        return (self.path / "stop").exists()

    def report(self, progress: "Progress") -> None:
        """Take down a step, or the end of an epoch."""
        if progress.metrics:
            self._take_down(progress)
        done = (progress.epoch - 1) * progress.steps + progress.step
        now = time.monotonic()
        if progress.stage != self.status.get("stage") or self._stage_began == (0.0, 0):
            self._stage_began = (now, done)
            self.log(f"{progress.stage} begins at epoch {progress.epoch} of {progress.epochs}")
        if progress.metrics or now - self._written > WRITE_EVERY_S:
            began, first = self._stage_began
            left = (now - began) / (done - first) * (progress.epochs * progress.steps - done) if done > first else None
            self._write(
                stage=progress.stage,
                epoch=progress.epoch,
                epochs=progress.epochs,
                step=progress.step,
                steps=progress.steps,
                seconds_left=left,
            )

    def measure_on(self, count: int) -> None:
        """Write how many pictures every epoch is measured on: a share of seven is not a share of seven hundred."""
        self._write(validation=count)

    def _take_down(self, progress: "Progress") -> None:
        """An epoch's line; those of a sitting that was killed before it could save that epoch are dropped."""
        line = {
            "stage": progress.stage,
            "epoch": progress.epoch,
            "epochs": progress.epochs,
            "seconds": round(self.seconds, 1),
            "metrics": progress.metrics,
        }
        kept = [old for old in self._epochs if old["stage"] != progress.stage or old["epoch"] < progress.epoch]
        file = self.path / "metrics.jsonl"
        if len(kept) < len(self._epochs) or (file.is_file() and not file.read_bytes().endswith(b"\n")):
            temporary = file.with_suffix(".tmp")
            temporary.write_text("".join(json.dumps(old) + "\n" for old in kept), encoding="utf-8")
            temporary.replace(file)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
        self._epochs = [*kept, line]
        figures = "  ".join(f"{name} {value:.4g}" for name, value in progress.metrics.items())
        self.log(f"{progress.stage} {progress.epoch}/{progress.epochs}  {figures}")

    def _write(self, **changes: Any) -> None:
        self.status |= changes | {"seconds": round(self.seconds, 1), "updated": time.time()}
        write_json(self.path / "status.json", self.status)
        self._written = time.monotonic()


def main(folder: Path) -> int:
    """Wait, train, tell; the exit code is 0 when the run finished or was stopped."""
    run = read_run(folder.name, folder=folder.parent)
    _step_back()
    diary = Diary(run)
    while not is_next(folder):
        if diary.should_stop():
            diary.say("stopped", "It was stopped before its turn came.")
            return 0
        time.sleep(0.3)
    diary.started = time.monotonic()
    diary.say("running")
    try:
        diary.say("finished", _train(run, diary))
    except Stopped as stopped:
        diary.say("stopped", str(stopped))
    except (SmallimgError, MemoryError, OSError, RuntimeError) as error:
        diary.log("".join(traceback.format_exception(error)))
        _say_failed(diary, explain(error))
    finally:
        if diary.status["status"] == "running":  # an error of a kind that was not foreseen; it goes on to the log
            _say_failed(diary, "Training broke off with an error nobody foresaw: the log ends with it.")
    return 1 if diary.status["status"] == "failed" else 0


def explain(error: Exception) -> str:
    """What went wrong, for people. Torch has no classes of its own for a lack of memory and a full disk."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, SmallimgError):
        return str(error)
    if isinstance(error, MemoryError) or "allocate memory" in text or "out of memory" in text:
        return NO_MEMORY
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if is_full or "No space left" in text or "file write failed" in text:
        return FULL_DISK
    return f"Training broke off ({text}): the log tells more."


def _train(run: Run, diary: Diary) -> str:
    """Train the bundle and measure it; what went wrong in measuring, which does not make the run a failure."""
    diary.log("loading the training code")
    from smallimg.bundle_training import train_bundle, training_arguments
    from smallimg.datasets import read_dataset, split_train_validation, trainable
    from smallimg.loop import Keep
    from smallimg.outcome import write_outcome

    config = run.config
    whole = read_dataset(config.data, split=config.split, max_files=200_000, max_bytes=10_000_000_000)
    dataset = trainable(whole)
    for problem in dataset.problems:
        diary.log(problem)
    left_out = len(whole.samples) - len(dataset.samples)
    diary.log(f"{len(dataset.samples)} pictures to learn from in {config.data}; {left_out} more are left out")
    diary.measure_on(len(split_train_validation(dataset, seed=config.seed)[1].samples))
    train_bundle(
        dataset,
        run.path,
        report=diary.report,
        **training_arguments(config),
        command=f"a run of the page or of `python -m smallimg runs`: {config.name}",
        keep=Keep(run.path / "state", diary.should_stop),
    )
    diary.log("measuring what it can do")
    try:
        write_outcome(run.path, config)
    except SmallimgError as error:
        return f"It is trained, and could not be measured: {error}"
    return ""


def _say_failed(diary: Diary, reason: str) -> None:
    try:
        diary.say("failed", reason)
    except OSError:  # a full disk takes no status either; its lock is released all the same
        diary.status["status"] = "failed"
        diary.log(reason)


def _step_back() -> None:
    """Leave the processor to the page whenever it wants it."""
    os.nice(10)
    # Where Linux groups processes by session, niceness counts inside a session only; this is the group's own.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("10", encoding="ascii")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise RunError("Usage: python -m smallimg.worker RUN_FOLDER")
    exit_code = main(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(exit_code)  # everything is written; torch would take seconds to clear up, with the run's lock in its hands
