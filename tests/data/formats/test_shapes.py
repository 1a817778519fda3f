"""Outlines and run lengths, held against pycocotools."""

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from smallimg.boxes import as_boxes
from smallimg.data.formats.shapes import encode_rle, open_shape, polygon_shape, rle_shape, save_shape, shapes_by_box
from smallimg.errors import DataError

#: pycocotools' own decoder is older than NumPy 2; smallimg has one of its own.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.98, 1.0])
def test_run_lengths_are_coded_and_decoded_as_pycocotools_does(share: float) -> None:
    shape = np.random.default_rng(0).random((211, 97)) < share
    rle = encode_rle(shape)
    assert rle["size"] == [211, 97]
    np.testing.assert_array_equal(rle_shape(rle["counts"], (97, 211)), shape)
    np.testing.assert_array_equal(coco_mask.decode(rle), shape)


def test_outlines_cover_what_pycocotools_says() -> None:
    rng = np.random.default_rng(1)
    polygons = [(rng.random(2 * count) * 60).tolist() for count in (3, 5, 40)]
    expected = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(polygons, 60, 60)))
    np.testing.assert_array_equal(polygon_shape(polygons, (60, 60)), expected)
    square = polygon_shape([[-2, -1, 4, -1, 4, 12, -2, 12]], (20, 10))  # cut where it leaves the picture
    assert square[:, :4].all()
    assert not square[:, 5:].any()


@pytest.mark.parametrize(
    "counts",
    [
        [],
        [1],
        [201],
        [0, 201],
        [-1, 201],
        [100.5, 99.5],
        "",
        "0",
        "~~~",
        b"\xff\xfe",
        None,
        [[200]],
        ["a"],
        [2**70],
        "o" * 99,
    ],
)
def test_damaged_run_lengths(counts: object) -> None:
    with pytest.raises(DataError, match="its run lengths do not make 20 × 10 pixels"):
        rle_shape(counts, (20, 10))


@pytest.mark.parametrize(
    "polygon", [[], [1, 2, 3, 4], [1, 2, 3, 4, 5], ["a"] * 6, [1, 1, 9, 1, np.nan, 3], [0, 0, 1e9, 0, 5, 5]]
)
def test_what_is_no_outline(polygon: list[float]) -> None:
    with pytest.raises(DataError, match="its outline"):
        polygon_shape([polygon], (20, 10))


def test_a_mask_is_kept_once_however_often_it_is_saved() -> None:
    shape = np.random.default_rng(2).random((10, 20)) > 0.5
    path = save_shape(shape)
    assert save_shape(shape) == path != save_shape(~shape)
    np.testing.assert_array_equal(open_shape(path), shape)


def test_a_mask_shared_out_among_boxes_is_whole() -> None:
    shape = np.random.default_rng(3).random((10, 20)) > 0.5
    parts = shapes_by_box(shape, as_boxes([[0, 0, 3.5, 4], [2, 2, 12, 9], [18, 0, 20, 2]]))
    np.testing.assert_array_equal(np.any(parts, axis=0), shape)
    np.testing.assert_array_equal(parts[0][:4, :4], shape[:4, :4])
    assert not parts[0][:, 4:].any()
    assert parts[1][9, 19] == shape[9, 19]  # what lies in no box goes to the largest
