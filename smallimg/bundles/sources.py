"""What a bundle's networks look at in a picture: the picture or its cut-out, and which part of it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.boxes import Boxes, clip_boxes, square_window
from smallimg.bundles.bundle import Stage
from smallimg.bundles.sessions import Found
from smallimg.pictures.preprocess import Letterbox, crop_window, letterbox, on_fill, pixels_of
from smallimg.results import Box

#: Most pixels a side of the crop that a prediction shows.
CROP_SIDE = 224


class Sources:
    """What the stages can look at; the cut-out on plain grey is composed once, when first asked for."""

    def __init__(self, image: Image.Image, cutout: Image.Image | None = None) -> None:
        self.size_wh = image.size
        self.cutout = cutout
        self._image = image
        self._flat: dict[bool, Image.Image] = {}

    def read(self, stage: Stage) -> Image.Image:
        """RGB: the cut-out on grey where the stage reads that and there is one, else the picture."""
        cut = stage.reads == "cutout" and self.cutout is not None
        if cut not in self._flat:
            source = self.cutout if cut and self.cutout is not None else self._image
            self._flat[cut] = on_fill(source)
        return self._flat[cut]

    def fitted(self, stage: Stage, side: int) -> tuple[NDArray[np.uint8], Letterbox]:
        """The whole of it in a square, uint8 RGB [3, side, side], and where the picture lies in that."""
        square, place = letterbox(self.read(stage), side, stage.room)
        return pixels_of(square), place


def box_of_cutout(cutout: Image.Image | None) -> Box | None:
    """The box around what the background left over, its score how opaque that is; None where nothing is left.

    A remover that knows what the object is leaves it opaque; one that wavers leaves half of it half transparent.
    """
    if cutout is None:
        return None
    alpha = cutout.getchannel("A")
    corners = alpha.point([0] * 128 + [255] * 128).getbbox()
    if corners is None:
        return None
    some = np.asarray(alpha.resize((64, 64), Image.Resampling.NEAREST))  # enough for a mean
    inside = some[some > 127]
    left, top, right, bottom = map(float, corners)
    return Box(left, top, right, bottom, float(inside.mean()) / 255 if len(inside) else 0.0, of_cutout=True)


def boxes_of(
    found: Found, place: Letterbox, size_wh: tuple[int, int], class_names: Sequence[str], *, score_threshold: float
) -> tuple[Box, ...]:
    """What a detector found in a square, best first, in pixels of the picture and clipped to it; none of it empty.

    Args:
        place: where the picture lies in the square.
        class_names: what a detector that names its boxes calls them.
        score_threshold: boxes below it are left out.
    """
    corners = clip_boxes(place.to_picture(found.boxes), size_wh)
    boxes = []
    for at, ((x1, y1, x2, y2), score) in enumerate(zip(corners.tolist(), found.scores.tolist(), strict=True)):
        if score < score_threshold or min(x2 - x1, y2 - y1) < 1:
            continue
        name = None if found.labels is None else class_names[found.labels[at]]
        mask = None if found.masks is None else mask_in_box(found.masks[at], place.to_canvas(corners)[at])
        boxes.append(Box(x1, y1, x2, y2, score, name=name, mask=mask))
    return tuple(boxes)


def window_around(boxes: Sequence[Box], sources: Sources, margin: float | None) -> Boxes:
    """Where the classifier looks: around the top box, else around the cut-out, else at the whole picture."""
    best = boxes[0] if boxes else box_of_cutout(sources.cutout)
    box = np.array(best.xyxy if best else (0, 0, *sources.size_wh), np.float32)
    return box if margin is None else square_window(box, margin=margin)


def pixels_in(source: Image.Image, windows: Sequence[Boxes], side: int) -> NDArray[np.uint8]:
    """Windows of a picture as the classifier sees them, [n, 3, side, side]."""
    return np.stack([pixels_of(crop_window(source, window, side)) for window in windows])


def mask_in_box(mask: NDArray[np.float32], box_xyxy: Boxes) -> Image.Image:
    """What of a box [4] a mask [side, side], 0 … 1, says is the object: L, as many pixels as the box has there."""
    x1, y1, x2, y2 = map(float, box_xyxy)
    size = max(1, round(x2 - x1)), max(1, round(y2 - y1))
    whole = Image.fromarray(np.rint(mask * 255).astype(np.uint8))
    return whole.transform(size, Image.Transform.EXTENT, (x1, y1, x2, y2), Image.Resampling.BILINEAR)


def shown_crop(source: Image.Image, window: Boxes) -> Image.Image:
    """The crop for people, who see more in it than the few pixels that the classifier takes."""
    side = round(float(max(window[2:] - window[:2])))
    return crop_window(source, window, min(max(side, 1), CROP_SIDE), gap=1.0)
