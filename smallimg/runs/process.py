"""A run's own process: started, resumed and asked to stop. What it does is `smallimg.runs.worker`."""

import subprocess
import sys
import threading
import time
from pathlib import Path

from smallimg.errors import RunError
from smallimg.files import read_json, write_json
from smallimg.runs.line import try_lock
from smallimg.runs.priority import patient_environment
from smallimg.runs.run import Run, read_run


def start_run(run_id: str, *, folder: Path | None = None) -> Run:
    """Start a run's worker, or resume one that was stopped, interrupted or failed.

    Raises:
        RunError: when it is under way already, or finished.
    """
    run = read_run(run_id, folder=folder)
    if run.status == "finished":
        raise RunError(f"“{run.config.name}” is finished: start a new run to train longer.")
    # The worker inherits the locked file: from here on the run is alive until that process ends, however it does.
    with (run.path / "lock").open("w") as lock, (run.path / "log.txt").open("a", encoding="utf-8") as log:
        # A worker that has said its last word still needs a moment to leave.
        patience = time.monotonic() + (0 if run.is_alive else 10)
        while not try_lock(lock.fileno()):
            if time.monotonic() > patience:
                raise RunError(f"“{run.config.name}” is under way already.")
            time.sleep(0.05)
        (run.path / "stop").unlink(missing_ok=True)
        status = read_json(run.path / "status.json")
        write_json(
            run.path / "status.json", status | {"status": "waiting", "reason": "", "queued": time.time(), "step": 0}
        )
        worker = subprocess.Popen(
            [sys.executable, "-m", "smallimg.runs.worker", str(run.path.resolve())],
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock.fileno()],
            env=patient_environment(),
            start_new_session=True,  # it outlives the page's server
        )
    threading.Thread(target=worker.wait, daemon=True).start()  # or it would stay as a zombie
    return read_run(run_id, folder=folder)


def stop_run(run_id: str, *, folder: Path | None = None) -> Run:
    """Ask a run to stop, which it does within a step; one that waits leaves the line.

    Raises:
        RunError: when it is not under way.
    """
    run = read_run(run_id, folder=folder)
    if not run.is_alive:
        raise RunError(f"“{run.config.name}” is not under way: there is nothing to stop.")
    (run.path / "stop").touch()
    return run
