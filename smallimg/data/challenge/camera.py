"""The camera: where it stands, and how an object is turned, sized and placed in front of it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from smallimg.data.challenge.model import Model, Vector
from smallimg.data.challenge.sdf import Array

AWAY = 7.0  # the camera's distance from the object, which is about 2 long


@dataclass(frozen=True)
class Camera:
    """A pin-hole camera in the object's coordinates.

    Attributes:
        target: the point it looks at, `AWAY` from it.
        right, down, towards: unit vectors of the picture, `towards` the viewer.
        scale: pixels a unit at the target.
        centre: where the target lies in the picture, (x, y) in pixels.
    """

    target: Vector
    right: Vector
    down: Vector
    towards: Vector
    scale: float
    centre: tuple[float, float]

    @property
    def origin(self) -> Vector:
        x, y, z = (at + AWAY * out for at, out in zip(self.target, self.towards, strict=True))
        return x, y, z

    def rays(self, x: Array, y: Array) -> Array:
        """Unit rays [3, n] from the origin through points of the picture, in pixels, n each."""
        across, below = (x - self.centre[0]) * (1 / self.scale), (y - self.centre[1]) * (1 / self.scale)
        shorten = 1 / np.sqrt(across * across + below * below + AWAY * AWAY)
        rays = np.empty((3, len(x)), np.float32)
        for axis in range(3):
            ray = self.right[axis] * across + self.down[axis] * below - AWAY * self.towards[axis]
            np.multiply(ray, shorten, out=rays[axis])
        return rays


def aim(model: Model, rng: Generator, *, slant: float, size: int) -> tuple[Camera, tuple[float, float, float, float]]:
    """Turn, size and place an object in a picture of `size` pixels.

    Args:
        slant: how steeply the camera looks down, 0 … 1 of what the model allows.

    Returns:
        the camera, and a box in the picture (x1, y1, x2, y2) that holds the object.
    """
    up = np.asarray(model.up)
    least, most = model.elevation
    elevation = math.radians(least + (most - least) * slant)
    turn, roll = math.radians(rng.uniform(*model.turns)), math.radians(rng.normal(0, model.roll))
    aside, ahead = level_axes(up)
    towards = math.cos(elevation) * (math.cos(turn) * aside + math.sin(turn) * ahead) + math.sin(elevation) * up
    right = unit(np.cross(up, towards))
    above = np.cross(towards, right)
    right, above = right * math.cos(roll) + above * math.sin(roll), above * math.cos(roll) - right * math.sin(roll)

    low, high = np.asarray(model.low), np.asarray(model.high)
    target = (low + high) / 2
    sides = np.stack(np.meshgrid([-0.5, 0.5], [-0.5, 0.5], [-0.5, 0.5]), axis=-1).reshape(8, 3)
    corners = sides * (high - low)
    nearer = AWAY / (AWAY - corners @ towards)
    across, below = corners @ right * nearer, -(corners @ above) * nearer
    scale = size * rng.uniform(0.38, 0.88) / max(np.ptp(across), np.ptp(below))
    margin = 0.02 * size
    x, y = (rng.uniform(margin - scale * s.min(), size - margin - scale * s.max()) for s in (across, below))
    camera = Camera(vector(target), vector(right), vector(-above), vector(towards), float(scale), (x, y))
    box = (x + scale * across.min(), y + scale * below.min(), x + scale * across.max(), y + scale * below.max())
    return camera, (float(box[0]), float(box[1]), float(box[2]), float(box[3]))


def unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values / np.linalg.norm(values)


def vector(values: NDArray[np.float64]) -> Vector:
    return float(values[0]), float(values[1]), float(values[2])


def level_axes(up: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two unit vectors that span the ground."""
    aside = unit(np.cross(up, [0.0, 1.0, 0.0] if abs(up[1]) < 0.8 else [1.0, 0.0, 0.0]))
    return aside, np.cross(up, aside)
