"""Average precision of boxes by COCO's rules, over objects of all sizes and of each.

Lin et al., 2014, "Microsoft COCO: common objects in context" (arXiv:1405.0312); counted by its authors' pycocotools. A
box has no class here: what is measured is whether objects are found, whatever they are.
"""

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from smallimg.boxes import Boxes, box_area

#: COCO's sizes by the area of the true box, in square pixels of the picture.
SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
_ALL = (0.0, 1e10)


def size_of(area: float) -> str:
    """The name that COCO has for an object of so many square pixels."""
    return next(name for name, (_, most) in SIZES.items() if area < most)


def average_precision(found: Sequence[NDArray[np.float32]], true: Sequence[Boxes]) -> dict[str, Any]:
    """Mean average precision of boxes, parallel by picture.

    Args:
        found: float32 [k, 5] each, boxes xyxy and their scores.
        true: float32 [m, 4] each; m = 0 says that there is nothing to be found.

    Returns:
        `map`, the mean over the IoU thresholds 0.5, 0.55, … 0.95; `map_50` and `map_75`; `map_small`, `map_medium` and
        `map_large`, as far as there are such objects; and `objects`, how many of each size. Nothing where there is no
        object at all.
    """
    areas = np.concatenate([box_area(boxes) for boxes in true]) if true else np.zeros(0)
    if not len(areas):
        return {}
    objects = {name: int(((areas >= least) & (areas < most)).sum()) for name, (least, most) in SIZES.items()}
    truth, said = _as_coco(true), _as_coco([boxes[:, :4] for boxes in found], [boxes[:, 4] for boxes in found])
    precision = _precision(truth, said, _ALL)
    figures: dict[str, Any] = {"map": _mean(precision), "map_50": _mean(precision[:1]), "map_75": _mean(precision[5:6])}
    for name, area in SIZES.items():
        if objects[name]:
            figures[f"map_{name}"] = _mean(_precision(truth, said, area))
    return {**figures, "objects": objects}


def _as_coco(boxes: Sequence[Boxes], scores: Sequence[NDArray[np.float32]] | None = None) -> COCO:
    """Boxes in pycocotools' own form, as xywh."""
    notes: list[dict[str, Any]] = []
    for image, some in enumerate(boxes):
        for place, (x1, y1, x2, y2) in enumerate(some.tolist()):
            note = {"id": len(notes) + 1, "image_id": image, "category_id": 1, "bbox": [x1, y1, x2 - x1, y2 - y1]}
            note |= {"area": (x2 - x1) * (y2 - y1), "iscrowd": 0}
            notes.append(note | ({"score": float(scores[image][place])} if scores is not None else {}))
    made = COCO()
    made.dataset = {
        "images": [{"id": image} for image in range(len(boxes))],
        "annotations": notes,
        "categories": [{"id": 1, "name": "object"}],
    }
    with _quietly():
        made.createIndex()
    return made


def _precision(truth: COCO, said: COCO, area: tuple[float, float]) -> NDArray[np.float64]:
    """Precision at 101 recalls for each of the ten IoU thresholds, [10, 101]; one size at a time, for the memory."""
    judge = COCOeval(truth, said, "bbox")
    judge.params.areaRng, judge.params.areaRngLbl = [list(area)], ["one"]
    judge.params.maxDets = [100]
    with _quietly():
        judge.evaluate()
        judge.accumulate()
    precision: NDArray[np.float64] = judge.eval["precision"][:, :, 0, 0, 0]
    return precision


def _mean(precision: NDArray[np.float64]) -> float:
    return round(float(precision[precision > -1].mean()), 6) if (precision > -1).any() else 0.0


def _quietly() -> contextlib.redirect_stdout[io.StringIO]:
    return contextlib.redirect_stdout(io.StringIO())  # pycocotools talks to whoever looks on
