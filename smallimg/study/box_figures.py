"""How well objects were found: figures from the boxes of pictures and what is known of them."""

from collections.abc import Sequence
from statistics import mean
from typing import Any

import numpy as np

from smallimg.boxes import box_area
from smallimg.data.dataset import Sample
from smallimg.study.average_precision import SIZES, average_precision, size_of
from smallimg.study.intervals import wilson_interval
from smallimg.study.looking import Seen


def box_figures(seen: Sequence[Seen], samples: Sequence[Sample]) -> dict[str, Any]:
    """The figures of boxes, as `smallimg.study.evaluation.evaluate` describes them; parallel by picture."""
    overlaps = [one.row.iou for one in seen if one.row.iou is not None]
    if not overlaps:
        return {}
    good = sum(overlap >= 0.5 for overlap in overlaps)
    # Where no box is known, one that was found is neither right nor wrong; unless somebody has looked.
    judged = [
        (one.found, sample.boxes)
        for one, sample in zip(seen, samples, strict=True)
        if one.found is not None and (len(sample.boxes) or sample.is_negative)
    ]
    nothing = sum(one.found is not None and not len(one.found) for one in seen)
    looked = sum(one.found is not None for one in seen)
    return {
        "box_iou": mean(overlaps),
        "box_iou_50": good / len(overlaps),
        "box_iou_50_interval": [round(end, 6) for end in wilson_interval(good, len(overlaps))],
        "boxes_known": len(overlaps),
        "without_box": nothing,
        "looked_for_boxes": looked,
        **average_precision([found for found, _ in judged], [boxes for _, boxes in judged]),
    }


def size_figures(seen: Sequence[Seen], samples: Sequence[Sample]) -> dict[str, Any]:
    """Of pictures of each size of their largest object: how many there are and how many were named rightly, and the
    mean IoU of the top box; nothing where no boxes are known.
    """
    parts: dict[str, list[Seen]] = {name: [] for name in SIZES}
    for one, sample in zip(seen, samples, strict=True):
        if len(sample.boxes):
            parts[size_of(float(np.max(box_area(sample.boxes))))].append(one)
    figures = {}
    for name, part in parts.items():
        named = [one.row for one in part if one.row.truth is not None and one.row.label is not None]
        overlaps = [one.row.iou for one in part if one.row.iou is not None]
        if part:
            figures[name] = {
                "n": len(part),
                **({"named": len(named), "right": sum(row.is_right for row in named)} if named else {}),
                **({"box_iou": mean(overlaps)} if overlaps else {}),
            }
    return {"by_size": figures} if figures else {}
