"""Corruption: a picture that was saved too small."""

import io

from PIL import Image

from smallimg.boxes import Boxes

#: The quality by severity, as ImageNet-C has it (Hendrycks and Dietterich, 2019, arXiv:1903.12261).
QUALITY = (25, 18, 15, 10, 7)


def jpeg(picture: Image.Image, box: Boxes, *, strength: float, seed: int = 0) -> tuple[Image.Image, Boxes]:  # noqa: ARG001
    """The picture as it comes back from a strongly compressed JPEG.

    Args:
        picture: RGB.
        box: around the object, [4].
        strength: the severity, 1 … 5.
        seed: nothing here is left to chance.
    """
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY[round(strength) - 1])
    with Image.open(buffer) as saved:
        return saved.convert("RGB"), box
