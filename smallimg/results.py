"""What a prediction is: small frozen values, checked when they are made."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from PIL import Image

#: An object that is stranger to the classifier than all but this share of those it knows counts as unknown, unless its
#: bundle has reason to ask for more.
UNKNOWN_BELOW = 0.05
#: A name is an answer from this probability on, where its bundle has measured none of its own, and only where it leads
#: the runner-up by so much.
NAMED_FROM = 0.5
CLEAR_BY = 0.15
#: Why there is no name: it is like nothing that was learned, no class is likely enough, or two are too close.
Doubt = Literal["unlike", "unlikely", "close"]


@dataclass(frozen=True)
class Box:
    """One detected object: xyxy in pixels of the picture as opened (EXIF turned), half-open, and a score in 0 … 1.

    `of_cutout` says that it is not a detector's, but the one around what the background left over; `name` is what a
    detector that tells things apart calls it; `mask` is what of the box one that draws takes for the object: L, a small
    picture of the box alone, 255 where it is sure.

    Raises:
        ValueError: on a coordinate that is not finite, a corner before its start, or a score outside 0 … 1.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    score: float
    of_cutout: bool = False
    name: str | None = None
    mask: Image.Image | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in (*self.xyxy, self.score)):
            raise ValueError(f"a box needs finite numbers, got {self.xyxy} with score {self.score}")
        if self.x2 < self.x1 or self.y2 < self.y1:
            raise ValueError(f"a box must have x1 <= x2 and y1 <= y2, got {self.xyxy}")
        if not 0 <= self.score <= 1:
            raise ValueError(f"a box score lies in 0 … 1, got {self.score}")

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        return (self.x1, self.y1, self.x2, self.y2)

    def as_dict(self) -> dict[str, Any]:
        """What the command line and the downloads say of one of several objects."""
        return {"name": self.name, "box": [round(value, 1) for value in self.xyxy], "score": round(self.score, 4)}

    @property
    def around(self) -> tuple[int, int, int, int]:
        """The box outwards to whole pixels: a cut through the object's edge would lose some of it."""
        return (math.floor(self.x1), math.floor(self.y1), math.ceil(self.x2), math.ceil(self.y2))


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What every pixel of a picture shows, the likeliest class or the background.

    Attributes:
        numbers: L, of the picture's shape, as large as the network saw it: 0 is the background, k + 1 the class at
            place k.
        class_names: the classes.
        size_wh: width and height of the picture as opened, in pixels.
    """

    numbers: Image.Image
    class_names: tuple[str, ...]
    size_wh: tuple[int, int]

    def __post_init__(self) -> None:
        if self.numbers.mode != "L" or any(self.numbers.histogram()[1 + len(self.class_names) :]):
            raise ValueError(f"a class map is L and has {len(self.class_names)} classes at most")

    @property
    def shares(self) -> dict[str, float]:
        """Class → its share of the picture's pixels, those that are there only, the largest first."""
        counts = self.numbers.histogram()[1 : 1 + len(self.class_names)]
        there = [(name, count) for name, count in zip(self.class_names, counts, strict=True) if count]
        whole = self.numbers.width * self.numbers.height
        return {name: count / whole for name, count in sorted(there, key=lambda one: -one[1])}

    @property
    def background(self) -> float:
        """The share of pixels that show no class."""
        return self.numbers.histogram()[0] / (self.numbers.width * self.numbers.height)

    def full(self) -> Image.Image:
        """`numbers` with a pixel for every pixel of the picture."""
        return self.numbers.resize(self.size_wh, Image.Resampling.NEAREST)

    def as_dict(self) -> dict[str, Any]:
        """What the command line and the downloads say of it: shares of pixels."""
        classes = {name: round(share, 4) for name, share in self.shares.items()}
        return {"background": round(self.background, 4), "classes": classes}


@dataclass(frozen=True, eq=False)
class Prediction:
    """Everything the pipeline found in one picture.

    Attributes:
        size_wh: width and height of the picture as opened, in pixels.
        cutout: the picture with its background transparent, RGBA, same size; None when that stage was off.
        boxes: detected objects, best score first; empty when the stage was off or no object was found.
        crop: what the classifier looked at, RGB, square, at most 224 pixels a side; None when classification was off.
        probabilities: class name → probability, in the bundle's class order; empty when classification was off.
        familiarity: the share of known objects that are stranger to the classifier, 0 … 1; None where it cannot tell.
        unknown_below: the familiarity below which the object counts as unknown.
        groups: name of a group of classes → its probability; empty where the bundle has none.
        named_from, group_from: the probabilities from which a class, and a group, is an answer.
        milliseconds: stage → time it took, of `background`, `detector`, `classifier`, `segmenter` where there is one,
            `objects` where every one was named, and `total`, less than their sum where the first two ran at once.
        engine: what the bundle's networks ran in, see `smallimg.bundles.engine_choice`; empty where nobody says.
        objects: every object by itself, best first: its box, its crop and what it is; empty where nobody asked.
        frame: which picture of its file this is, from 1, and how many are in it; None where it is the only one.
        segmentation: what every pixel shows; None where the bundle has no segmenter, or classification was off.
    """

    size_wh: tuple[int, int]
    cutout: Image.Image | None
    boxes: tuple[Box, ...]
    crop: Image.Image | None
    probabilities: dict[str, float]
    milliseconds: dict[str, float] = field(default_factory=dict)
    familiarity: float | None = None
    groups: dict[str, float] = field(default_factory=dict)
    unknown_below: float = UNKNOWN_BELOW
    named_from: float = NAMED_FROM
    group_from: float = NAMED_FROM
    engine: str = ""
    objects: tuple["Prediction", ...] = ()
    frame: tuple[int, int] | None = None
    segmentation: Segmentation | None = None

    def __post_init__(self) -> None:
        if self.cutout is not None and (self.cutout.mode != "RGBA" or self.cutout.size != self.size_wh):
            raise ValueError(f"the cut-out must be RGBA of {self.size_wh}, got {self.cutout.mode} {self.cutout.size}")
        if any(first.score < second.score for first, second in zip(self.boxes, self.boxes[1:], strict=False)):
            raise ValueError("boxes must come best score first")
        values = self.probabilities.values()
        if values and (not all(0 <= value <= 1 for value in values) or abs(sum(values) - 1) > 1e-3):
            raise ValueError(f"probabilities must lie in 0 … 1 and sum to 1, got {self.probabilities}")

    @property
    def box(self) -> Box | None:
        """The top-scoring box, or None: "no object found" is a value."""
        return self.boxes[0] if self.boxes else None

    @property
    def label(self) -> str | None:
        """The most probable class, or None when classification was off."""
        return max(self.probabilities, key=self.probabilities.__getitem__) if self.probabilities else None

    @property
    def is_known(self) -> bool:
        """Whether the object looks like those the classifier learnt; if not, its label says little."""
        return self.familiarity is None or self.familiarity >= self.unknown_below

    @property
    def sure_label(self) -> str | None:
        """The label where it can be said aloud, else None.

        It must look like what the classifier learnt, be likely enough, and lead clearly.
        """
        return self.label if self.is_known and _is_clear(self.probabilities, self.named_from) else None

    @property
    def doubt(self) -> Doubt | None:
        """Why no label can be said aloud; None where one can, or nothing was to be named."""
        if self.sure_label is not None or self.label is None:
            return None
        if not self.is_known:
            return "unlike"
        return "unlikely" if self.probabilities[self.label] < self.named_from else "close"

    @property
    def answer(self) -> str | None:
        """What is said aloud; None means “not sure”. Everything that shows an answer shows this one.

        Where no single class is sure enough, what several are together may be: “animal” (after Goren et al., 2024,
        “Hierarchical selective classification”, arXiv:2405.11533).
        """
        return self.sure_label or self.sure_group

    @property
    def level(self) -> Literal["kind", "group"] | None:
        """What the answer is: a class, or a group of them."""
        if self.sure_label is not None:
            return "kind"
        return "group" if self.sure_group is not None else None

    @property
    def group(self) -> str | None:
        """The most probable group, or None where there are none."""
        return max(self.groups, key=self.groups.__getitem__) if self.groups else None

    @property
    def sure_group(self) -> str | None:
        """The group where it can be said aloud, by the same rule as a label; often there where no single name is."""
        return self.group if self.is_known and _is_clear(self.groups, self.group_from) else None

    def as_dict(self, image: str) -> dict[str, Any]:
        """The JSON object of the command line and the downloads; `image` is the name to report."""
        box = self.box
        return {
            "image": image,
            "box": [round(value, 1) for value in box.xyxy] if box else None,
            "box_score": round(box.score, 4) if box else None,
            "answer": self.answer,
            "level": self.level,
            "label": self.label,
            "probabilities": {name: round(value, 4) for name, value in self.probabilities.items()},
            "milliseconds": {stage: round(value, 1) for stage, value in self.milliseconds.items()},
            "engine": self.engine or None,
            "known": self.is_known if self.label is not None else None,
            **({"frame": list(self.frame)} if self.frame else {}),
            **({"group": self.sure_group} if self.groups else {}),
            **({"objects": objects} if (objects := self._objects()) else {}),
            **({"segments": self.segmentation.as_dict()} if self.segmentation is not None else {}),
        }

    def _objects(self) -> list[dict[str, Any]]:
        """What the JSON says of several objects: those named one by one, else those that a detector has names for."""
        if not self.objects:
            return [one.as_dict() for one in self.boxes if one.name is not None]
        told = []
        for one in self.objects:
            share = one.probabilities[one.label] if one.label is not None else 0.0
            placed = one.boxes[0].as_dict()
            told.append(placed | {"name": one.answer, "label": one.label, "probability": round(share, 4)})
        return told


def _is_clear(shares: dict[str, float], least: float) -> bool:
    """Whether the first of some shares is likely enough, and leads clearly."""
    first, second = sorted((*shares.values(), 0.0, 0.0), reverse=True)[:2]
    return first > 0 and first >= least and first - second >= CLEAR_BY
