"""What the four numbers of a box mean, told by all the boxes of a table together.

One box alone can be read in many ways; a whole table can only be read in one, or is refused. Nothing is trained on
boxes that were guessed.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Transpose

from smallimg.data.formats.shapes import SLACK
from smallimg.data.formats.table_rows import CENTRED, CORNERS, SIZED
from smallimg.errors import DataError

Numbers = NDArray[np.float64]
#: Shares of the picture reach from 0 to 1, with the same slack in a picture of a hundred pixels.
SHARE_SLACK = 0.02
#: Rows that must be inverted as corners before they are taken for sizes: two, and a tenth of all.
FEWEST_INVERTED, INVERTED = 2, 0.1
#: Corners that all fit as sizes by chance are fewer than these; and where the middles of such are on the mean, at most.
BOTH_WAYS, ASIDE = 8, 0.48
#: What is said where a table can be read in two ways.
READ_TWO_WAYS = "fit as x, y, width, height just as well"
#: Fewer rows than these tell nothing about the table as a whole.
FEWEST_ROWS = 4


def as_corners(
    boxes: Numbers, sizes_wh: Numbers, room_wh: Numbers, columns: Sequence[str], *, table: str
) -> tuple[Numbers, list[str]]:
    """The boxes of a table as corners in pixels, and a sentence for each thing that was understood otherwise.

    Args:
        boxes: finite numbers [n, 4], as the table has them.
        sizes_wh: of each box's picture [n, 2], upright.
        room_wh: the same, but the longer side twice where the boxes may be those of the picture as stored, sideways.
        columns: what the four are called, see `table_rows`.
        table: its name, for messages.

    Raises:
        DataError: when most of them are no boxes of these pictures in any reading.
    """
    if not len(boxes):
        return boxes, []
    notes: list[str] = []
    if _are_shares(boxes, sizes_wh):
        boxes = boxes * np.tile(sizes_wh, 2)
        notes.append(f"{table}: all numbers lie between 0 and 1, so they are taken for shares of width and height")
    if tuple(columns) == CENTRED:
        middle, half = boxes[:, :2], boxes[:, 2:] / 2
        return np.concatenate([middle - half, middle + half], axis=1), notes
    if tuple(columns) == SIZED:
        return _sized(boxes), notes
    as_they_are, as_sizes = fits(boxes, room_wh), fits(_sized(boxes), room_wh)
    inverted = ((boxes[:, 2] < boxes[:, 0]) | (boxes[:, 3] < boxes[:, 1])).sum()
    if inverted >= max(FEWEST_INVERTED, INVERTED * len(boxes)) and as_sizes.mean() >= 0.98:
        notes.append(
            f"{table}: {inverted:,} of {len(boxes):,} boxes end before they begin, and all fit as x, y, width, height: "
            "so they are taken for that"
        )
        return _sized(boxes), notes
    if len(boxes) >= FEWEST_ROWS and as_they_are.mean() < 0.5:
        bad, (width, height) = boxes[~as_they_are][0], sizes_wh[~as_they_are][0]
        raise DataError(
            f"{table}: {(~as_they_are).sum():,} of {len(boxes):,} boxes are inverted or leave their pictures, the "
            f"first ({', '.join(f'{value:g}' for value in bad)}) in a picture of {width:g} × {height:g} pixels: "
            "expected xmin, ymin, xmax, ymax in pixels of the pictures as they lie here."
        )
    return boxes, notes


def _are_shares(boxes: Numbers, sizes_wh: Numbers) -> bool:
    inside = boxes.max() <= 1 + SHARE_SLACK and boxes.min() >= -SHARE_SLACK
    return bool(inside and sizes_wh.min() > SLACK)


def fit_both_ways(boxes: Numbers, sizes_wh: Numbers, columns: Sequence[str]) -> bool:
    """Whether numbers that are called corners fit as x, y, width, height as well, every one of them.

    Then all boxes have their middles in the upper left quarter of their pictures, if they are corners; real tables of
    `BOTH_WAYS` boxes that differ have not. Boxes that are the same either way, such as whole pictures, say nothing.

    Args:
        boxes, sizes_wh, columns: as in `as_corners`.
    """
    if tuple(columns) != CORNERS or len(boxes) < BOTH_WAYS:
        return False
    boxes = boxes * np.tile(sizes_wh, 2) if _are_shares(boxes, sizes_wh) else boxes
    if len(np.unique(boxes / np.tile(sizes_wh, 2), axis=0)) < BOTH_WAYS:  # a camera that always sees the same place
        return False
    middles = ((boxes[:, :2] + boxes[:, 2:]) / 2 / sizes_wh).mean(axis=0)
    others = ((boxes[:, :2] + boxes[:, 2:] / 2) / sizes_wh).mean(axis=0)
    is_likelier = (middles < ASIDE).all() and (abs(others - 0.5) < abs(middles - 0.5)).all()
    return bool(is_likelier and fits(boxes, sizes_wh).all() and fits(_sized(boxes), sizes_wh).all())


def _sized(boxes: Numbers) -> Numbers:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def fits(boxes: Numbers, sizes_wh: Numbers) -> NDArray[np.bool_]:
    """Whether each box [n, 4] has an inside and lies in its picture, but for the slack."""
    whole = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    return np.asarray(whole & (boxes >= -SLACK).all(axis=1) & (boxes[:, 2:] <= sizes_wh + SLACK).all(axis=1))


def turn(boxes: Numbers, size_wh: tuple[int, int], by: Transpose) -> Numbers:
    """Boxes [n, 4] of a picture as stored, in the picture turned upright.

    Args:
        size_wh: of the upright picture.
        by: the transposition that turns the stored one, a sideways one.
    """
    width, height = size_wh
    x1, y1, x2, y2 = boxes.T
    places: dict[Transpose, Callable[[], tuple[Numbers, ...]]] = {
        Transpose.TRANSPOSE: lambda: (y1, x1, y2, x2),
        Transpose.ROTATE_270: lambda: (width - y2, x1, width - y1, x2),
        Transpose.TRANSVERSE: lambda: (width - y2, height - x2, width - y1, height - x1),
        Transpose.ROTATE_90: lambda: (y1, height - x2, y2, height - x1),
    }
    return np.stack(places[by](), axis=1)
