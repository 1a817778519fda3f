"""A run's config as the arguments of a training."""

from typing import Any

from smallimg.runs.run import RunConfig
from smallimg.training.start import Start


def training_arguments(config: RunConfig) -> dict[str, Any]:
    """What a run was asked to do, as arguments of `train_bundle`."""
    return {
        "stages": config.stages,
        "recipe": config.recipe,
        "epochs": config.epochs,
        "overrides": config.overrides,
        "background": config.background,
        "boxes_from_masks": config.boxes_from_masks,
        "start": Start(config.start_from, config.start_mode) if config.start_from else None,
        "seed": config.seed,
    }
