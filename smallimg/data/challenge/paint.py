"""Print on surfaces: inks laid over colours, where a flat distance is negative."""

import numpy as np

from smallimg.data.challenge.colours import Colour
from smallimg.data.challenge.sdf import Array


def plain(colour: Colour, points: Array) -> Array:
    """One linear RGB for each of the points, [n, 3]."""
    return np.broadcast_to(np.asarray(colour, np.float32), (len(points), 3))


def over(colour: Array, ink: Colour | Array, distance: Array, *, soft: float = 0.025) -> Array:
    """`colour` [n, 3] with `ink` (one colour, or [n, 3]) where `distance` [n] is negative, its edge `soft` wide."""
    share = np.clip(0.5 - distance * (1 / soft), 0, 1)[:, None]
    printed: Array = colour + (np.asarray(ink, np.float32) - colour) * share
    return printed
