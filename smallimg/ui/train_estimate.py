"""How long a run will take, measured on a few steps of it before it is started."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from smallimg.errors import SmallimgError, TrainingError
from smallimg.runs import RunConfig
from smallimg.ui.cards import notice
from smallimg.ui.train_cards import duration
from smallimg.ui.train_settings import run_config

LONGEST_S = 180.0


def estimate_text(data: str, *values: Any) -> str:
    """A sentence on the time a run with these settings takes, or on what keeps it from being started."""
    if not data:
        return '<p class="si-sentence">Choose the pictures, and the time it takes is measured here.</p>'
    try:
        config = run_config(data, *values)
        if not config.stages:
            return '<p class="si-sentence">Nothing to train is chosen yet.</p>'
        seconds = estimate(config)
    except SmallimgError as error:
        return notice(str(error))
    parts = ", ".join(f"{stage} {duration(time)}" for stage, time in seconds.items())
    apart = f" ({parts})" if len(seconds) > 1 else ""
    return (
        f'<p class="si-sentence" role="status">About <strong>{duration(sum(seconds.values()))}</strong> on this machine'
        f"{apart}, as measured on a few steps.</p>"
    )


def estimate(config: RunConfig) -> dict[str, float]:
    """Seconds by stage of a run that is not started yet; see `smallimg.estimate`.

    Raises:
        TrainingError: when a setting is wrong, the data lacks what a stage learns from, or nothing could be measured.
    """
    asked = asdict(replace(config, name="", note=""))
    return dict(_measured(json.dumps(asked)))


@lru_cache(maxsize=64)
def _measured(asked: str) -> tuple[tuple[str, float], ...]:
    """In a process of its own: whatever training does to a process, the page goes on."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "smallimg.estimate", asked],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        answer = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        raise TrainingError("The time it takes could not be measured; it can be started all the same.") from None
    if "error" in answer:
        raise TrainingError(answer["error"])
    return tuple(answer.items())
