"""Non-maximum suppression that remembers: which box put which aside."""

import numpy as np
from numpy.typing import NDArray

from smallimg.boxes import box_iou
from smallimg.study.inside.steps import Rated


def put_aside_by(candidates: Rated, overlap: float) -> NDArray[np.int64]:
    """Which better box of the same class puts each one aside, [n]; −1 where none does.

    The best box stays and puts aside all that overlap it by more than that; then the best of the others, and so on, as
    `torchvision.ops.batched_nms` does it.

    Args:
        candidates: best first.
        overlap: an IoU, 0 … 1.
    """
    by = np.full(len(candidates), -1)
    alike = candidates.labels[:, None] == candidates.labels[None]
    near = (box_iou(candidates.boxes, candidates.boxes) > overlap) & alike
    for one in range(len(by)):
        if by[one] < 0:
            later = np.flatnonzero(near[one, one + 1 :] & (by[one + 1 :] < 0)) + one + 1
            by[later] = one
    return by
