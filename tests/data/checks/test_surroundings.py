"""What lies around objects: nothing of the objects, nor of where their boxes are."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg.boxes import as_boxes
from smallimg.data.checks.surroundings import SIDE, describe
from smallimg.data.dataset import Sample

BOX = (100, 60, 180, 130)


def noise(seed: int, size_wh: tuple[int, int] = (320, 240)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size_wh[1], size_wh[0], 3)).astype(np.uint8)


def save(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def numbers(path: Path, *boxes: tuple[float, ...], mask: Path | None = None, is_negative: bool = False) -> np.ndarray:
    found = describe(Sample(path, as_boxes(boxes), 0, mask, is_negative=is_negative))
    assert found is not None
    return found.numbers


def test_what_the_box_holds_changes_nothing(tmp_path: Path) -> None:
    pixels = noise(0)
    one = numbers(save(tmp_path / "one.png", pixels), BOX)
    pixels[BOX[1] : BOX[3], BOX[0] : BOX[2]] = (255, 0, 0)
    two = numbers(save(tmp_path / "two.png", pixels), BOX)
    np.testing.assert_array_equal(one, two)
    pixels[:30] = (0, 0, 255)
    assert np.abs(one - numbers(save(tmp_path / "three.png", pixels), BOX)).max() > 0.1


def test_nor_does_the_rim_around_it(tmp_path: Path) -> None:
    """Shadows, and boxes that are drawn a little too tight."""
    pixels = noise(0)
    one = numbers(save(tmp_path / "one.png", pixels), BOX)
    pixels[BOX[1] - 6 : BOX[3] + 6, BOX[0] - 6 : BOX[2] + 6] = 0
    np.testing.assert_array_equal(one, numbers(save(tmp_path / "two.png", pixels), BOX))


def test_what_the_mask_holds_changes_nothing(tmp_path: Path) -> None:
    pixels, mask = noise(0), np.zeros((240, 320), np.uint8)
    mask[80:150, 60:140] = 255
    file = save(tmp_path / "mask.png", mask)
    one = numbers(save(tmp_path / "one.png", pixels), mask=file)
    pixels[76:154, 56:144] = 255
    np.testing.assert_array_equal(one, numbers(save(tmp_path / "two.png", pixels), mask=file))
    pixels[:40] = 255
    assert np.abs(one - numbers(save(tmp_path / "three.png", pixels), mask=file)).max() > 0.1


def test_without_either_the_middle_changes_nothing(tmp_path: Path) -> None:
    pixels = noise(0)
    one = numbers(save(tmp_path / "one.png", pixels))
    pixels[35:-35, 35:-35] = 255
    path = save(tmp_path / "two.png", pixels)
    np.testing.assert_array_equal(one, numbers(path))
    assert np.abs(one - numbers(path, is_negative=True)).max() > 0.1  # where nothing is to be seen, all is background


@pytest.mark.parametrize("box", [(5, 5, 40, 20), (200, 20, 310, 235), (0, 0, 180, 180)])
def test_where_the_box_lies_and_how_large_it_is_cannot_be_told(tmp_path: Path, box: tuple[int, ...]) -> None:
    """Classes differ in that, and none of it is background."""
    path = save(tmp_path / "plain.png", np.full((240, 320, 3), (90, 120, 60), np.uint8))
    np.testing.assert_allclose(numbers(path, BOX), numbers(path, box), atol=1e-5)


def test_of_a_texture_it_tells_little_more(tmp_path: Path) -> None:
    path = save(tmp_path / "noise.png", noise(1))
    small, large = numbers(path, (10, 10, 60, 50)), numbers(path, (100, 40, 300, 220))
    other = numbers(save(tmp_path / "stripes.png", np.tile(np.repeat(noise(2)[:, :80], 4, axis=1), 1)), BOX)
    assert np.abs(small - large).mean() < 0.25 * np.abs(small - other).mean()


def test_a_box_that_leaves_too_little(tmp_path: Path) -> None:
    path = save(tmp_path / "full.png", noise(0))
    assert describe(Sample(path, as_boxes([(10, 10, 310, 230)]), 0, None)) is None


@pytest.mark.parametrize("size_wh", [(32, 32), (40, 300), (2 * SIDE, SIDE)])
def test_pictures_of_any_size(tmp_path: Path, size_wh: tuple[int, int]) -> None:
    found = numbers(save(tmp_path / "any.png", noise(0, size_wh)), (8, 8, 20, 20))
    assert found.shape == (183,)
    assert np.isfinite(found).all()
