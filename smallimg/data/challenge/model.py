"""What an object is to the renderer: parts with a shape and a surface, and how the whole rests on the ground."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from smallimg.data.challenge.colours import Colour
from smallimg.data.challenge.sdf import Array

Vector = tuple[float, float, float]
Distance = Callable[[Array, Array, Array], Array]
Paint = Callable[[Array, Array, Array], Array]  # points, n each -> linear RGB [n, 3]


@dataclass(frozen=True)
class Part:
    """One material of an object.

    Attributes:
        distance: signed distance of the part, in the object's coordinates.
        colour: linear RGB, or a function that paints every surface point.
        metal: 0 for plastic, paper, glass …; 1 reflects only its own colour.
        gloss: 0 matt … 1 mirror-smooth.
        alpha: how much of what lies behind the part it hides; below 1 is glass.
    """

    distance: Distance
    colour: Colour | Paint
    metal: float = 0.0
    gloss: float = 0.5
    alpha: float = 1.0

    def paint(self, x: Array, y: Array, z: Array) -> Array:
        """Linear RGB [n, 3] at the given surface points."""
        if callable(self.colour):
            return self.colour(x, y, z)
        return np.broadcast_to(np.asarray(self.colour, np.float32), (len(x), 3))


@dataclass(frozen=True)
class Model:
    """An object about 2 units long, in its own coordinates, with the ground it lies on.

    Attributes:
        parts: its materials.
        low, high: corners of a box that holds it.
        up: which way is up where it rests (unit vector).
        lift: distance of the ground below the origin, along `up`.
        elevation: from how far above the horizon it may be seen, (least, most) in degrees.
        turns: from which sides it may be seen, in degrees around `up`.
        roll: how far the camera is usually held askew, in degrees.
    """

    parts: tuple[Part, ...]
    low: Vector
    high: Vector
    up: Vector = (0.0, 0.0, 1.0)
    lift: float = 0.0
    elevation: tuple[float, float] = (40.0, 85.0)
    turns: tuple[float, float] = (0.0, 360.0)
    roll: float = 10.0
