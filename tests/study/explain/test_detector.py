"""What a box depends on, of a detector whose every rule is known."""

import numpy as np
import pytest

from smallimg.study.explain.detector import BOX_METHODS, random_masks
from smallimg.study.explain.targets import box_score

SIDE = 60
PATCH = (slice(36, 48), slice(12, 24))
BOX = (6.0, 30.0, 30.0, 54.0)


def find(look: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One box whose score is how much of a white patch is seen, and another that is always there."""
    seen = float((look[0][PATCH].astype(float) - 128).clip(0).mean() / 127)
    return np.array([BOX, (40, 0, 60, 20)], np.float32), np.array([seen, 0.9], np.float32)


@pytest.fixture
def look() -> np.ndarray:
    picture = np.random.default_rng(0).integers(90, 170, (3, SIDE, SIDE), dtype=np.uint8)
    picture[:, *PATCH] = 255
    return picture


@pytest.mark.parametrize("method", BOX_METHODS)
def test_the_heat_is_on_the_patch_that_the_box_needs(look: np.ndarray, method: str) -> None:
    heat = BOX_METHODS[method](find, look, box_score(BOX))
    assert heat.shape == (SIDE, SIDE)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert PATCH[0].start <= row < PATCH[0].stop
    assert PATCH[1].start <= column < PATCH[1].stop
    assert heat[PATCH].mean() > 5 * np.abs(heat[:24]).mean()


@pytest.mark.parametrize("method", BOX_METHODS)
def test_a_box_that_is_found_in_any_case_is_cold(look: np.ndarray, method: str) -> None:
    np.testing.assert_allclose(BOX_METHODS[method](find, look, box_score((40, 0, 60, 20))), 0, atol=1e-5)


def test_a_target_is_the_most_of_overlap_times_score() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 20]], np.float32)
    assert box_score((0, 0, 10, 10))(boxes, np.array([0.3, 0.8], np.float32)) == pytest.approx(0.4)
    assert box_score((0, 0, 10, 10))(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)) == 0


def test_masks_hide_half_and_are_the_same_again() -> None:
    masks = random_masks(50, 200, seed=1)
    assert masks.min() >= 0
    assert masks.max() <= 1
    assert masks.mean() == pytest.approx(0.5, abs=0.03)
    np.testing.assert_array_equal(masks, random_masks(50, 200, seed=1))
