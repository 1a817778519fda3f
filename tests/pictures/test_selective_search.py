"""Selective search: an object of one look is among its proposals, and grouping ends with the whole picture."""

import numpy as np
import pytest

from smallimg.boxes import as_boxes, box_iou
from smallimg.pictures.selective_search import alike, first_regions, grouped, selective_search


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """A red ball on blue noise, and a green bar with a yellow half."""
    rng = np.random.default_rng(0)
    pixels = rng.normal((40, 60, 160), 6, (120, 160, 3))
    y, x = np.indices((120, 160))
    pixels[(x - 45) ** 2 + (y - 50) ** 2 < 25**2] = (210, 40, 30)
    pixels[70:90, 90:120] = (40, 180, 60)
    pixels[70:90, 120:150] = (230, 220, 40)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def test_objects_are_among_the_proposals(picture: np.ndarray) -> None:
    boxes = selective_search(picture)
    assert boxes.dtype == np.float32
    assert 3 <= len(boxes) <= 200
    overlaps = box_iou(as_boxes([[20, 25, 70, 75], [90, 70, 150, 90]]), boxes).max(axis=1)
    assert (overlaps > 0.8).all(), "a thing of one colour, and one of two"


def test_proposals_are_within_the_picture_none_twice_and_the_same_again(picture: np.ndarray) -> None:
    boxes = selective_search(picture, most=20)
    assert len(boxes) <= 20
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] <= (160, 120)).all()
    assert len(np.unique(boxes, axis=0)) == len(boxes)
    assert (boxes == selective_search(picture, most=20)).all()


def test_grouping_ends_with_the_whole_picture(picture: np.ndarray) -> None:
    regions = first_regions(picture, 80.0)
    n, size = len(regions), sum(one.size for one in regions)
    assert size == 120 * 160
    groups = list(grouped(regions, 120 * 160))
    assert len(groups) == 2 * n - 1, "every step makes one group of two"
    assert groups[-1] == (0, 0, 160, 120)


def test_a_region_is_most_like_itself(picture: np.ndarray) -> None:
    regions = first_regions(picture, 80.0)
    one = min(regions, key=lambda region: region.size)
    other = max(regions, key=lambda region: region.size)
    assert alike(one, one, 19200) > alike(one, other, 19200)


def test_a_picture_of_one_colour_is_one_region() -> None:
    plain = np.full((40, 30, 3), 90, np.uint8)
    assert selective_search(plain).tolist() == [[0, 0, 30, 40]]
