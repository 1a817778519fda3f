"""The one definition of what the networks see.

Training and prediction both go through these functions, so that a network never meets a picture prepared in another
way than the ones it learnt from. Pixels stay uint8 RGB; a network itself brings them into the range it computes in.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.boxes import Boxes

#: What a stage looks at: the picture as opened, or the picture with its background replaced by `FILL`.
Reads = Literal["image", "cutout"]

#: Neutral grey behind cut-outs, in letterbox borders and beyond the picture's edge; networks map it to about zero.
FILL = (128, 128, 128)

#: Most pixels a side of a window before it is resized.
LARGEST_WINDOW = 6000


@dataclass(frozen=True)
class Letterbox:
    """Where a picture of `size_wh` pixels lies in a square canvas of side `side`: scaled, then shifted.

    Attributes:
        room: how much larger than the picture's longer side the canvas is, as a share of that.
    """

    size_wh: tuple[int, int]
    side: int
    room: float = 0.0

    @property
    def scaled_wh(self) -> tuple[int, int]:
        scale = self.side / (max(self.size_wh) * (1 + self.room))
        return max(1, round(self.size_wh[0] * scale)), max(1, round(self.size_wh[1] * scale))

    @property
    def offset_xy(self) -> tuple[int, int]:
        width, height = self.scaled_wh
        return (self.side - width) // 2, (self.side - height) // 2

    @property
    def area_xyxy(self) -> tuple[int, int, int, int]:
        """The part of the canvas that the picture covers."""
        (left, top), (width, height) = self.offset_xy, self.scaled_wh
        return left, top, left + width, top + height

    def to_canvas(self, boxes: Boxes) -> Boxes:
        """Boxes [n, 4] in pixels of the picture → pixels of the canvas."""
        return np.asarray(boxes * self._scale() + np.tile(self.offset_xy, 2), np.float32)

    def to_picture(self, boxes: Boxes) -> Boxes:
        """Boxes [n, 4] in pixels of the canvas → pixels of the picture (not clipped)."""
        return np.asarray((boxes - np.tile(self.offset_xy, 2)) / self._scale(), np.float32)

    def _scale(self) -> NDArray[np.float64]:
        return np.tile(np.divide(self.scaled_wh, self.size_wh), 2)


def letterbox(image: Image.Image, side: int, room: float = 0.0) -> tuple[Image.Image, Letterbox]:
    """Fit a picture (RGB or L) into a square canvas of `side` pixels, aspect kept, `FILL` (0 for L) around it.

    For `room` see `Letterbox`.
    """
    place = Letterbox(image.size, side, room)
    if place.scaled_wh != image.size:
        image = image.resize(place.scaled_wh, Image.Resampling.BILINEAR, reducing_gap=2.0)
    if image.size == (side, side):
        return image, place
    canvas = Image.new(image.mode, (side, side), FILL if image.mode == "RGB" else 0)
    canvas.paste(image, place.offset_xy)
    return canvas, place


def on_fill(image: Image.Image) -> Image.Image:
    """RGB(A) → RGB: a cut-out on the plain `FILL`, as the stages that read the cut-out see it."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    canvas = Image.new("RGB", image.size, FILL)
    canvas.paste(image, mask=image.getchannel("A"))
    return canvas


def crop_window(image: Image.Image, window_xyxy: Boxes, side: int, *, gap: float = 2.0) -> Image.Image:
    """The pixels of a window [4] (it may leave the picture), RGB, resized to `side` × `side`; `FILL` beyond it.

    `gap` is Pillow's `reducing_gap`: 1.0 is faster and a little coarser.
    """
    # The square around a strip has many times the strip's pixels, gigabytes at worst: make it smaller first.
    factor = -int(-max(window_xyxy[2:] - window_xyxy[:2]) // LARGEST_WINDOW)
    if factor > 1:
        return crop_window(image.reduce(factor), np.asarray(window_xyxy / factor, np.float32), side, gap=gap)
    x1, y1, x2, y2 = (round(float(value)) for value in window_xyxy)
    x2, y2 = max(x2, x1 + 1), max(y2, y1 + 1)
    inside = (max(x1, 0), max(y1, 0), min(x2, image.width), min(y2, image.height))
    if inside == (x1, y1, x2, y2):
        window = image.crop(inside)
    else:
        window = Image.new("RGB", (x2 - x1, y2 - y1), FILL)
        if inside[0] < inside[2] and inside[1] < inside[3]:
            window.paste(image.crop(inside), (inside[0] - x1, inside[1] - y1))
    return window.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=gap)


def pixels_of(image: Image.Image) -> NDArray[np.uint8]:
    """RGB picture → uint8 [3, h, w]; L picture → [1, h, w]."""
    pixels = np.asarray(image, dtype=np.uint8)
    return np.ascontiguousarray(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1))
