"""A run repeated on its pictures as they are now, from the networks that it has learned already."""

import re
from dataclasses import replace
from typing import Any

from smallimg.bundles.calibration import FEWEST
from smallimg.errors import RunError
from smallimg.runs.kept_aside import KEPT_ASIDE
from smallimg.runs.run import LONGEST_NAME, Run, RunConfig, list_runs

#: What the networks to go on from bring along themselves.
_BROUGHT = ("architecture", "arguments", "input_size")


def again(run: Run, config: RunConfig | None = None) -> RunConfig:
    """What is asked of the run that follows another.

    It goes on from that one's networks: where only the last layer learned, on the same features and from the same last
    layer; else all of it, gently. What is kept aside stays the same, see `smallimg.runs.kept_aside`. Where all of a
    network learned from few pictures it starts as the first did: how far its word can be trusted is found out by
    networks like it that have not seen a quarter of them, and those would know them.

    Args:
        run: the one to follow.
        config: what is asked for, where that is not the same as before.

    Raises:
        RunError: when it has no pictures of its own, because it was brought in.
    """
    config = config or run.config
    if not run.config.data:
        raise RunError(f"“{run.config.name}” was brought in without its pictures: train a run of your own on some.")
    config = replace(config, name=_numbered(run.config.name), after=run.id)
    if not goes_on(run):
        return config
    overrides = {
        stage: {name: value for name, value in asked.items() if name not in _BROUGHT}
        for stage, asked in config.overrides.items()
    }
    start: dict[str, Any] = {"start_from": str(run.path.resolve()), "start_mode": _mode(run)}
    start["background"] = run.config.background  # what it looks at stays the same
    return replace(config, overrides={stage: asked for stage, asked in overrides.items() if asked}, **start)


def goes_on(run: Run) -> bool:
    """Whether a run that follows this one starts from its networks."""
    is_split = (run.path / KEPT_ASIDE).is_file()
    return run.bundle_ready and is_split and (_mode(run) == "features" or run.validation >= FEWEST)


def _mode(run: Run) -> str:
    return run.config.start_mode if run.config.start_from else "all"


def _numbered(name: str) -> str:
    """A name that no run has: with the next number behind it."""
    stem = re.sub(r" · \d+$", "", name)
    taken = {run.config.name for run in list_runs()}
    numbers = (f" · {number}" for number in range(2, len(taken) + 3))
    return next(one for end in numbers if (one := f"{stem[: LONGEST_NAME - len(end)]}{end}") not in taken)
