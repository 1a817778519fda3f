"""A run's own process: started, resumed and asked to stop. What it does is `smallimg.runs.worker`."""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from smallimg.errors import RunError, SmallimgError
from smallimg.files import read_json, write_json
from smallimg.pictures.images import PIXELS_SETTING
from smallimg.runs.caps import a_place_in_line
from smallimg.runs.folders import written
from smallimg.runs.line import try_lock
from smallimg.runs.priority import patient_environment
from smallimg.runs.run import Run, read_run

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


def start_run(run_id: str, *, folder: Path | None = None) -> Run:
    """Start a run's worker, or resume one that was stopped, interrupted or failed.

    Raises:
        RunError: when it is under way already, or finished.
    """
    run = read_run(run_id, folder=folder)
    if run.status == "finished":
        raise RunError(f"“{run.config.name}” is finished: start a new run to train longer.")
    start_worker(
        run.path, "smallimg.runs.worker", name=run.config.name, is_alive=run.is_alive, settings=_asked_pixels(run)
    )
    return read_run(run_id, folder=folder)


def begin_run(run: Run) -> Run:
    """Start a run that was just created; where it cannot be started, nothing is left of it.

    Raises:
        RunError, OwnerError: as `start_run`.
    """
    try:
        return start_run(run.id, folder=run.path.parent)
    except SmallimgError:
        shutil.rmtree(run.path, ignore_errors=True)
        raise


def start_worker(
    path: Path, module: str, *, name: str, is_alive: bool, settings: Mapping[str, str] = NO_SETTINGS
) -> None:
    """Start `python -m MODULE PATH` in a process that outlives this one, with the lock of that folder in its hands.

    Args:
        path: the folder of what is to be done, its status.json in it.
        module: the worker.
        name: what people call it.
        is_alive: whether it was under way when it was read.
        settings: variables of its environment, beside those of this process.

    Raises:
        RunError: when it is under way already.
        OwnerError: when a visitor has too many under way, see `smallimg.runs.caps`.
    """
    # The worker inherits the locked file: from here on it is alive until that process ends, however it does.
    with (
        written(f"“{name}” could not be started"),
        a_place_in_line(path.parent),
        (path / "lock").open("w") as lock,
        (path / "log.txt").open("a", encoding="utf-8") as log,
    ):
        # A worker that has said its last word still needs a moment to leave.
        patience = time.monotonic() + (0 if is_alive else 10)
        while not try_lock(lock.fileno()):
            if time.monotonic() > patience:
                raise RunError(f"“{name}” is under way already.")
            time.sleep(0.05)
        (path / "stop").unlink(missing_ok=True)
        status = read_json(path / "status.json")
        write_json(path / "status.json", status | {"status": "waiting", "reason": "", "queued": time.time(), "step": 0})
        worker = subprocess.Popen(
            [sys.executable, "-m", module, str(path.resolve())],
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock.fileno()],
            env=patient_environment() | dict(settings),
            start_new_session=True,  # it outlives the page's server
        )
    threading.Thread(target=worker.wait, daemon=True).start()  # or it would stay as a zombie


def _asked_pixels(run: Run) -> dict[str, str]:
    """How large its pictures may be, as its process reads it; also when another one resumes it."""
    return {} if run.config.max_pixels is None else {PIXELS_SETTING: str(run.config.max_pixels)}


def stop_run(run_id: str, *, folder: Path | None = None) -> Run:
    """Ask a run to stop, which it does within a step; one that waits leaves the line.

    Raises:
        RunError: when it is not under way.
    """
    run = read_run(run_id, folder=folder)
    if not run.is_alive:
        raise RunError(f"“{run.config.name}” is not under way: there is nothing to stop.")
    with written(f"“{run.config.name}” could not be stopped"):
        (run.path / "stop").touch()
    return run
