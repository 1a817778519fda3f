"""An object in its picture, ready to be tried: as it was photographed, or cut out and pasted at another size."""

import numpy as np
from PIL import Image

from smallimg.boxes import Boxes, as_boxes
from smallimg.pictures.images import open_local
from smallimg.pictures.masks import open_mask
from smallimg.pictures.preprocess import on_fill
from smallimg.pipeline import Pipeline
from smallimg.study.conditions.objects import Thing
from smallimg.study.conditions.pasted import background, cut_out, paste_at

Placed = tuple[Image.Image, Boxes, Image.Image | None]


def place(pipeline: Pipeline, thing: Thing, *, seed: int = 0) -> Placed | None:
    """An object's picture, RGB, its box [4] there, and its mask, "L", where it has one.

    Args:
        pipeline: whose background remover cuts out what has no mask and is to be pasted.
        thing: the object.
        seed: where it is pasted: with its identity, the same place at every size.

    Returns:
        None where it is to be pasted, and nothing clear could be cut out.

    Raises:
        ImageError: when a picture does not open.
    """
    picture = on_fill(open_local(thing.path))
    mask = None if thing.mask is None else open_mask(thing.mask)
    box = np.array(thing.box_xyxy, np.float32)
    if thing.ground is None:
        return picture, box, mask
    if mask is None:
        left = pipeline.predict(picture, detect=False, classify=False).cutout
        mask = None if left is None else left.getchannel("A")
    cut = None if mask is None else cut_out(picture, mask, box)
    if cut is None:
        return None
    ground = background(on_fill(open_local(thing.ground.path)), as_boxes(thing.ground.boxes))
    return paste_at(cut, ground, share=thing.ground.share, seed=seed + thing.identity)
