"""What keeps a run from being trained, found out before it is started: its worker would say the same, and fail."""

from smallimg.data.dataset import Dataset, trainable
from smallimg.runs.arguments import training_arguments
from smallimg.runs.run import RunConfig
from smallimg.training.plan import check_remover, plan_for


def refuse_untrainable(config: RunConfig, dataset: Dataset) -> None:
    """Say what is wrong with a run that nobody could train.

    Args:
        dataset: what it is to learn from; its pictures are not opened.

    Raises:
        TrainingError: when a setting is wrong, or the data lacks what a stage learns from.
        DataError: when nothing of the data can be trained on.
        BundleError: when the bundle that it starts from is missing or damaged.
    """
    arguments = {name: value for name, value in training_arguments(config).items() if name != "seed"}
    plan = plan_for(trainable(dataset, opened=False), **arguments)
    check_remover(plan, config.stages, arguments["start"], has_own=False)
