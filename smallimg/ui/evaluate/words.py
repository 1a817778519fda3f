"""What evaluations are called on the page, and what has to be known of one beside its figures."""

from typing import Any

from smallimg.runs.jobs import Job
from smallimg.ui.jobs.card import Words

WORDS = Words(
    name="evaluation",
    label="Evaluation",
    running="measuring",
    units="looks",
    ready="the pictures’ labels and the networks",
    none_yet="Nothing measured yet. Choose a model and pictures above and press <strong>Evaluate</strong>: the figures "
    "appear here.",
)
#: What each file is, for those who wonder.
FILE_WORDS = {
    "metrics.json": "all figures",
    "predictions.csv": "a row a picture",
    "submission.csv": "Id, Category",
    "comparison.csv": "what both said of each picture",
    "comparison.json": "the comparison’s figures",
    "lesson.csv": "what was said of each picture, by what was switched off",
    "lesson.json": "the lesson’s figures",
    "cutouts.zip": "without their backgrounds",
    "crops.zip": "cut to the object",
}


def facts(one: Job[Any]) -> list[str]:
    """Which part of the pictures, and whose background model where it is not the model's own."""
    config = one.config
    background = [f"background model {config.background}"] if config.background != "own" else []
    return [f"part “{one.about.get('split', config.split)}”", *background]
