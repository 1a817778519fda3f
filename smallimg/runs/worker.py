"""A run's own process, `python -m smallimg.runs.worker RUN_FOLDER`: waits for its turn, trains, and tells how it went.

It is started by `smallimg.runs.process.start_run` with the run's lock in its hands. Everything it has to say goes to
the run's files. Until its turn comes it imports nothing heavy.
"""

import errno
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from smallimg.errors import RunError, SmallimgError, Stopped
from smallimg.files import write_json
from smallimg.runs.diary import Diary
from smallimg.runs.forecast import FORECAST_FILE
from smallimg.runs.line import is_next
from smallimg.runs.priority import step_back
from smallimg.runs.run import Run, read_run

FULL_DISK = "The disk is full: make room, then resume. What was trained up to the last epoch is safe."
#: Parts that go through pictures one by one, and what a run says that is stopped there.
STOPPED_WHILE = {
    "checking": "It was stopped while its pictures were being checked.",
    "measuring": "It was stopped while it was being measured: its networks are finished and can be used.",
}
NO_MEMORY = "There was not enough memory: choose a smaller batch or fewer pictures, or close other programs."


def main(folder: Path) -> int:
    """Wait, train, tell; the exit code is 0 when the run finished or was stopped."""
    run = read_run(folder.name, folder=folder.parent)
    step_back()
    diary = Diary(run)
    diary.wait()
    while not is_next(folder):
        if diary.should_stop():
            diary.say("stopped", "It was stopped before its turn came.")
            return 0
        time.sleep(0.3)
    diary.started = time.monotonic()
    diary.say("running")
    diary.begin("start")
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
    from smallimg.data.dataset import split_train_validation, together, trainable
    from smallimg.data.formats import OWN_LIMITS, read_dataset
    from smallimg.runs.arguments import training_arguments
    from smallimg.runs.measure import write_outcome
    from smallimg.training.bundle import train_bundle
    from smallimg.training.loop import Keep

    config = run.config
    diary.begin("checking")
    whole = read_dataset(config.data, split=config.split, **OWN_LIMITS)
    dataset = trainable(whole, progress=_counting(diary, "checking"))
    for sentence in (*together(dataset.problems), *dataset.notes):
        diary.log(sentence)
    left_out = len(whole.samples) - len(dataset.samples)
    diary.log(f"{len(dataset.samples)} pictures to learn from in {config.data}; {left_out} more are left out")
    diary.measure_on(len(split_train_validation(dataset, seed=config.seed)[1].samples))
    if diary.forecast is None:
        _foretell(run, diary)
    diary.begin("reading")
    train_bundle(
        dataset,
        run.path,
        report=diary.report,
        **training_arguments(config),
        command=f"a run of the page or of `python -m smallimg runs`: {config.name}",
        keep=Keep(run.path / "state", diary.should_stop),
    )
    diary.begin("measuring")
    try:
        write_outcome(run.path, config, learned=dataset, progress=_counting(diary, "measuring"))
    except Stopped:
        raise
    except SmallimgError as error:
        return f"It is trained, and could not be measured: {error}"
    return ""


def _counting(diary: Diary, part: str) -> Callable[[int, int], None]:
    """The `progress` of a function that goes through pictures one by one; it ends it when the run is to stop."""
    from smallimg.training.loop import Progress

    def progress(done: int, of: int) -> None:
        if diary.should_stop():
            raise Stopped(STOPPED_WHILE[part])
        diary.report(Progress(part, 1, 1, done, of))

    return progress


def _foretell(run: Run, diary: Diary) -> None:
    """Find out how long the run takes, which nobody did before it was started."""
    from smallimg.runs.estimate import forecast_run

    diary.begin("foretelling")

    def between() -> None:
        if diary.should_stop():
            raise Stopped("It was stopped before it began to train.")

    try:
        forecast = forecast_run(run.config, limit_s=0.5, between=between)
    except Stopped:
        raise
    except (SmallimgError, MemoryError, OSError, RuntimeError) as error:
        diary.log(f"how long it takes could not be found out: {error}")  # where it matters, training says the same
        return
    write_json(run.path / FORECAST_FILE, forecast.as_dict())
    diary.expect(forecast)


def _say_failed(diary: Diary, reason: str) -> None:
    try:
        diary.say("failed", reason)
    except OSError:  # a full disk takes no status either; its lock is released all the same
        diary.status["status"] = "failed"
        diary.log(reason)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise RunError("Usage: python -m smallimg.runs.worker RUN_FOLDER")
    exit_code = main(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(exit_code)  # everything is written; torch would take seconds to clear up, with the run's lock in its hands
