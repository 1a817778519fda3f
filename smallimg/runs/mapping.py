"""Maps of sets as jobs: what comes of one is told in `smallimg.study.mapping`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from smallimg.runs.jobs import Job, Kind


@dataclass(frozen=True)
class MapConfig:
    """What was asked for; all of them plain values.

    Attributes:
        model: the bundle that the map is seen with.
        others: further bundles that look at the same pictures.
        data, split: path of the data set, and which part of it.
        most: pictures at most.
        names: what people call the bundles, in that order.
        data_name: and the data.
    """

    model: str
    data: str
    others: list[str] = field(default_factory=list)
    split: str = "test"
    most: int = 1000
    names: list[str] = field(default_factory=list)
    data_name: str = ""

    @property
    def title(self) -> str:
        """What to call it."""
        names = self.names or [Path(one).name for one in (self.model, *self.others)]
        return f"{' and '.join(names)} on {self.data_name or Path(self.data).name}"

    @property
    def models(self) -> tuple[str, ...]:
        """The bundles that it asks."""
        return (self.model, *self.others)


Mapped: TypeAlias = Job[MapConfig]
MAPS = Kind(
    folder_name="maps",
    what="map",
    config=MapConfig,
    worker="smallimg.runs.mapping_worker",
    figures="map.json",
    offered=("map.csv", "map.json", "features.npz"),
)
