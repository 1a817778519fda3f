"""A data set whose pictures have all been opened: what every check is given."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from smallimg.data.checks.facts import Facts
from smallimg.data.dataset import Dataset, Sample, classes_in

#: A finding names so many of what it is about, and counts the rest.
NAMED = 3


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
        test: what is tested on, by the same labels; None where there is none, or nothing is known of it.
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


def told(sentences: Sequence[str], *, most: int = NAMED) -> str:
    """The first of several sentences in a row, and how many more there are."""
    rest = len(sentences) - most
    return "; ".join(sentences[:most]) + (f"; and {rest:,} more" if rest > 0 else "")


def some(names: Iterable[str], *, most: int = NAMED) -> str:
    """The first of several names, and that there are more."""
    listed = list(names)
    return ", ".join(listed[:most]) + (" …" if len(listed) > most else "")


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """ "1 box", "1,200 boxes"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
