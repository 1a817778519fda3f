"""What is done to a picture to find out why a network fails on it: one factor at a time, the object stays the same.

`orig_full` and `bg_blur` show the whole picture; all others its part around the object, as it is (`orig_crop`) or with
one thing changed. So each has one that it differs from by that factor alone, see `AGAINST`. Each factor is a file here.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from smallimg.boxes import Boxes
from smallimg.study.conditions.bg_blur import bg_blur
from smallimg.study.conditions.brightness import brightness
from smallimg.study.conditions.downscale import downscale
from smallimg.study.conditions.fog import fog
from smallimg.study.conditions.jpeg import jpeg
from smallimg.study.conditions.motion_blur import motion_blur
from smallimg.study.conditions.noise import noise
from smallimg.study.conditions.occlusion import occlusion
from smallimg.study.conditions.original import crop

FULL, CROP, DOWNSCALE, MOTION, OCCLUSION, BACKGROUND = CONDITIONS = (
    "orig_full",
    "orig_crop",
    "downscale",
    "motion_blur",
    "occlusion",
    "bg_blur",
)
#: Four more ways to spoil a picture, each with ImageNet-C's five severities (Hendrycks and Dietterich, 2019,
#: arXiv:1903.12261). As there, what the network is shown is spoiled: the crop.
_CORRUPT = {"noise": noise, "fog": fog, "jpeg": jpeg, "brightness": brightness}
CORRUPTIONS = tuple(_CORRUPT)
#: Condition → what it is compared with.
AGAINST = {CROP: FULL, DOWNSCALE: CROP, MOTION: CROP, OCCLUSION: CROP, BACKGROUND: FULL} | dict.fromkeys(
    CORRUPTIONS, CROP
)


@dataclass(frozen=True)
class Strengths:
    """How much of each factor.

    Attributes:
        margin: how much larger than the object, longer side, the square crop is.
        downscale: by how much fewer pixels a side the crop has; it is enlarged again.
        motion: how far the camera moves, as a share of the picture's longer side; the same for all sizes of objects.
        occlusion: share of the box's area that a grey square of the box's shape covers.
        blur: standard deviation of the background's Gaussian blur, as a share of the picture's longer side.
        severity: of the corruptions, 1 … 5.

    Raises:
        ValueError: on one that cannot be.
    """

    margin: float = 0.3
    downscale: float = 4.0
    motion: float = 0.03
    occlusion: float = 0.3
    blur: float = 0.02
    severity: int = 3

    def __post_init__(self) -> None:
        for name, low, high in (
            ("margin", 0, 3), ("downscale", 1, 64), ("motion", 0, 0.5), ("occlusion", 0, 1), ("blur", 0, 0.5),
            ("severity", 1, 5),
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
        condition: one of `CONDITIONS` or `CORRUPTIONS`.
        picture: RGB.
        box: around the object, [4] xyxy in its pixels, not empty.
        strengths: of the factors.
        seed: of what is left to chance, such as where an occlusion lies.
        mask: "L" of the picture's size, white on the object, for what counts as background; by default the box.

    Returns:
        The picture to classify, and where in it the classifier looks, [4]: all of it for a whole picture.
    """
    everything = np.array([0, 0, *picture.size], np.float32)
    if condition == FULL:
        return picture, everything
    if condition == BACKGROUND:
        return bg_blur(picture, box, strength=strengths.blur, seed=seed, mask=mask)[0], everything
    if condition == MOTION:
        length = strengths.motion * max(picture.size)
        beside = round(length)  # blurred with its surroundings, as those move into the crop
        moved, inside = motion_blur(*crop(picture, box, strength=strengths.margin, beside=beside), strength=length)
        back = np.array([beside, 0, beside, 0], np.float32)
        return moved.crop((beside, 0, moved.width - beside, moved.height)), np.asarray(inside - back, np.float32)
    shown = crop(picture, box, strength=strengths.margin)
    if condition == DOWNSCALE:
        return downscale(*shown, strength=strengths.downscale, seed=seed)
    if condition == OCCLUSION:
        return occlusion(*shown, strength=strengths.occlusion, seed=seed)
    return _CORRUPT[condition](*shown, strength=strengths.severity, seed=seed) if condition in _CORRUPT else shown
