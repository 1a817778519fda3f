"""What a run's worker writes down while it works: status, epochs, log, and what is left."""

import contextlib
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from smallimg.files import read_json, write_json, write_text
from smallimg.runs.forecast import PARTS, Countdown, Forecast, read_forecast
from smallimg.runs.line import ALIVE
from smallimg.runs.run import Run, read_lines
from smallimg.visitors.limits import seconds_for

if TYPE_CHECKING:
    from smallimg.training.loop import Progress

WRITE_EVERY_S = 1.0
#: Bytes that are kept for a last status: on a full disk it could not be written.
ROOM = 1 << 16
#: How far a run is in a part of which no step is done.
AT_ITS_BEGINNING = {"epoch": 0, "epochs": 0, "step": 0, "steps": 0}


class Diary:
    """A run's files, as its worker fills them. `report` is that of the training functions."""

    def __init__(self, run: Run) -> None:
        self.path = run.path
        self._room = run.path / "room"
        self.status: dict[str, Any] = read_json(run.path / "status.json")
        self.before = run.seconds
        self.started = time.monotonic()
        self._stages = run.config.stages
        self._most_s = seconds_for(run.path)
        self._part = ""
        self._written = 0.0
        self._epochs = read_lines(run.path / "metrics.jsonl")
        self.expect(read_forecast(run.path))

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    def expect(self, forecast: Forecast | None) -> None:
        """From now on, what is left is told by this forecast of the whole run, less what earlier sittings did."""
        done = {line["stage"]: line["epoch"] / max(line.get("epochs", 1), 1) for line in self._epochs}
        if done.keys() & {"detector", "classifier", "segmenter"}:  # the cut-outs were made before these
            done["cutouts"] = 1.0
        self.forecast = forecast
        self._countdown = Countdown(forecast, done)

    def say(self, status: str, reason: str = "") -> None:
        """Write how the run stands, and a line in the log."""
        if status == "running":
            self.started = time.monotonic()
        if status not in ALIVE:
            self._room.unlink(missing_ok=True)
        self._write(status=status, reason=reason, seconds_left=None)
        self.log(f"{status}. {reason}".strip())

    def wait(self) -> None:
        """Write how long it will take from its turn on, and keep room for the last words."""
        self._room.write_bytes(b"\1" * ROOM)
        self._write(seconds_left=self._left("start", 0.0))

    def begin(self, part: str) -> None:
        """Write that a part of the run begins; until its first step is done nothing more is heard of it."""
        self._log_beginning(part)
        self._write(stage=part, **AT_ITS_BEGINNING, seconds_left=self._left(part, 0.0))

    def log(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a full disk: what is said is said in status.json, too
            sys.stdout.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {text}\n")
            sys.stdout.flush()

    def should_stop(self) -> bool:
        return (self.path / "stop").exists() or self.is_out_of_time()

    def is_out_of_time(self) -> bool:
        """Whether it has worked as long as a visitor's run may at a time; waiting does not count."""
        return self.status["status"] == "running" and time.monotonic() - self.started > self._most_s

    def report(self, progress: "Progress") -> None:
        """Take down a step, or the end of an epoch."""
        part, is_network = progress.stage, progress.stage in self._stages
        if progress.metrics:
            self._take_down(progress)
        self._log_beginning(part)
        done = (progress.epoch - 1) * progress.steps + progress.step
        left = self._left(part, done / max(progress.epochs * progress.steps, 1))
        if progress.metrics or time.monotonic() - self._written > WRITE_EVERY_S:
            place = {name: getattr(progress, name) for name in AT_ITS_BEGINNING}
            self._write(stage=part, **place, seconds_left=left)
        if not is_network and done == progress.epochs * progress.steps and (following := self._after(part)):
            self.begin(following)  # networks are set up without a word

    def measure_on(self, count: int) -> None:
        """Write how many pictures every epoch is measured on: a share of seven is not a share of seven hundred."""
        self._write(validation=count)

    def _after(self, part: str) -> str:
        """The part that comes after one; "" after the last, and where nobody knows."""
        expected = self.forecast.parts if self.forecast else {"checking", "reading", *self._stages}
        order = [name for name in PARTS if name in expected or name == part]
        return next(iter(order[order.index(part) + 1 :]), "") if part in order else ""

    def _left(self, part: str, share: float) -> dict[str, float] | None:
        """Seconds left of the part under way (`here`) and of all after it (`later`), from now."""
        left = self._countdown.at(part, share, time.monotonic())
        return None if left is None else {"here": round(left[0], 1), "later": round(left[1], 1)}

    def _log_beginning(self, part: str) -> None:
        if part != self._part:
            self._part = part
            self.log(f"{part} begins")

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
            write_text(file, "".join(json.dumps(old) + "\n" for old in kept))
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
        self._epochs = [*kept, line]
        figures = "  ".join(f"{name} {value:.4g}" for name, value in progress.metrics.items())
        self.log(f"{progress.stage} {progress.epoch}/{progress.epochs}  {figures}")

    def _write(self, **changes: Any) -> None:
        self.status |= changes | {"seconds": round(self.seconds, 1), "updated": time.time()}
        write_json(self.path / "status.json", self.status)
        self._written = time.monotonic()
