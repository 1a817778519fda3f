"""Boxes and names that somebody need not draw or type: what is left of a picture without its background, or what
trained networks say, each with how sure that is.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage  # it comes with scikit-learn

from smallimg.boxes import Boxes, as_boxes, box_iou, clip_boxes, mask_to_box
from smallimg.errors import ImageError
from smallimg.pictures.images import open_local, read_size
from smallimg.pipeline import Pipeline

#: No network looks at more pixels a side than these.
ENOUGH = 960
#: Parts of a mask that are smaller than this share of its largest are not the object.
PART = 0.3
#: A pixel of an opacity between these, 0 … 255, is neither object nor background.
WAVERING = (32, 224)
#: The opacity from which a pixel may be object, and from which it surely is.
BOLDEST, NARROWEST = 48, 207


@dataclass(frozen=True, eq=False)
class Proposal:
    """What is proposed for a picture.

    Attributes:
        boxes: its objects, float32 [n, 4], xyxy in pixels of the picture as opened.
        class_name: what it is called; None where nothing was asked for a name.
        sure: how sure that is, 0 … 1: for putting the doubtful first, it is no probability.
    """

    boxes: Boxes
    class_name: str | None
    sure: float


def propose_without_background(pipeline: Pipeline, path: Path) -> Proposal | None:
    """A box around what the pipeline's background removal leaves of a picture; None where it does not open."""
    try:
        size_wh = read_size(path)
        image = open_small(path)
    except ImageError:
        return None
    proposal = box_of_mask(np.asarray(mask_without_background(pipeline, image)))
    return replace(proposal, boxes=_to_picture(proposal.boxes, image, size_wh))


def propose_by_networks(pipeline: Pipeline, path: Path) -> Proposal | None:
    """The box and the name that a bundle's networks give a picture; None where it does not open.

    Without a detector, the box is the one around the cut-out.
    """
    try:
        size_wh = read_size(path)
        image = open_small(path)
    except ImageError:
        return None
    prediction = pipeline.predict(image)
    if prediction.box is not None:
        box = Proposal(as_boxes(prediction.box.xyxy), None, prediction.box.score)
    elif prediction.cutout is not None:
        box = box_of_mask(np.asarray(prediction.cutout.getchannel("A")))
    else:
        box = _whole(image.size)
    name = prediction.label
    share = prediction.probabilities[name] if name is not None else 1.0
    sure = min(box.sure, share if prediction.is_known else share / 2)
    return Proposal(_to_picture(box.boxes, image, size_wh), name, sure)


def open_small(path: Path) -> Image.Image:
    """A picture as large as networks need it, or larger.

    Raises:
        ImageError: when it does not open.
    """
    return open_local(path, at_least=ENOUGH)


def mask_without_background(pipeline: Pipeline, image: Image.Image) -> Image.Image:
    """How much of each pixel belongs to the object, mode L, by the pipeline's background removal."""
    cutout = pipeline.predict(image, detect=False, classify=False).cutout
    return Image.new("L", image.size) if cutout is None else cutout.getchannel("A")


def box_of_mask(mask: NDArray[np.uint8]) -> Proposal:
    """The box around what a mask shows, stray spots left aside; the whole picture, not sure at all, where it is empty.

    It is sure where few pixels waver between object and background, and where a box around everything that may be
    object, and one around what surely is, are nearly the same (benchmarks/README.md, “Boxes without drawing”).

    Args:
        mask: uint8 [h, w], 255 on the object.
    """
    inside = _larger_parts(mask > 127)
    box = mask_to_box(inside)
    if box is None:
        return _whole((mask.shape[1], mask.shape[0]))
    wavering = ((mask > WAVERING[0]) & (mask < WAVERING[1])).sum() / inside.sum()
    boldest, narrowest = (mask_to_box(_larger_parts(mask > opacity)) for opacity in (BOLDEST, NARROWEST))
    steady = 0.0 if narrowest is None or boldest is None else float(box_iou(boldest[None], narrowest[None])[0, 0])
    return Proposal(as_boxes(box), None, max(0.0, 1.0 - float(wavering)) * steady)


def _whole(size_wh: tuple[int, int]) -> Proposal:
    return Proposal(as_boxes([0, 0, *size_wh]), None, 0.0)


def _larger_parts(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask without its stray spots."""
    parts, count = ndimage.label(inside, np.ones((3, 3)))
    if count < 2:
        return inside
    sizes = np.bincount(parts.ravel())[1:]
    larger: NDArray[np.bool_] = np.isin(parts, 1 + np.flatnonzero(sizes >= PART * sizes.max()))
    return larger


def _to_picture(boxes: Boxes, image: Image.Image, size_wh: tuple[int, int]) -> Boxes:
    """Boxes of a picture that was opened smaller, as boxes of the picture."""
    factor = np.array([size_wh[0] / image.width, size_wh[1] / image.height] * 2, np.float32)
    return clip_boxes(boxes * factor, size_wh)
