"""What is done to a picture to find out why a network fails on it: one factor at a time, the object stays the same.

`orig_full` and `bg_blur` show the whole picture; the others its part around the object, as it is (`orig_crop`) or with
one thing changed. So each has one that it differs from by that factor alone, see `AGAINST`.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from smallimg.boxes import Boxes, square_window
from smallimg.pictures.preprocess import FILL, LARGEST_WINDOW

FULL, CROP, DOWNSCALE, MOTION, OCCLUSION, BACKGROUND = CONDITIONS = (
    "orig_full",
    "orig_crop",
    "downscale",
    "motion_blur",
    "occlusion",
    "bg_blur",
)
#: Condition → what it is compared with.
AGAINST = {CROP: FULL, DOWNSCALE: CROP, MOTION: CROP, OCCLUSION: CROP, BACKGROUND: FULL}


@dataclass(frozen=True)
class Strengths:
    """How much of each factor.

    Attributes:
        margin: how much larger than the object, longer side, the square crop is.
        downscale: by how much fewer pixels a side the crop has; it is enlarged again.
        motion: how far the camera moves, as a share of the picture's longer side; the same for all sizes of objects.
        occlusion: share of the box's area that a grey square of the box's shape covers.
        blur: standard deviation of the background's Gaussian blur, as a share of the picture's longer side.
    """

    margin: float = 0.3
    downscale: float = 4.0
    motion: float = 0.03
    occlusion: float = 0.3
    blur: float = 0.02

    def __post_init__(self) -> None:
        for name, low, high in (
            ("margin", 0, 3), ("downscale", 1, 64), ("motion", 0, 0.5), ("occlusion", 0, 1), ("blur", 0, 0.5),
        ):  # fmt: skip
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is a number from {low} to {high}, got {value:g}")


def apply(
    condition: str,
    picture: Image.Image,
    box: Boxes,
    *,
    strengths: Strengths,
    seed: int,
    mask: Image.Image | None = None,
) -> tuple[Image.Image, Boxes]:
    """A picture under a condition.

    Args:
        condition: one of `CONDITIONS`.
        picture: RGB.
        box: around the object, [4] xyxy in its pixels, not empty.
        strengths: of the factors.
        seed: where an occlusion lies; the same seed is the same place.
        mask: "L" of the picture's size, white on the object, for what counts as background; by default the box.

    Returns:
        The picture to classify, and where in it the classifier looks, [4]: all of it for a whole picture.
    """
    everything = np.array([0, 0, *picture.size], np.float32)
    if condition == FULL:
        return picture, everything
    if condition == BACKGROUND:
        return _with_blurred_background(picture, box, mask, strengths.blur), everything
    if condition == MOTION:
        length = round(strengths.motion * max(picture.size))
        return _crop(picture, box, strengths.margin, blur=length)
    crop, inside = _crop(picture, box, strengths.margin)
    if condition == DOWNSCALE:
        side = max(1, round(crop.width / strengths.downscale))
        return crop.resize((side, side), Image.Resampling.BOX).resize(crop.size, Image.Resampling.BILINEAR), inside
    if condition == OCCLUSION:
        return _occluded(crop, inside, strengths.occlusion, seed), inside
    return crop, inside


def _crop(picture: Image.Image, box: Boxes, margin: float, blur: int = 0) -> tuple[Image.Image, Boxes]:
    """The square around a box, plain grey beyond the picture, and the box in it; moved sideways by `blur` pixels."""
    window = square_window(box, margin=margin)
    x1, y1, x2, y2 = (round(float(value)) for value in window)
    side = min(max(x2 - x1, y2 - y1, 1), LARGEST_WINDOW)
    # With its surroundings, as a blur brings those into the crop.
    wide = Image.new("RGB", (side + 2 * blur, side), FILL)
    wide.paste(picture, (blur - x1, -y1))
    if blur > 1:
        wide = _moved(wide, blur)
    crop = wide.crop((blur, 0, blur + side, side))
    return crop, np.asarray((box - np.tile([x1, y1], 2)).clip(0, side), np.float32)


def _moved(picture: Image.Image, length: int) -> Image.Image:
    """Each pixel the mean of `length` in its row: a camera that moves sideways while the shutter is open."""
    pixels = np.asarray(picture, np.float32)
    padded = np.pad(pixels, ((0, 0), (length // 2 + 1, length - length // 2 - 1), (0, 0)), mode="edge")
    sums = padded.cumsum(axis=1, dtype=np.float64)
    return Image.fromarray(((sums[:, length:] - sums[:, :-length]) / length).round().astype(np.uint8))


def _occluded(picture: Image.Image, box: Boxes, share: float, seed: int) -> Image.Image:
    """A grey rectangle of the box's shape somewhere in the box."""
    x1, y1, x2, y2 = map(float, box)
    width, height = (x2 - x1) * share**0.5, (y2 - y1) * share**0.5
    across, down = np.random.default_rng(seed).random(2)
    left, top = x1 + across * (x2 - x1 - width), y1 + down * (y2 - y1 - height)
    covered = picture.copy()
    covered.paste(FILL, (round(left), round(top), round(left + width), round(top + height)))
    return covered


def _with_blurred_background(picture: Image.Image, box: Boxes, mask: Image.Image | None, share: float) -> Image.Image:
    if mask is None:
        mask = Image.new("L", picture.size)
        mask.paste(255, tuple(round(float(value)) for value in box))  # type: ignore[arg-type]  # four of them
    blurred = picture.filter(ImageFilter.GaussianBlur(share * max(picture.size)))
    return Image.composite(picture, blurred, mask)
