"""Fewer pixels: as from a camera further away, or a coarser one."""

from PIL import Image

from smallimg.boxes import Boxes


def downscale(picture: Image.Image, box: Boxes, *, strength: float, seed: int = 0) -> tuple[Image.Image, Boxes]:  # noqa: ARG001
    """A picture made smaller and enlarged again: its detail is lost, and everything stays in its place.

    Args:
        picture: RGB.
        box: around the object, [4].
        strength: by how much fewer pixels a side, from 1, which changes nothing.
        seed: nothing here is left to chance.
    """
    width, height = (max(1, round(side / strength)) for side in picture.size)
    small = picture.resize((width, height), Image.Resampling.BOX)
    return small.resize(picture.size, Image.Resampling.BILINEAR), box
