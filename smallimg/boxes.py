"""Box arithmetic on NumPy arrays.

A box is `(x1, y1, x2, y2)` in pixels, half-open: it covers columns x1 … x2-1 and rows y1 … y2-1, so its width is
`x2 - x1`. Arrays of boxes are float32 of shape [n, 4].
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Boxes = NDArray[np.float32]


def as_boxes(values: ArrayLike) -> Boxes:
    """Return `values` as a float32 array [n, 4]; a single box becomes one row, nothing becomes zero rows.

    Raises:
        ValueError: when the values do not come in fours, are not finite, or a box ends before it starts.
    """
    boxes = np.asarray(values, dtype=np.float32)
    if boxes.size == 0:
        return np.zeros((0, 4), np.float32)
    if boxes.ndim not in (1, 2) or boxes.shape[-1] != 4:
        raise ValueError(f"expected boxes as [n, 4] (x1, y1, x2, y2), got shape {boxes.shape}")
    boxes = boxes.reshape(-1, 4)
    if not np.isfinite(boxes).all():
        raise ValueError("box coordinates must be finite numbers")
    if (boxes[:, 2:] < boxes[:, :2]).any():
        raise ValueError("a box must have x1 <= x2 and y1 <= y2")
    return boxes


def box_area(boxes: Boxes) -> NDArray[np.float32]:
    """Areas in square pixels, [n]."""
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), np.float32)


def box_iou(boxes1: Boxes, boxes2: Boxes) -> NDArray[np.float32]:
    """Intersection over union of every pair, [n, m]; 0 where both boxes are empty."""
    top_left = np.maximum(boxes1[:, None, :2], boxes2[None, :, :2])
    bottom_right = np.minimum(boxes1[:, None, 2:], boxes2[None, :, 2:])
    intersection = np.clip(bottom_right - top_left, 0, None).prod(axis=2)
    union = box_area(boxes1)[:, None] + box_area(boxes2)[None, :] - intersection
    return np.asarray(np.divide(intersection, union, out=np.zeros_like(union), where=union > 0), np.float32)


def clip_boxes(boxes: Boxes, size_wh: tuple[int, int]) -> Boxes:
    """Boxes cut to a picture of `size_wh` pixels, [n, 4]; one wholly outside becomes empty."""
    limit = np.array([*size_wh, *size_wh], np.float32)
    return np.clip(boxes, 0, limit)


def square_window(box_xyxy: ArrayLike, *, margin: float) -> Boxes:
    """The square around a box, [4]: same centre, side = the box's longer side × (1 + margin); may leave the picture."""
    x1, y1, x2, y2 = np.asarray(box_xyxy, np.float32)
    half = max(x2 - x1, y2 - y1) * (1 + margin) / 2
    centre_x, centre_y = (x1 + x2) / 2, (y1 + y2) / 2
    return np.array([centre_x - half, centre_y - half, centre_x + half, centre_y + half], np.float32)


def middle_square(size_wh: tuple[int, int], share: float = 1.0) -> Boxes:
    """The largest square in the middle of a picture, or one whose side is a share of that, [4]."""
    half, centre = share * min(size_wh) / 2, np.array([*size_wh, *size_wh], np.float32) / 2
    return np.asarray(centre + np.array([-half, -half, half, half]), np.float32)


def mask_to_box(mask: NDArray[np.generic]) -> Boxes | None:
    """The smallest box [4] around the true pixels of a mask [h, w], or None when there is none."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return None
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)
