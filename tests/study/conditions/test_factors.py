"""The six conditions: each changes what it names, and leaves the rest as it was."""

import numpy as np
import pytest
from PIL import Image

from smallimg.pictures.preprocess import FILL
from smallimg.study.conditions.factors import AGAINST, CONDITIONS, CORRUPTIONS, Strengths, apply

BOX = np.array([40, 30, 60, 50], np.float32)
SOME = Strengths()


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 120, 3)).astype(np.uint8))


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.int16)


def tried(condition: str, picture: Image.Image, strengths: Strengths = SOME, **more) -> tuple[np.ndarray, np.ndarray]:
    seen, box = apply(condition, picture, BOX, strengths=strengths, seed=3, **more)
    assert (box[:2] >= 0).all()
    assert (box[2:] <= seen.size).all()
    return pixels(seen), box


def test_the_whole_picture_is_as_it_was_and_looked_at_whole(picture):
    seen, box = tried("orig_full", picture)
    np.testing.assert_array_equal(seen, pixels(picture))
    assert box.tolist() == [0, 0, 120, 80]


def test_the_crop_is_the_square_around_the_object(picture):
    seen, box = tried("orig_crop", picture)
    assert seen.shape == (26, 26, 3)
    np.testing.assert_array_equal(seen, pixels(picture)[27:53, 37:63])
    np.testing.assert_array_equal(seen[3:23, 3:23], pixels(picture)[30:50, 40:60])
    assert box.tolist() == [3, 3, 23, 23]


def test_a_crop_beyond_the_edge_is_grey_there(picture):
    seen, box = apply("orig_crop", picture, np.array([0, 0, 20, 10], np.float32), strengths=SOME, seed=0)
    assert (pixels(seen)[:8] == FILL).all()
    x1, y1, x2, y2 = box.astype(int).tolist()
    np.testing.assert_array_equal(pixels(seen)[y1:y2, x1:x2], pixels(picture)[:10, :20])


def test_strength_zero_changes_nothing(picture):
    none = Strengths(downscale=1, motion=0, occlusion=0, blur=0)
    for condition, against in AGAINST.items():
        if condition not in ("orig_crop", *CORRUPTIONS):  # a severity begins at 1
            np.testing.assert_array_equal(
                tried(condition, picture, none)[0], tried(against, picture, none)[0], err_msg=condition
            )


def test_downscaled_has_fewer_pixels_to_tell(picture):
    plain = Image.new("RGB", (120, 80), (9, 80, 200))
    np.testing.assert_array_equal(tried("downscale", plain)[0], tried("orig_crop", plain)[0])
    fine, coarse = tried("orig_crop", picture)[0], tried("downscale", picture)[0]
    assert coarse.shape == fine.shape
    assert np.abs(np.diff(coarse, axis=1)).mean() < 0.3 * np.abs(np.diff(fine, axis=1)).mean()


def test_motion_is_the_mean_along_the_row():
    """A bright column becomes as wide as the camera moved, and as much dimmer; what lies outside the crop moves in."""
    stripe = np.zeros((80, 120, 3), np.uint8)
    stripe[:, 36] = 210  # a pixel left of the crop
    seen, _ = apply("motion_blur", Image.fromarray(stripe), BOX, strengths=Strengths(motion=7 / 120), seed=0)
    row = pixels(seen)[5, :, 0]
    assert row[:2].tolist() == [30, 30]
    assert not row[8:].any()
    middle, _ = apply(
        "motion_blur", Image.fromarray(np.roll(stripe, 14, axis=1)), BOX, strengths=Strengths(motion=7 / 120), seed=0
    )
    assert np.count_nonzero(pixels(middle)[5, :, 0]) == 7
    assert pixels(middle)[5, :, 0].sum() == 210


def test_an_occlusion_covers_its_share_of_the_box_and_nothing_else(picture):
    before, box = tried("orig_crop", picture)
    after, _ = tried("occlusion", picture, Strengths(occlusion=0.25))
    changed = (after != before).any(axis=2)
    x1, y1, x2, y2 = box.astype(int).tolist()
    assert changed.sum() == pytest.approx(0.25 * 400, abs=1)
    assert changed[y1:y2, x1:x2].sum() == changed.sum()
    assert (after[changed] == FILL[0]).all()
    np.testing.assert_array_equal(after, tried("occlusion", picture, Strengths(occlusion=0.25))[0])


@pytest.mark.parametrize("with_mask", [True, False])
def test_a_blurred_background_leaves_the_object(picture, with_mask):
    mask = Image.new("L", picture.size)
    mask.paste(255, (45, 35, 55, 45))
    seen, box = tried("bg_blur", picture, mask=mask if with_mask else None)
    kept = (slice(35, 45), slice(45, 55)) if with_mask else (slice(30, 50), slice(40, 60))
    changed = (seen != pixels(picture)).any(axis=2)
    assert not changed[kept].any()
    assert changed.sum() > 0.95 * (120 * 80 - 400)
    assert box.tolist() == [0, 0, 120, 80]


@pytest.mark.parametrize("condition", [*CONDITIONS, *CORRUPTIONS])
def test_an_object_of_one_pixel_has_a_picture_too(picture, condition):
    seen, _ = apply(condition, picture, np.array([119, 79, 120, 80], np.float32), strengths=SOME, seed=0)
    assert min(seen.size) >= 1


def test_a_strength_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"occlusion is a number from 0 to 1, got 1\.5"):
        Strengths(occlusion=1.5)
