"""Studies of conditions as jobs: what came of one is told in `smallimg.study.conditions.write`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from smallimg.runs.jobs import Job, Kind


@dataclass(frozen=True)
class StudyConfig:
    """What was asked for; all of them plain values, as in `smallimg.study.conditions.conduct.Asked`.

    Attributes:
        data, split: path of the data set, and which part of it.
        strengths: of the factors, by their names in `smallimg.study.conditions.factors.Strengths`.
        model_name, data_name: what people call them.
    """

    model: str
    data: str
    split: str = "test"
    most: int = 600
    paste: bool | None = None
    protocol: str = "bundle"
    corruptions: bool = False
    strengths: dict[str, Any] = field(default_factory=dict)
    model_name: str = ""
    data_name: str = ""

    @property
    def title(self) -> str:
        """What to call it."""
        who = "A ResNet-18" if self.protocol == "document" else self.model_name or Path(self.model).name
        return f"{who} on {self.data_name or Path(self.data).name}"

    @property
    def models(self) -> tuple[str, ...]:
        """The bundles that it asks."""
        return (self.model,)


Studied: TypeAlias = Job[StudyConfig]
STUDIES = Kind(
    folder_name="studies",
    what="study",
    config=StudyConfig,
    worker="smallimg.runs.study_worker",
    figures="conditions.json",
    offered=("results_conditions.csv", "changes.csv", "conditions.json", "sheet.png", "heatmap.png"),
)
