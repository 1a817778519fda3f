"""Box arithmetic against counting pixels."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from smallimg.boxes import as_boxes, box_area, box_iou, clip_boxes, mask_to_box, middle_square, square_window

SIZE = 12


def random_boxes(count: int, seed: int) -> NDArray[np.float32]:
    """Whole-pixel boxes in a 12×12 picture, some of them empty."""
    corners = np.random.default_rng(seed).integers(0, SIZE + 1, (count, 2, 2))
    return as_boxes(np.sort(corners, axis=1).reshape(count, 4))


def paint(box: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The pixels a whole-pixel box covers."""
    x1, y1, x2, y2 = box.astype(int)
    mask = np.zeros((SIZE, SIZE), bool)
    mask[y1:y2, x1:x2] = True
    return mask


def test_area_counts_pixels() -> None:
    boxes = random_boxes(50, seed=0)
    np.testing.assert_array_equal(box_area(boxes), [paint(box).sum() for box in boxes])


def test_iou_counts_pixels() -> None:
    boxes1, boxes2 = random_boxes(40, seed=1), random_boxes(30, seed=2)
    expected = np.zeros((40, 30))
    for (i, box1), (j, box2) in itertools.product(enumerate(boxes1), enumerate(boxes2)):
        union = (paint(box1) | paint(box2)).sum()
        expected[i, j] = (paint(box1) & paint(box2)).sum() / union if union else 0
    np.testing.assert_allclose(box_iou(boxes1, boxes2), expected, rtol=1e-6)
    assert 0 < (expected > 0).mean() < 1


def test_iou_of_boxes_that_only_touch_is_zero() -> None:
    assert box_iou(as_boxes([0, 0, 5, 5]), as_boxes([[5, 0, 9, 5], [5, 5, 9, 9]])).tolist() == [[0, 0]]


@pytest.mark.parametrize(("n", "m"), [(0, 0), (0, 3), (3, 0)])
def test_iou_of_nothing(n: int, m: int) -> None:
    assert box_iou(random_boxes(n, seed=0), random_boxes(m, seed=0)).shape == (n, m)


def test_one_box_becomes_a_row_and_none_becomes_no_rows() -> None:
    assert as_boxes([1, 2, 3, 4]).tolist() == [[1, 2, 3, 4]]
    assert as_boxes([]).shape == (0, 4)
    assert as_boxes(np.zeros((0, 4))).dtype == as_boxes([[1, 2, 3, 4]]).dtype == np.float32


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 2, 3], "expected boxes as"),
        ([[1, 2], [3, 4]], "expected boxes as"),
        (np.zeros((2, 2, 4)), "expected boxes as"),
        ([0, 0, np.nan, 1], "finite"),
        ([0, 0, np.inf, 1], "finite"),
        ([2, 0, 1, 1], "x1 <= x2"),
        ([[0, 0, 1, 1], [0, 2, 1, 1]], "y1 <= y2"),
    ],
)
def test_what_is_no_box_is_refused(values: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        as_boxes(values)


def test_clipping_keeps_the_pixels_that_were_inside() -> None:
    boxes = as_boxes([[-3, -4, 5, 6], [2, 3, 99, 98], [-5, -5, 99, 99], [1, 2, 3, 4], [20, 20, 30, 30], [-9, 2, -1, 4]])
    clipped = clip_boxes(boxes, (10, 8))
    expected = [[0, 0, 5, 6], [2, 3, 10, 8], [0, 0, 10, 8], [1, 2, 3, 4], [10, 8, 10, 8], [0, 2, 0, 4]]
    np.testing.assert_array_equal(clipped, expected)
    assert box_area(clipped)[-2:].tolist() == [0, 0]
    assert boxes[0, 0] == -3  # the argument is left alone


@pytest.mark.parametrize(
    ("box", "margin", "expected"),
    [
        ([0, 0, 10, 4], 0, [0, -3, 10, 7]),
        ([2, 2, 6, 10], 0, [0, 2, 8, 10]),
        ([0, 0, 10, 10], 0.2, [-1, -1, 11, 11]),
        ([3, 3, 3, 3], 0.5, [3, 3, 3, 3]),
    ],
)
def test_the_square_window(box: list[float], margin: float, expected: list[float]) -> None:
    np.testing.assert_allclose(square_window(box, margin=margin), expected)


@pytest.mark.parametrize(
    ("size_wh", "expected"),
    [((200, 100), [50, 0, 150, 100]), ((100, 200), [0, 50, 100, 150]), ((64, 64), [0, 0, 64, 64])],
)
def test_the_middle_square(size_wh: tuple[int, int], expected: list[float]) -> None:
    assert middle_square(size_wh).tolist() == expected
    low, high = np.split(middle_square(size_wh, 0.5), 2)
    assert (high - low).tolist() == [min(size_wh) / 2] * 2
    assert (high + low).tolist() == list(size_wh)


def test_mask_to_box_is_the_smallest_box() -> None:
    chance = np.random.default_rng(3)
    for _ in range(50):
        mask = chance.random((7, 9)) < 0.05
        rows, columns = np.nonzero(mask)
        box = mask_to_box(mask)
        if len(rows) == 0:
            assert box is None
        else:
            assert box is not None
            assert box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_mask_to_box_undoes_painting() -> None:
    for box in random_boxes(50, seed=4):
        found = mask_to_box(paint(box))
        assert found is None if box_area(box[None])[0] == 0 else (found == box).all()
