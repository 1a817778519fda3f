"""Training runs: each a folder that tells all about it, and a process of its own that fills it (`runs.process`).

    config.json     what was asked for (`RunConfig`)
    status.json     how far it is, written by the worker
    metrics.jsonl   a line an epoch
    log.txt         what happened, for people
    pictures.txt    what it learns from, see `smallimg.runs.pictures`
    kept-aside.txt  what of it is kept aside to measure on, see `smallimg.runs.kept_aside`
    state/          what a stopped run goes on from, see `smallimg.training.loop.Keep`
    lock            locked as long as the worker lives
    forecast.json   how long it was thought to take, see `smallimg.runs.forecast`
    stop            there once somebody asked it to stop
    results.json    what the finished bundle can do, see `smallimg.runs.outcome`
    bundle.json …   the trained bundle

Whoever wants to know reads the files: a page that is reloaded, a second tab, the command line, a restarted server.
One run trains at a time; the others wait in line.
"""

import contextlib
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from smallimg.environment import kept_in
from smallimg.errors import RunError
from smallimg.files import write_json
from smallimg.runs.caps import refuse_if_line_is_full
from smallimg.runs.folders import find_folder, new_folder, no_such, read_standing, whole_or_nothing, written
from smallimg.runs.forecast import FORECAST_FILE, Forecast
from smallimg.runs.line import ALIVE, Status, is_locked
from smallimg.runs.told import count, fits, number
from smallimg.visitors.owner import is_mine

#: So many seconds after it should have been over, a run's last part is no longer said to be nearly there.
OVERDUE_S = 10.0
LONGEST_NAME = 80
KILLED = (
    "Its process ended without a word: the computer was restarted, or the system took its memory. "
    "Resume goes on after the last whole epoch."
)


@dataclass(frozen=True)
class RunConfig:
    """What a run was asked to do; the arguments of `smallimg.training.bundle.train_bundle`, all of them plain values.

    Attributes:
        name: for people.
        data: path of the data set.
        split: which part of it to learn from.
        overrides: stage → fields of its recipe with other values.
        start_from, start_mode: see `smallimg.training.start.Start`; None starts from scratch.
        after: the id of the run that it follows, see `smallimg.runs.again`; empty where it follows none.
        note: what somebody wants to remember about it.
        max_pixels: most pixels its pictures may have; None for what this machine says, see `pictures.images`.
    """

    name: str
    data: str
    split: str = "train"
    stages: tuple[str, ...] = ("remover", "detector", "classifier")
    recipe: str = "fast"
    background: str | None = None
    epochs: int | None = None
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    boxes_from_masks: bool = False
    start_from: str | None = None
    start_mode: str = "all"
    seed: int = 42
    after: str = ""
    note: str = ""
    max_pixels: int | None = None


@dataclass(frozen=True)
class Run:
    """A run as its files tell it.

    Attributes:
        reason: why it is not going on, in a sentence; empty while all is well.
        stage: what the worker is at, see `smallimg.runs.forecast.PARTS`; empty before it began.
        epoch, epochs, step, steps: how far it is there; 0 before its first step.
        seconds: how long it has taken, all sittings together.
        seconds_left: of the whole run from now on, while it waits from its turn on; None where it cannot be told.
        validation: how many pictures were kept aside to measure each epoch on; 0 while that is not known.
        created: seconds since 1970.
        ahead: how many living runs came into the line before it, the one that trains among them.
    """

    path: Path
    config: RunConfig
    status: Status
    reason: str = ""
    stage: str = ""
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    seconds: float = 0.0
    seconds_left: float | None = None
    validation: int = 0
    created: float = 0.0
    ahead: int = 0

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def is_alive(self) -> bool:
        return self.status in ALIVE

    @property
    def position(self) -> int:
        """Its place in line, from 1, behind the one that trains; 0 when it is not waiting."""
        return max(1, self.ahead) if self.status == "waiting" else 0

    @property
    def bundle_ready(self) -> bool:
        """Whether there is a trained stage that can be used already."""
        return (self.path / "bundle.json").is_file()


def runs_folder() -> Path:
    """Where runs live, see `smallimg.environment.kept_in`."""
    return kept_in("runs")


def create_run(config: RunConfig, *, forecast: Forecast | None = None, folder: Path | None = None) -> Run:
    """Write down a new run; `smallimg.runs.process.start_run` starts it.

    Args:
        forecast: how long it takes, if that is known; otherwise the run finds out when it starts.

    Raises:
        RunError: when it has no name or no data, or no folder can be made for it.
        OwnerError: when a visitor asks for more than they may have.
    """
    if not config.data or not Path(config.data).exists() or not is_mine(Path(config.data)):
        raise RunError(f"There is no data set “{Path(config.data).name}”: choose the data first.")
    refuse_if_line_is_full(folder or runs_folder())
    path = _new_path(config.name, folder)
    with whole_or_nothing(path, what="run"):
        _write_config(path, config, created=time.time())
        if forecast is not None:
            write_json(path / FORECAST_FILE, forecast.as_dict())
        write_json(path / "status.json", {"status": "stopped", "reason": "It has not been started."})
    return read_run(path.name, folder=folder)


def adopt_run(config: RunConfig, files: Mapping[str, Path], *, folder: Path | None = None) -> Run:
    """A bundle that was trained elsewhere becomes a finished run.

    Args:
        config: what is known of how it was made.
        files: name in the run's folder → the file to copy there; those that don't exist are passed over.

    Raises:
        RunError: when it has no name, or no folder can be made for it.
        OSError: when the files cannot be copied; nothing is left of it then.
    """
    path = _new_path(config.name, folder)
    try:
        for name, file in files.items():
            if file.is_file():
                shutil.copyfile(file, path / name)
        write_json(path / "status.json", {"status": "finished", "reason": ""})
        _write_config(path, config, created=time.time())  # from here on it is listed
    except OSError:  # a full disk, most likely: half a bundle would only fill it
        shutil.rmtree(path, ignore_errors=True)
        raise
    return read_run(path.name, folder=folder)


def _new_path(name: str, folder: Path | None) -> Path:
    """A new folder, named after the run and the time."""
    return new_folder(folder or runs_folder(), _checked_name(name), what="run")


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise RunError(f"A run needs a name of at most {LONGEST_NAME} letters.")
    return name


def _write_config(path: Path, config: RunConfig, *, created: float) -> None:
    write_json(path / "config.json", asdict(config) | {"name": _checked_name(config.name), "created": created})


def list_runs(folder: Path | None = None) -> list[Run]:
    """All runs that can be read, the newest first."""
    base = folder or runs_folder()
    runs = []
    for path in base.iterdir() if base.is_dir() else ():
        with contextlib.suppress(RunError):
            runs.append(read_run(path.name, folder=folder))
    return sorted(runs, key=lambda run: (run.created, run.id), reverse=True)


def refuse_if_learning(data: Path, *, name: str, folder: Path | None = None) -> None:
    """Let nobody delete data that a run is learning from.

    Args:
        data: the data set's folder.
        name: what people call it.

    Raises:
        RunError: when a run that is under way learns from it.
    """
    for run in list_runs(folder):
        if run.is_alive and run.config.data and Path(run.config.data).resolve() == data.resolve():
            raise RunError(f"“{run.config.name}” is learning from “{name}” now: stop that run first.")


def read_run(run_id: str, *, folder: Path | None = None) -> Run:
    """What a run's files tell now.

    Raises:
        RunError: when there is no such run, or its config.json is damaged.
    """
    path = _path(run_id, folder)
    try:
        content = json.loads((path / "config.json").read_text(encoding="utf-8"))
        created = read_time(content.pop("created"))
        known = {entry.name for entry in fields(RunConfig)}
        config = RunConfig(**{name: value for name, value in content.items() if name in known})
        if not fits(config, RunConfig):
            raise ValueError("a field of another type")
        config = replace(config, stages=tuple(config.stages))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise no_such(run_id, what="run") from error
    now = read_standing(path, killed=KILLED)
    counts = {name: count(now.said, name) for name in ("epoch", "epochs", "step", "steps", "validation")}
    stage, seconds = now.said.get("stage"), max(0.0, number(now.said, "seconds"))
    left = _seconds_left(now.said, now.status)
    return Run(
        path, config, now.status, now.reason, stage if isinstance(stage, str) else "", **counts,
        seconds=seconds, seconds_left=left, created=created, ahead=now.ahead,
    )  # fmt: skip


def read_metrics(run_id: str, *, folder: Path | None = None) -> list[dict[str, Any]]:
    """The run's epochs so far, in order: `stage`, `epoch`, `epochs`, `seconds` and the figures in `metrics`."""
    return read_lines(_path(run_id, folder) / "metrics.jsonl")


def read_lines(file: Path) -> list[dict[str, Any]]:
    """The whole lines of a metrics.jsonl; one that was cut off while it was written is left out."""
    lines = []
    with contextlib.suppress(FileNotFoundError):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError, RecursionError):
                lines.append(json.loads(line))
    return [line for line in lines if isinstance(line, dict) and _is_epoch(line)]


def _is_epoch(line: Mapping[str, Any]) -> bool:
    metrics = line.get("metrics")
    return (
        isinstance(line.get("stage"), str)
        and all(fits(line.get(name), int) and line[name] >= 0 for name in ("epoch", *line.keys() & {"epochs"}))
        and isinstance(metrics, dict)
        and all(isinstance(value, float) or fits(value, float) for value in metrics.values())  # NaN too
    )


def read_time(said: Any) -> float:
    """When something was made, in seconds since 1970.

    Raises:
        ValueError: when that is no time.
    """
    if not (fits(said, float) and 0 <= said < 1e11):
        raise ValueError("no time")
    return float(said)


def read_log(run_id: str, *, lines: int = 200, folder: Path | None = None) -> str:
    """The end of the run's log."""
    try:
        text = (_path(run_id, folder) / "log.txt").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def rename_run(run_id: str, name: str, *, folder: Path | None = None) -> Run:
    """Give a run another name; its id stays.

    Raises:
        RunError: when the name is empty or too long.
    """
    return _reconfigure(run_id, folder, name=name)


def note_run(run_id: str, note: str, *, folder: Path | None = None) -> Run:
    """Write down what somebody wants to remember about a run; at most 2,000 letters are kept."""
    return _reconfigure(run_id, folder, note=note[:2000])


def delete_run(run_id: str, *, folder: Path | None = None) -> None:
    """Delete a run and everything it made.

    Raises:
        RunError: when it is under way.
    """
    try:
        run = read_run(run_id, folder=folder)
    except RunError:
        path = _path(run_id, folder)  # one whose config.json is damaged is to be got rid of all the same
        if not (path / "status.json").is_file() or is_locked(path / "lock"):
            raise
    else:
        path = run.path
        if run.is_alive:
            raise RunError(f"“{run.config.name}” is under way: stop it before you delete it.")
    with written("The run could not be deleted"):
        shutil.rmtree(path)


def _path(run_id: str, folder: Path | None) -> Path:
    return find_folder(folder or runs_folder(), run_id, what="run")


def _reconfigure(run_id: str, folder: Path | None, **changes: Any) -> Run:
    run = read_run(run_id, folder=folder)
    with written(f"“{run.config.name}” stays as it was"):
        _write_config(run.path, replace(run.config, **changes), created=run.created)
    return read_run(run_id, folder=folder)


def _seconds_left(said: Mapping[str, Any], status: Status) -> float | None:
    """What the worker thought was left, less the time since; None once that is long past and nothing else comes."""
    left = said.get("seconds_left")
    if status not in ALIVE or not isinstance(left, Mapping):
        return None
    here, later = number(left, "here"), number(left, "later")
    age = max(0.0, time.time() - number(said, "updated")) if status == "running" else 0.0
    is_overdue = age > here + OVERDUE_S and later < 1
    return None if is_overdue else max(0.0, here - age) + later
