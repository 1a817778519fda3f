"""A lens that is sharp on the object alone."""

from PIL import Image, ImageFilter

from smallimg.boxes import Boxes


def bg_blur(
    picture: Image.Image,
    box: Boxes,
    *,
    strength: float,
    seed: int = 0,  # noqa: ARG001
    mask: Image.Image | None = None,
) -> tuple[Image.Image, Boxes]:
    """Everything but the object out of focus; close to it the blur takes in some of its colours, as a lens's would.

    Args:
        picture: RGB.
        box: around the object, [4] xyxy in pixels of the picture.
        strength: standard deviation of the Gaussian, as a share of the picture's longer side.
        seed: nothing here is left to chance.
        mask: "L" of the picture's size, white on the object; by default the box is the object.
    """
    if mask is None:
        mask = Image.new("L", picture.size)
        mask.paste(255, tuple(round(float(value)) for value in box))  # type: ignore[arg-type]  # four of them
    blurred = picture.filter(ImageFilter.GaussianBlur(strength * max(picture.size)))
    return Image.composite(picture, blurred, mask), box
