"""Evaluations as jobs: what came of one is told in `smallimg.study.evaluating`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from smallimg.runs.jobs import Job, Kind


@dataclass(frozen=True)
class EvaluationConfig:
    """What was asked for; all of them plain values. Models and backgrounds as in `smallimg.study.evaluating.Wanted`.

    Attributes:
        data, split: path of the data set, and which part of it.
        model_name, data_name, against_name: what people call them.
        pictures: whether the cut-outs and crops are kept too.
    """

    model: str
    data: str
    split: str = "test"
    background: str = "own"
    against: str | None = None
    against_background: str = "own"
    lesson: bool = False
    known_only: bool = False
    pictures: bool = False
    model_name: str = ""
    data_name: str = ""
    against_name: str = ""

    @property
    def title(self) -> str:
        """What to call it."""
        return f"{self.model_name or Path(self.model).name} on {self.data_name or Path(self.data).name}"

    @property
    def models(self) -> tuple[str, ...]:
        """The bundles that it asks."""
        return (self.model,) if self.against is None else (self.model, self.against)


Evaluated: TypeAlias = Job[EvaluationConfig]
EVALUATIONS = Kind(
    folder_name="evaluations",
    what="evaluation",
    config=EvaluationConfig,
    worker="smallimg.runs.evaluation_worker",
    figures="metrics.json",
    offered=(
        "metrics.json", "predictions.csv", "submission.csv", "comparison.csv", "comparison.json", "lesson.csv",
        "lesson.json", "cutouts.zip", "crops.zip",
    ),
)  # fmt: skip
