"""How long a run will take, found out on a little of it before it is started."""

import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from smallimg import DEFAULT_BUNDLE
from smallimg.errors import SmallimgError, TrainingError
from smallimg.runs.forecast import Forecast
from smallimg.runs.priority import patient_environment
from smallimg.runs.run import RunConfig, list_runs
from smallimg.ui.cards import notice
from smallimg.ui.train.cards import duration, roughly
from smallimg.ui.train.settings import run_config

LONGEST_S = 180.0
#: What the parts are called here, and which are told together.
TOLD = (
    ("starting and reading the pictures", ("start", "checking", "reading")),
    ("learning to cut out", ("remover",)),
    ("cutting out", ("cutouts",)),
    ("learning to find", ("detector",)),
    ("learning to name", ("classifier",)),
    ("learning to segment", ("segmenter",)),
    ("checking how sure it may be", ("check",)),
    ("measuring what it can do", ("measuring",)),
)


def estimate_text(data: str, *values: Any) -> str:
    """A sentence on the time a run with these settings takes, or on what keeps it from being started."""
    if not data:
        return '<p class="si-sentence">Choose the pictures, and the time it takes is measured here.</p>'
    try:
        config = run_config(data, *values)
        if not config.stages:
            return '<p class="si-sentence">Nothing to train is chosen yet.</p>'
        forecast = estimate(config)
    except SmallimgError as error:
        return notice(str(error))
    seconds = [
        (words, sum(forecast.parts[name].seconds for name in names if name in forecast.parts)) for words, names in TOLD
    ]
    # Short parts to the second, or three of two seconds each would be told as fifteen.
    parts = ", ".join(
        f"{words} {duration(time) if time < 10 else roughly(time)}" for words, time in seconds if time >= 0.5
    )
    return (
        f'<p class="si-sentence" role="status">About <strong>{roughly(forecast.seconds)}</strong> on this machine, '
        f"from the click until it is measured: {parts}.{_on_top(forecast)}{_begun(config)}{_in_line()}</p>"
    )


def _on_top(forecast: Forecast) -> str:
    if not forecast.download:
        return ""
    return f" On top comes the download of {escape(forecast.download)}, and what that takes to do its work."


def _begun(config: RunConfig) -> str:
    """From whose features a classifier starts, which of few pictures it does without being asked."""
    if config.start_from != DEFAULT_BUNDLE or config.start_mode != "features":
        return ""
    return (
        f" It starts from what “{DEFAULT_BUNDLE}” has learned to see, and learns your classes; “Expert settings” has "
        "the choice."
    )


def _in_line() -> str:
    """What is before a run that is started now."""
    before = [run for run in list_runs() if run.is_alive]
    if not before:
        return ""
    left = [run.seconds_left for run in before]
    known = sum(seconds for seconds in left if seconds is not None)
    time = f" for about {roughly(known)}" if None not in left else ""
    return f" {'One run is' if len(before) == 1 else f'{len(before)} runs are'} before it{time}."


def estimate(config: RunConfig) -> Forecast:
    """How long a run takes that is not started yet; see `smallimg.runs.estimate`. Measured once for the same settings.

    Raises:
        TrainingError: when a setting is wrong, the data lacks what a stage learns from, or nothing could be measured.
    """
    measurement = _measurement(_asked(config))
    with measurement.lock:
        if measurement.forecast is None:
            measurement.forecast = _measure(config)
    return measurement.forecast


def estimated(config: RunConfig) -> Forecast | None:
    """What `estimate` found out for these settings before; None when it was not asked, or is still at it."""
    return _measurement(_asked(config)).forecast


@dataclass
class _Measurement:
    """What is known of some settings; the lock is held while it is found out."""

    forecast: Forecast | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@lru_cache(maxsize=64)
def _measurement(_asked: str) -> _Measurement:
    return _Measurement()


def _asked(config: RunConfig) -> str:
    """The settings that time depends on."""
    return json.dumps(asdict(replace(config, name="", note="")))


def _measure(config: RunConfig) -> Forecast:
    """In a process of its own: whatever training does to a process, the page goes on."""
    # The run will be alone, but with the page; where another run is under way, it must not halve what is measured.
    content = {"config": json.loads(_asked(config)), "at": time.time()}
    content["steps_back"] = not any(run.is_alive for run in list_runs())
    try:
        done = subprocess.run(
            [sys.executable, "-m", "smallimg.runs.estimate", json.dumps(content)],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
            start_new_session=True,
            env=patient_environment(),
        )
        answer = json.loads(done.stdout.splitlines()[-1])
        if "error" not in answer:
            return Forecast.from_dict(answer)
    except (subprocess.TimeoutExpired, ValueError, IndexError, KeyError, TypeError, AttributeError):
        raise TrainingError("The time it takes could not be measured; it can be started all the same.") from None
    raise TrainingError(answer["error"])
