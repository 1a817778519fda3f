"""What a detector does with one picture, step by step: small values in pixels of the square that it sees."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smallimg.boxes import Boxes, as_boxes
from smallimg.bundles.sessions import Floats


@dataclass(frozen=True, eq=False)
class Rated:
    """Boxes with what is said of them.

    Attributes:
        boxes: float32 [n, 4], xyxy.
        scores: float32 [n], 0 … 1.
        labels: int64 [n], the place of each one's class among those that the detector names, 0 where it names none.
    """

    boxes: Boxes
    scores: Floats
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.boxes)


NONE = Rated(as_boxes(()), np.zeros(0, np.float32), np.zeros(0, np.int64))


@dataclass(frozen=True, eq=False)
class Level:
    """One feature map, and what is said at each of its places.

    Attributes:
        step: pixels from one place to the next.
        strength: float32 [h, w], how much all channels say at a place: the root of their mean square.
        channels: float32 [k, h, w], those that differ most from place to place, the liveliest first.
        anchors: float32 [a, 4], the boxes that every place begins with, as they lie at the first one, at the top left;
            none where boxes come from elsewhere.
        scores: float32 [h, w, a], how sure it is of an object there.
        moved: float32 [h, w, a, 4], where the network moves each anchor.
    """

    step: float
    strength: Floats
    channels: Floats
    anchors: Boxes
    scores: Floats
    moved: Floats


@dataclass(frozen=True, eq=False)
class Cut:
    """What is cut out of the features for one proposal, in the channel that differs most within it.

    Attributes:
        level: which feature map it is cut from.
        box: [4], the proposal in places of that map.
        rounded: [4], the same as RoI pooling rounds it to whole places.
        corner: column and row of the part of the map that is shown.
        part: float32 [h, w], that part.
        align: float32 [n, n], read between the places, nothing rounded (RoI align).
        pool: float32 [n, n], the largest value in each part of the rounded box (RoI pooling).
    """

    level: int
    box: Boxes
    rounded: Boxes
    corner: tuple[int, int]
    part: Floats
    align: Floats
    pool: Floats


@dataclass(frozen=True, eq=False)
class DetectorSteps:
    """All of one picture's way through a detector; empty where it has no such step.

    Attributes:
        side: of the square that it sees.
        levels: its feature maps, finest first.
        proposals: where objects may be, best first; from outside they have no scores (1).
        are_given: whether the proposals come from outside.
        cuts: of each proposal, for what lies in it.
        second: what the second stage makes of each proposal, in their order: the likeliest class, and where to.
        candidates: all boxes that score enough, best first, before any is put aside.
        overlap: how much two of a kind may overlap (IoU) before the lower is put aside.
        most: how many are given at most.
        final: what is given.
    """

    side: int
    levels: tuple[Level, ...]
    proposals: Rated
    are_given: bool
    cuts: tuple[Cut, ...]
    second: Rated
    candidates: Rated
    overlap: float
    most: int
    final: Rated
