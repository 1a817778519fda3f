"""A run's own process, `python -m smallimg.runs.worker RUN_FOLDER`: waits for its turn, trains, and tells how it went.

It is started by `smallimg.runs.process.start_run` with the run's lock in its hands. Everything it has to say goes to
the run's files. Until its turn comes it imports nothing heavy.
"""

from collections.abc import Callable
from pathlib import Path

from smallimg.errors import SmallimgError, Stopped
from smallimg.files import write_json
from smallimg.runs.diary import Diary
from smallimg.runs.forecast import FORECAST_FILE
from smallimg.runs.run import Run, read_run
from smallimg.runs.sitting import run_worker, sit

FULL_DISK = "The disk is full: make room, then resume. What was trained up to the last epoch is safe."
#: Parts that go through pictures one by one, and what a run says that is stopped there.
STOPPED_WHILE = {
    "checking": "It was stopped while its pictures were being checked.",
    "measuring": "It was stopped while it was being measured: its networks are finished and can be used.",
}
OUT_OF_TIME = "Its time was over: others wait for their turn. “Resume” goes on after the last whole epoch."


def main(folder: Path) -> int:
    """Wait, train, tell."""
    run = read_run(folder.name, folder=folder.parent)
    diary = Diary(run)
    diary.wait()

    def work() -> str:
        try:
            return _train(run, diary)
        except Stopped as stopped:
            raise Stopped(OUT_OF_TIME if diary.is_out_of_time() else str(stopped)) from stopped

    return sit(folder, diary, work, what="Training", full_disk=FULL_DISK)


def _train(run: Run, diary: Diary) -> str:
    """Train the bundle and measure it; what went wrong in measuring, which does not make the run a failure."""
    diary.begin("start")
    from smallimg.data.dataset import split_train_validation, together, trainable
    from smallimg.data.kept import name_of_data
    from smallimg.runs.arguments import training_arguments
    from smallimg.runs.folders import checked_id
    from smallimg.runs.kept_aside import keep_aside
    from smallimg.runs.measure import write_outcome
    from smallimg.runs.pictures import read_pictures
    from smallimg.training.bundle import train_bundle
    from smallimg.training.device import place_here
    from smallimg.training.loop import Keep

    config = run.config
    diary.begin("checking")
    whole, changed = read_pictures(run.path, config.data, config.split)
    sound = trainable(whole, progress=_counting(diary, "checking"))
    after = run.path.parent / checked_id(config.after, what="run") if config.after else None
    dataset = keep_aside(sound, run.path, after=after, seed=config.seed)
    for sentence in (*together(dataset.problems), *dataset.notes, *changed):
        diary.log(sentence)
    left_out = len(whole.samples) - len(sound.samples)
    diary.log(
        f"{len(sound.samples)} pictures to learn from in {name_of_data(config.data)}; {left_out} more are left out"
    )
    diary.measure_on(len(split_train_validation(dataset, seed=config.seed)[1].samples))
    if diary.forecast is None:
        _foretell(run, diary)
    diary.log(f"training {place_here()}")
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


if __name__ == "__main__":
    run_worker("smallimg.runs.worker", main)
