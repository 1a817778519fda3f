"""A data set whose pictures have all been opened: what every check is given."""

from collections import Counter
from dataclasses import dataclass

from smallimg.data.checks.facts import Facts
from smallimg.data.dataset import Dataset, Sample, classes_in


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture with the part of the data that it is of.

    Attributes:
        part: "train", "validation" or "test", whatever the data calls them.
        name: where it lies below the data's folder.
    """

    part: str
    name: str
    sample: Sample
    facts: Facts


@dataclass(frozen=True, eq=False)
class Examined:
    """All pictures that can be used.

    Attributes:
        training: what can be learned from, with the data's own validation part if it has one.
        test: what is tested on, by the same labels, of which nothing may be known; None where there is none.
        class_names: of both, by label.
        pictures: of all parts, those to learn from first, then validation, then test.
    """

    training: Dataset
    test: Dataset | None
    class_names: tuple[str, ...]
    pictures: tuple[Picture, ...]

    def part(self, *names: str) -> tuple[Picture, ...]:
        """The pictures of some parts."""
        return tuple(picture for picture in self.pictures if picture.part in names)

    def counts(self, *parts: str) -> Counter[int]:
        """How many pictures of some parts show each label."""
        return Counter(label for picture in self.part(*parts) for label in classes_in(picture.sample))
