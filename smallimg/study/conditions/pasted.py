"""The same cut-out at a size that is asked for, on the background of another picture: only its size differs."""

import math

import numpy as np
from PIL import Image, ImageOps

from smallimg.boxes import Boxes, mask_to_box
from smallimg.pictures.preprocess import FILL

#: Pixels a side of the pictures that are made.
SIDE = 448
#: Of its box an object covers so much at least, or it was not cut out but lost.
LEAST_COVERED = 0.1
#: Of a background, so much of its picture has to be free of objects; else it is plain grey.
LEAST_FREE = 0.1


def cut_out(picture: Image.Image, alpha: Image.Image, box: Boxes) -> Image.Image | None:
    """The object alone, RGBA, cut to what is opaque of it.

    Args:
        picture: RGB.
        alpha: "L", of the same size: a mask, or what a background remover left.
        box: where the object is, float32 [4].

    Returns:
        None where the box holds next to nothing opaque.
    """
    region = tuple(np.rint(box).astype(int).tolist())
    cut = picture.convert("RGB")
    cut.putalpha(alpha)
    cut = cut.crop(region)
    solid = np.asarray(cut.getchannel("A")) > 127
    around = mask_to_box(solid)
    if around is None or solid.mean() < LEAST_COVERED or solid.sum() < 16:
        return None
    return cut.crop(tuple(around.astype(int).tolist()))


def background(picture: Image.Image, boxes: Boxes, *, side: int = SIDE) -> Image.Image:
    """A square of a picture's background, RGB: its largest part beside all boxes, continued by its mirror image.

    Args:
        picture: RGB.
        boxes: the objects in it, float32 [n, 4]; none where it has none.
        side: of the square in pixels.
    """
    width, height = picture.size
    parts = [(0, 0, width, height)]
    if len(boxes):
        left, top = np.clip(np.floor(boxes[:, :2].min(axis=0)), 0, (width, height)).astype(int).tolist()
        right, bottom = np.clip(np.ceil(boxes[:, 2:].max(axis=0)), 0, (width, height)).astype(int).tolist()
        parts = [(0, 0, left, height), (right, 0, width, height), (0, 0, width, top), (0, bottom, width, height)]
    area = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in parts]
    best = int(np.argmax(area))
    if area[best] < LEAST_FREE * width * height:
        return Image.new("RGB", (side, side), FILL)
    scale = side / max(picture.size)
    free = picture.crop(parts[best])
    free = free.resize(
        (max(1, round(free.width * scale)), max(1, round(free.height * scale))), Image.Resampling.BILINEAR
    )
    return _mirrored(free, side)


def paste_at(
    cut: Image.Image, ground: Image.Image, *, share: float, seed: int = 0
) -> tuple[Image.Image, Boxes, Image.Image]:
    """The cut-out on a background, its box covering a share of the picture; it lies anywhere, wholly within.

    Args:
        cut: RGBA.
        ground: RGB; it is not changed.
        share: of the picture's area; less where the box would be longer than the picture.
        seed: of the place, as a share of the room there is: the same seed, the same place at every size.

    Returns:
        The picture, RGB, the box, float32 [4], and the mask, "L".
    """
    scale = math.sqrt(share * ground.width * ground.height / (cut.width * cut.height))
    scale = min(scale, ground.width / cut.width, ground.height / cut.height)
    size = max(1, round(cut.width * scale)), max(1, round(cut.height * scale))
    # Premultiplied: what the background looked like behind the edge stays out of it.
    small = cut.convert("RGBa").resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0).convert("RGBA")
    right, down = np.random.default_rng(seed).random(2).tolist()
    left, top = round(right * (ground.width - size[0])), round(down * (ground.height - size[1]))
    made = ground.copy()
    made.paste(small, (left, top), small)
    mask = Image.new("L", ground.size)
    mask.paste(small.getchannel("A"), (left, top))
    return made, np.array([left, top, left + size[0], top + size[1]], np.float32), mask


def _mirrored(tile: Image.Image, side: int) -> Image.Image:
    canvas = Image.new("RGB", (side, side))
    for row in range(-(-side // tile.height)):
        for column in range(-(-side // tile.width)):
            turned = ImageOps.mirror(tile) if column % 2 else tile
            canvas.paste(ImageOps.flip(turned) if row % 2 else turned, (column * tile.width, row * tile.height))
    return canvas
