"""What was seen in the pictures of a data set. Nothing here needs torch."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from smallimg.study.explain.inside import Inside

#: Longer side, in pixels, of the small copies that are shown.
SHOWN = 144


@dataclass(frozen=True, eq=False)
class Seen:
    """One picture of the set.

    Attributes:
        path: where it lies.
        truth: its class, None where that is not known, or none of the model's.
        label: what it was taken for, sure of it or not, and how probable that was.
        probability: of the label.
        inside: how the map lies on the object; None where neither mask nor box is known.
        shown: a small copy with its heat and the true boxes, RGB.
    """

    path: Path
    truth: str | None
    label: str
    probability: float
    inside: Inside | None
    shown: Image.Image

    @property
    def is_right(self) -> bool | None:
        """Whether it was taken for what it is; None where that is not known."""
        return None if self.truth is None else self.truth == self.label


@dataclass(frozen=True, eq=False)
class SetSeen:
    """What was looked at, and what could not be.

    Attributes:
        seen: in the data set's order.
        of: how many pictures the data set has.
        errors: one sentence for each picture that could not be read.
        unnamed: the classes of pictures that were looked at for which the model has no name.
    """

    seen: tuple[Seen, ...]
    of: int
    errors: tuple[str, ...]
    unnamed: tuple[str, ...] = ()
