"""How long a run takes and how much of it is left: the parts of a run, their seconds, and a countdown that learns.

    start        the run's own process starts and loads its code
    checking     every picture is opened once, to leave out what is damaged
    reading      the pictures are read into memory
    remover      a network is trained: set up, its steps with a validation an epoch, its end
    cutouts      the pictures are cut out for the networks that learn from cut-outs
    detector     as the remover
    classifier   as the remover
    check        of few pictures: networks like it are asked about pictures that they did not learn from
    segmenter    as the remover
    measuring    the finished networks predict the test pictures, or those kept aside

Arithmetic and plain values only: `smallimg.runs.estimate` measures them, the worker counts down, the page words them.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

#: All that a run can be at, in its order; the networks among them are trained only where they were asked for.
PARTS = (
    "start", "checking", "reading", "remover", "cutouts", "detector", "classifier", "check", "segmenter", "measuring",
)  # fmt: skip
#: Those in which networks are at work: their pace is that of the others.
COMPUTING = frozenset(PARTS[PARTS.index("remover") :])
#: In a run's folder: what was forecast for it.
FORECAST_FILE = "forecast.json"

#: What a network learns, in words that everybody knows.
LEARNED = {"remover": "cutting out", "detector": "finding", "classifier": "naming", "segmenter": "segmenting"}
#: A part's words while its pictures are not counted yet, and while they are.
_WORDS = {
    "start": ("starting up", ""),
    "foretelling": ("finding out how long it takes", ""),
    "checking": ("checking the pictures", "checking pictures, {step} of {steps}"),
    "reading": ("reading the pictures", "reading pictures, {step} of {steps}"),
    "cutouts": ("cutting out", "cutting out, {step} of {steps}"),
    "measuring": ("measuring what it can do", "measuring what it can do, {step} of {steps}"),
}


def doing(part: str, *, epoch: int, epochs: int, step: int, steps: int) -> str:
    """What a run is doing, in plain words; the arguments are those of a `smallimg.runs.run.Run`."""
    if (part or "start") in _WORDS:
        before, counted = _WORDS[part or "start"]
        return counted.format(step=step, steps=steps) if counted and steps else before
    if part == "check":
        return "checking how sure it may be" + (f", round {epoch} of {epochs}" if epoch else "")
    part = LEARNED.get(part, part)
    if not epoch:
        return f"{part}: getting ready"
    return f"{part}: epoch {epoch} of {epochs}"


@dataclass(frozen=True)
class Part:
    """The seconds of one part of a run.

    Attributes:
        setup: before its first step.
        work: of all its steps, with what comes between them.
        end: after its last step.
        bend: (share of the steps, share of the work) up to which early steps cost less, or more, than those after.
    """

    setup: float = 0.0
    work: float = 0.0
    end: float = 0.0
    bend: tuple[float, float] | None = None

    @property
    def seconds(self) -> float:
        return self.setup + self.work + self.end

    def spent(self, share: float) -> float:
        """Seconds of work for that share of the steps, 0 … 1."""
        if self.bend is None:
            return self.work * share
        steps, early = self.bend
        if share <= steps:
            return self.work * early * share / steps
        return self.work * (early + (1 - early) * (share - steps) / (1 - steps))

    def left(self, share: float) -> float:
        """Seconds from when that share of the steps is done until the part is over."""
        return self.work - self.spent(share) + self.end


@dataclass(frozen=True)
class Forecast:
    """A run's parts in their order, each with its seconds.

    Attributes:
        parts: by the names of `PARTS`; only those that the run has.
        download: what is downloaded first, for which there is no telling; "" for nothing.
    """

    parts: Mapping[str, Part]
    download: str = ""

    @property
    def seconds(self) -> float:
        return sum(part.seconds for part in self.parts.values())

    def as_dict(self) -> dict[str, Any]:
        return {"parts": {name: asdict(part) for name, part in self.parts.items()}, "download": self.download}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Forecast":
        """The forecast that `as_dict` gave.

        Raises:
            KeyError, TypeError, ValueError: when it is something else.
        """
        parts = {name: _as_part(part) for name, part in dict(content["parts"]).items()}
        return cls({name: parts[name] for name in PARTS if name in parts}, str(content["download"]))


def read_forecast(folder: Path) -> Forecast | None:
    """What was forecast for the run in a folder; None where nothing was, or the file is damaged."""
    try:
        return Forecast.from_dict(json.loads((folder / FORECAST_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, LookupError, RecursionError, OverflowError):
        return None


def _as_part(content: Mapping[str, Any]) -> Part:
    setup, work, end = (float(content[name]) for name in ("setup", "work", "end"))
    if not all(0 <= seconds < 1e9 for seconds in (setup, work, end)):
        raise ValueError("seconds that no part of a run takes")
    bend = content["bend"]
    return Part(setup, work, end, None if bend is None else (float(bend[0]), float(bend[1])))


class Countdown:
    """What is left of a run: the forecast, corrected by the pace that the run itself shows.

    Steps tell the pace; what comes before a first step (code that loads, tables that are made) says nothing of it, and
    how fast pictures are read says nothing of how fast a network learns.

    Args:
        forecast: of the whole run; None when there is none, and only the part under way can be told.
        done: part → the share of its steps that earlier sittings have done, 0 … 1.
    """

    def __init__(self, forecast: Forecast | None, done: Mapping[str, float] | None = None) -> None:
        self._parts = dict(forecast.parts) if forecast is not None else {}
        self._done = dict(done or {})
        self._name = ""
        self._place = -1  # in the order of the parts
        self._first: tuple[float, float] | None = None  # when its first step was done, and its share of them
        self._here = (0.0, 0.0)  # seconds of this part's steps since then: as they were, and as they were forecast
        self._before = (0.0, 0.0)  # the same of the parts before in which networks were at work

    def at(self, name: str, share: float, now: float) -> tuple[float, float] | None:
        """Seconds left of a part and of all that comes after it; None where nothing can be told.

        Args:
            name: the part under way. One that was not forecast is told from its own steps.
            share: of its steps that are done, 0 … 1.
            now: seconds on any clock that only runs forward.
        """
        if name != self._name:
            self._before = self._computed()
            self._name, self._first, self._here = name, None, (0.0, 0.0)
        if name in self._parts:
            self._place = PARTS.index(name)
        if self._first is None and share > 0:
            self._first = (now, share)
        here = self._left(name, share, now)
        return None if here is None else (here, self._left_later())

    def _left(self, name: str, share: float, now: float) -> float | None:
        then, first = self._first or (now, share)
        part = self._parts.get(name)
        if part is None:
            if share > first:
                return (now - then) / (share - first) * (1 - share)
            return 0.0 if self._parts else None
        self._here = (now - then, part.spent(share) - part.spent(first))
        if share == 0:
            return part.setup + part.left(self._done.get(name, 0.0)) * self._pace()
        # What was forecast is held on to for a tenth of the part.
        return part.left(share) * _ratio(self._here, held=min(0.5 + 0.1 * part.work, 20.0))

    def _left_later(self) -> float:
        later = [(name, part) for name, part in self._parts.items() if PARTS.index(name) > self._place]
        return sum(part.setup + part.left(self._done.get(name, 0.0)) for name, part in later) * self._pace()

    def _pace(self) -> float:
        """How many times as long as forecast the networks' steps have taken so far, all parts together."""
        return _ratio(self._computed(), held=10.0)

    def _computed(self) -> tuple[float, float]:
        """Seconds of the steps that networks took so far: as they were, and as they were forecast."""
        if self._name not in COMPUTING:
            return self._before
        return self._before[0] + self._here[0], self._before[1] + self._here[1]


def _ratio(seconds: tuple[float, float], *, held: float) -> float:
    """Seconds that passed by those that were forecast, held at 1 as if so many had passed as forecast."""
    return (seconds[0] + held) / (seconds[1] + held)
