"""How long a run will take, measured on a few steps of it before it is started."""

from functools import lru_cache
from typing import Any

from smallimg.datasets import Dataset, read_dataset, trainable
from smallimg.errors import SmallimgError
from smallimg.estimate import estimate_seconds
from smallimg.runs import RunConfig
from smallimg.start_from import Start
from smallimg.ui.cards import notice
from smallimg.ui.train_cards import duration
from smallimg.ui.train_settings import run_config


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
    """Seconds by stage of a run that is not started yet; see `smallimg.estimate`."""
    return estimate_seconds(
        _dataset(config.data, config.split),
        stages=config.stages,
        recipe=config.recipe,
        overrides=config.overrides,
        background=config.background,
        boxes_from_masks=config.boxes_from_masks,
        start=Start(config.start_from, config.start_mode) if config.start_from else None,
    )


@lru_cache(maxsize=2)
def _dataset(data: str, split: str) -> Dataset:
    """A data set that stays as it is: those of the page are written once, under a new name each."""
    return trainable(read_dataset(data, split=split, max_files=200_000, max_bytes=10_000_000_000))
