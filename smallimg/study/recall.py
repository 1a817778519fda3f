"""How many objects are proposed at all: recall by the number of proposals, the bound of every detector behind them.

Hosang et al., 2016, "What makes for effective detection proposals?" (arXiv:1502.05082).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from smallimg.boxes import Boxes, box_iou
from smallimg.data.dataset import Dataset
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import open_image
from smallimg.pictures.preprocess import letterbox, on_fill

if TYPE_CHECKING:
    from smallimg.study.inside.detector import InsideDetector

#: What selective search is called beside the detectors.
SEARCH = "selective search"
#: Side in pixels of what the search is shown: of a large photo it would take minutes.
_SIDE = 224
NUMBERS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Recall:
    """Of how many objects one of the first proposals has an IoU of at least `least`.

    Attributes:
        name: who proposes.
        numbers: of proposals a picture.
        shares: for each number the share of objects, 0 … 1; where there are fewer proposals, of those.
        objects: how many there are.
    """

    name: str
    numbers: tuple[int, ...]
    shares: tuple[float, ...]
    objects: int
    least: float = 0.5


def recall_at(
    name: str,
    proposals: Sequence[Boxes],
    true: Sequence[Boxes],
    *,
    numbers: Sequence[int] = NUMBERS,
    least: float = 0.5,
) -> Recall:
    """The recall of proposals, each picture's best first.

    Args:
        name: who proposes.
        proposals, true: float32 [k, 4] and [m, 4] of each picture, xyxy in the same pixels.
        numbers: of proposals a picture.
        least: IoU from which an object counts as proposed.
    """
    first = np.concatenate([_first_hit(some, boxes, least) for some, boxes in zip(proposals, true, strict=True)])
    shares = tuple(float((first < number).mean()) if len(first) else 0.0 for number in numbers)
    return Recall(name, tuple(numbers), shares, len(first), least)


def measure_recall(
    detectors: Mapping[str, "InsideDetector"],
    dataset: Dataset,
    *,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> list[Recall]:
    """Recall of the proposals of each detector that makes some, and of selective search on the same pictures.

    Args:
        detectors: by the name to report; those that propose nothing are not asked.
        dataset: pictures with true boxes.
        progress: called with (pictures done, pictures in all).

    Raises:
        DataError: when no boxes are known.
    """
    from smallimg.pictures.selective_search import selective_search  # noqa: PLC0415  # scikit-image, for who asks

    samples = [sample for sample in dataset.samples if len(sample.boxes)]
    if not samples:
        raise DataError(f"{dataset.origin}: proposals are measured by true boxes, and none are known here.")
    proposing = {name: inside for name, inside in detectors.items() if inside.proposes}
    proposed: dict[str, list[Boxes]] = {name: [] for name in (*proposing, SEARCH)}
    true: list[Boxes] = []
    for done, sample in enumerate(samples, start=1):
        progress(done, len(samples))
        try:
            image = open_image(sample.path)
        except ImageError:
            continue
        true.append(sample.boxes)
        for name, inside in proposing.items():
            seen = inside.look(image)
            proposed[name].append(seen.place.to_picture(seen.steps.proposals.boxes))
        look, place = letterbox(on_fill(image), _SIDE)
        proposed[SEARCH].append(place.to_picture(selective_search(np.asarray(look), most=max(NUMBERS))))
    return [recall_at(name, some, true) for name, some in proposed.items() if any(len(boxes) for boxes in some)]


def _first_hit(proposals: Boxes, true: Boxes, least: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each true box the place of the first proposal that fits it, a large number where none does; int64 [m]."""
    never = np.iinfo(np.int64).max
    if not len(proposals) or not len(true):
        return np.full(len(true), never)
    fits = box_iou(proposals, true) >= least
    return np.where(fits.any(axis=0), fits.argmax(axis=0), never)
