"""What a job's worker writes down while it works: how far it is, and whether somebody asked it to stop."""

import sys
import time
from pathlib import Path
from typing import Any

from smallimg.errors import Stopped
from smallimg.files import read_json, write_json
from smallimg.visitors.limits import seconds_for

WRITE_EVERY_S = 0.5
OUT_OF_TIME = "Its time was over: others wait for their turn. Choose fewer pictures, and start again."
STOPPED = "It was stopped. “Start again” begins anew."


class Ledger:
    """A job's status.json and log, as its worker fills them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.status = read_json(path / "status.json")
        self._started = time.monotonic()
        self._written = 0.0
        self._most_s = seconds_for(path)

    def say(self, status: str, reason: str = "") -> None:
        """Write how it stands, and a line in the log."""
        changes: dict[str, Any] = {}
        if status == "running":
            self._started = time.monotonic()
            changes = {"doing": "", "done": 0, "of": 0}
        self._write(status=status, reason=reason, **changes)
        self.log(f"{status}. {reason}".strip())

    def log(self, text: str) -> None:
        """Write a line in the log."""
        sys.stdout.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {text}\n")
        sys.stdout.flush()

    def progress(self, done: int, of: int, doing: str = "") -> None:
        """Take down how many pictures are done, and of what.

        Raises:
            Stopped: when somebody asked it to stop, or a visitor's time is over.
        """
        if self.should_stop():
            raise Stopped(STOPPED)
        if time.monotonic() - self._started > self._most_s:
            raise Stopped(OUT_OF_TIME)
        is_new = doing != self.status.get("doing")
        if is_new or done == of or time.monotonic() - self._written > WRITE_EVERY_S:
            self._write(doing=doing, done=done, of=of)

    def about(self, content: dict[str, Any]) -> None:
        """Write about.json, see `smallimg.runs.jobs`."""
        write_json(self.path / "about.json", content)

    def should_stop(self) -> bool:
        """Whether somebody asked it to stop."""
        return (self.path / "stop").exists()

    def _write(self, **changes: Any) -> None:
        seconds = round(time.monotonic() - self._started, 1)
        self.status |= changes | {"seconds": seconds, "updated": time.time()}
        write_json(self.path / "status.json", self.status)
        self._written = time.monotonic()
