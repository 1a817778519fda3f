"""Heat as colours, for people: transparent where it is cold, so that the picture stays in sight."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.bundles.sessions import Floats
from smallimg.pictures.preprocess import on_fill

#: Of matplotlib's “inferno” (CC0), from cold to hot: even steps for the eye, and for colour-blind eyes as well.
STOPS = np.array(
    [(20, 11, 52), (74, 12, 107), (120, 28, 109), (165, 44, 96), (207, 68, 70), (237, 105, 37), (251, 155, 6),
     (247, 209, 61), (252, 255, 164)],
    np.float32,
)  # fmt: skip
#: How much of the picture the hottest place hides.
HOTTEST = 0.8
#: The higher, the clearer what is lukewarm: a map of nine squares would else hide the whole picture.
CLEARING = 1.4


def warmth(heat: Floats) -> Floats:
    """Heat of any scale → 0 … 1: what is below 0 is cold, the hottest place is 1."""
    above = np.maximum(heat, 0)
    most = float(above.max(initial=0.0))
    return np.asarray(above / most if most > 0 else above, np.float32)


def colours(heat: Floats) -> Image.Image:
    """Heat [h, w] as an RGBA picture: the warmer, the brighter and the less transparent."""
    warm = warmth(heat)
    place = warm * (len(STOPS) - 1)
    rgb = np.stack([np.interp(place, np.arange(len(STOPS)), STOPS[:, channel]) for channel in range(3)], axis=-1)
    # Cold places are clear: their dark colour would lie on the picture as a veil.
    alpha = warm**CLEARING * 255
    return Image.fromarray(np.dstack([rgb, alpha]).round().astype(np.uint8))


def overlay(image: Image.Image, heat: Floats, *, opacity: float = HOTTEST) -> Image.Image:
    """A picture with its heat on top, RGB.

    Args:
        image: RGB or RGBA.
        heat: [h, w], of the picture's size.
        opacity: of the hottest place, 0 … 1.
    """
    layer = colours(heat)
    layer.putalpha(layer.getchannel("A").point([round(value * opacity) for value in range(256)]))
    picture = on_fill(image)
    picture.paste(layer, mask=layer.getchannel("A"))
    return picture


def as_16_bit(heat: Floats) -> NDArray[np.uint16]:
    """Heat [h, w] as greys 0 … 65,535 of its own scale, as `warmth`."""
    return np.rint(warmth(heat) * 65_535).astype(np.uint16)
