"""What keeps a run from being trained, found out before it is started: its worker would say the same, and fail."""

from smallimg.data.dataset import Dataset, trainable
from smallimg.runs.arguments import training_arguments
from smallimg.runs.run import RunConfig
from smallimg.training.plan import check_data, check_remover, make_plan


def refuse_untrainable(config: RunConfig, dataset: Dataset) -> None:
    """Say what is wrong with a run that nobody could train.

    Args:
        dataset: what it is to learn from; its pictures are not opened.

    Raises:
        TrainingError: when a setting is wrong, or the data lacks what a stage learns from.
        DataError: when nothing of the data can be trained on.
        BundleError: when the bundle that it starts from is missing or damaged.
    """
    start = training_arguments(config)["start"]
    stages = config.stages
    plan = make_plan(config.recipe, stages, config.epochs, config.overrides, background=config.background, start=start)
    check_data(
        trainable(dataset, opened=False),
        stages,
        boxes_from_masks=config.boxes_from_masks,
        names_boxes=plan.detector.names_boxes,
        background=plan.background,
    )
    check_remover(plan, stages, start, has_own=False)
