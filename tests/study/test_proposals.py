"""Boxes that come from masks and networks: where they are, and how sure they are."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from smallimg.files import shipped
from smallimg.pipeline import Pipeline
from smallimg.study.proposals import ENOUGH, box_of_mask, propose_by_networks, propose_without_background


def mask(*boxes: tuple[int, int, int, int], opacity: int = 255) -> NDArray[np.uint8]:
    drawn = np.zeros((60, 80), np.uint8)
    for x1, y1, x2, y2 in boxes:
        drawn[y1:y2, x1:x2] = opacity
    return drawn


def test_the_box_of_a_clear_mask_is_sure() -> None:
    found = box_of_mask(mask((10, 20, 50, 45)))
    assert found.boxes.tolist() == [[10, 20, 50, 45]]
    assert found.sure == 1


def test_stray_spots_are_left_aside_and_large_parts_are_not() -> None:
    assert box_of_mask(mask((10, 20, 50, 45), (70, 2, 74, 5))).boxes.tolist() == [[10, 20, 50, 45]]
    assert box_of_mask(mask((10, 20, 40, 45), (50, 20, 70, 45))).boxes.tolist() == [[10, 20, 70, 45]]


def test_nothing_found_is_the_whole_picture_and_not_sure() -> None:
    found = box_of_mask(mask())
    assert (found.boxes.tolist(), found.sure) == ([[0, 0, 80, 60]], 0)


def test_the_unclear_is_less_sure() -> None:
    clear = box_of_mask(mask((10, 20, 50, 45)))
    wavers = box_of_mask(np.maximum(mask((10, 20, 50, 45)), mask((10, 20, 30, 45), opacity=190)))
    wavers_more = mask((10, 20, 50, 45))
    wavers_more[20:45, 10:30] = 190
    frays = box_of_mask(np.maximum(mask((10, 20, 50, 45)), mask((10, 20, 78, 45), opacity=100)))
    assert wavers.sure == clear.sure
    assert frays.sure < box_of_mask(wavers_more).sure < clear.sure
    assert box_of_mask(mask((10, 20, 50, 45), opacity=140)).sure == 0


@pytest.fixture(scope="module")
def cup() -> Path:
    return shipped("assets/examples") / "challenge" / "cup.jpg"


@pytest.mark.parametrize("factor", [1, 8])
def test_boxes_are_in_pixels_of_the_picture_however_large(cup: Path, tmp_path: Path, factor: int) -> None:
    pipeline = Pipeline.load("challenge", threads=1)
    picture = Image.open(cup).convert("RGB")
    large = tmp_path / "large.jpg"
    picture.resize((picture.width * factor, picture.height * factor)).save(large, quality=95)
    assert factor == 1 or picture.width * factor > ENOUGH
    for propose in (propose_without_background, propose_by_networks):
        small, found = propose(pipeline, cup), propose(pipeline, large)
        assert small is not None
        assert found is not None
        np.testing.assert_allclose(found.boxes / factor, small.boxes, atol=6)
        assert 0 < found.sure <= 1
    assert found.class_name == "cup"


def test_what_does_not_open_has_no_box(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("milk, eggs")
    pipeline = Pipeline.load("challenge", threads=1)
    assert propose_without_background(pipeline, tmp_path / "notes.jpg") is None
    assert propose_by_networks(pipeline, tmp_path / "notes.jpg") is None
