"""What a heat map is asked about: small callables, apart from the methods that answer.

A classifier's target takes logits [n, classes], of torch or of numpy, and gives one number a picture, [n]. It is linear
in the logits, so that a mean over looks and over mirror images is the mean of their maps. A detector's target takes its
boxes [k, 4] and scores [k] of one picture and gives one number.
"""

from collections.abc import Callable
from typing import Any

from smallimg.boxes import Boxes, as_boxes, box_iou
from smallimg.bundles.sessions import Floats

ClassTarget = Callable[[Any], Any]
BoxTarget = Callable[[Boxes, Floats], float]


def class_logit(label: int) -> ClassTarget:
    """Why this class: its logit."""
    return lambda logits: logits[:, label]


def contrast(label: int, against: int) -> ClassTarget:
    """Why this class rather than that one: the difference of their logits.

    After Prabhushankar et al., 2020, “Contrastive explanations in neural networks” (arXiv:2008.00178).
    """
    return lambda logits: logits[:, label] - logits[:, against]


def box_score(box_xyxy: tuple[float, float, float, float]) -> BoxTarget:
    """How well a box is still found: the most that overlap (IoU) times score is among all boxes, 0 … 1.

    That of D-RISE (Petsiuk et al., 2021, arXiv:2006.03204) for a detector that knows one kind of thing.

    Args:
        box_xyxy: in the pixels that the detector's boxes are in.
    """
    wanted = as_boxes(box_xyxy)

    def score(boxes: Boxes, scores: Floats) -> float:
        return float((box_iou(wanted, boxes)[0] * scores).max(initial=0.0))

    return score
