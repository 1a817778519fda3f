"""Signed distances: negative inside a solid, positive outside, in the solid's own coordinates.

Coordinates are float32 arrays of one shape; lengths are plain floats, so that nothing is promoted to float64. All forms
are exact or a lower bound, which is what sphere tracing needs. After Inigo Quilez, "Distance functions".
"""

# ruff: noqa: PLR0917 -- a point takes three arguments, and shapes are read by their order: centre, sizes, rounding

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def length(*components: Array) -> Array:
    """Euclidean length of the vectors with these components."""
    total = components[0] * components[0]
    for component in components[1:]:
        total += component * component
    root: Array = np.sqrt(total, out=total)
    return root


def turn(a: Array, b: Array, angle: float) -> tuple[Array, Array]:
    """The coordinates (a, b) as seen from axes turned by `angle` radians."""
    cosine, sine = math.cos(angle), math.sin(angle)
    return a * cosine + b * sine, b * cosine - a * sine


def join(a: Array, b: Array, blend: float) -> Array:
    """Union of two solids, the seam rounded over about `blend` (polynomial smooth minimum)."""
    overlap = np.maximum(blend - np.abs(a - b), 0)
    joined: Array = np.minimum(a, b) - overlap * overlap * (0.25 / blend)
    return joined


def sphere(x: Array, y: Array, z: Array, radius: float) -> Array:
    return length(x, y, z) - radius


def box(x: Array, y: Array, z: Array, half: tuple[float, float, float], rounding: float = 0.0) -> Array:
    """A box of half sizes `half`, its edges rounded without growing it."""
    qx = np.abs(x) - (half[0] - rounding)
    qy = np.abs(y) - (half[1] - rounding)
    qz = np.abs(z) - (half[2] - rounding)
    outside = length(np.maximum(qx, 0), np.maximum(qy, 0), np.maximum(qz, 0))
    return outside + np.minimum(np.maximum(np.maximum(qx, qy), qz), 0) - rounding


def extrude(flat: Array, z: Array, half_height: float, rounding: float = 0.0) -> Array:
    """A flat shape (its 2-D distance) made solid between z = ±half_height, edges rounded inwards."""
    qd, qz = flat + rounding, np.abs(z) - (half_height - rounding)
    return length(np.maximum(qd, 0), np.maximum(qz, 0)) + np.minimum(np.maximum(qd, qz), 0) - rounding


def cylinder(x: Array, y: Array, z: Array, radius: float, half_height: float, rounding: float = 0.0) -> Array:
    """A cylinder about z, centred."""
    return extrude(length(x, y) - radius, z, half_height, rounding)


def cone(x: Array, y: Array, z: Array, bottom: float, top: float, half_height: float, rounding: float = 0.0) -> Array:
    """A cut cone about z, of radius `bottom` at z = -half_height and `top` at z = +half_height."""
    slope = (top - bottom) / (2 * half_height)
    side = (length(x, y) - (bottom + top) / 2 - slope * z) * (1 / math.sqrt(1 + slope * slope))
    return extrude(side, z, half_height, rounding)


def torus(x: Array, y: Array, z: Array, radius: float, thickness: float) -> Array:
    """A ring about z."""
    return length(length(x, y) - radius, z) - thickness


def capsule(
    x: Array, y: Array, z: Array, start: tuple[float, float, float], end: tuple[float, float, float], radius: float
) -> Array:
    """A stick with round ends between two points."""
    bx, by, bz = (e - s for s, e in zip(start, end, strict=True))
    px, py, pz = x - start[0], y - start[1], z - start[2]
    along = np.clip((px * bx + py * by + pz * bz) * (1 / (bx * bx + by * by + bz * bz)), 0, 1)
    return length(px - along * bx, py - along * by, pz - along * bz) - radius


def rectangle(x: Array, y: Array, half: tuple[float, float], corner: float = 0.0) -> Array:
    """2-D: a rectangle with round corners."""
    qx, qy = np.abs(x) - (half[0] - corner), np.abs(y) - (half[1] - corner)
    return length(np.maximum(qx, 0), np.maximum(qy, 0)) + np.minimum(np.maximum(qx, qy), 0) - corner


def convex(x: Array, y: Array, corners: list[tuple[float, float]]) -> Array:
    """2-D: a convex polygon, corners counter-clockwise; a lower bound outside its corners."""
    distance: Array | None = None
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        scale = 1 / math.hypot(x2 - x1, y2 - y1)
        normal_x, normal_y = (y2 - y1) * scale, (x1 - x2) * scale
        edge = x * normal_x + y * normal_y - (x1 * normal_x + y1 * normal_y)
        distance = edge if distance is None else np.maximum(distance, edge, out=distance)
    if distance is None:
        raise ValueError("a polygon needs corners")
    return distance


def arc(x: Array, y: Array, z: Array, radius: float, half_angle: float, thickness: float) -> Array:
    """A bent stick: the part of a ring about z within `half_angle` of the +y axis, with round ends."""
    side = np.abs(x)
    sine, cosine = math.sin(half_angle), math.cos(half_angle)
    on_arc = cosine * side < sine * y
    ring = length(length(x, y) - radius, z)
    end = length(side - radius * sine, y - radius * cosine, z)
    return np.where(on_arc, ring, end) - thickness
