"""Sphere tracing: where rays meet a solid given by its signed distance (Hart 1996), and how it faces there."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smallimg.data.challenge.model import Distance, Part, Vector
from smallimg.data.challenge.sdf import Array


def union(parts: Sequence[Part]) -> Distance:
    """The distance to the nearest of several parts."""

    def distance(x: Array, y: Array, z: Array) -> Array:
        nearest = parts[0].distance(x, y, z)
        for part in parts[1:]:
            nearest = np.minimum(nearest, part.distance(x, y, z))
        return nearest

    return distance


def along(origin: Vector, rays: Array, depth: Array) -> tuple[Array, Array, Array]:
    """Points at `depth` [n] on `rays` [3, n] that leave `origin`."""
    return rays[0] * depth + origin[0], rays[1] * depth + origin[1], rays[2] * depth + origin[2]


def march(
    distance: Distance, origin: Vector, rays: Array, near: Array, far: Array, *, thickness: float, steps: int
) -> tuple[Array, NDArray[np.bool_]]:
    """Walk along unit rays until a solid comes within `thickness`.

    Args:
        rays: unit directions, [3, n]; near, far: where each begins and gives up, [n].

    Returns:
        depths [n], and which rays met the solid [n].
    """
    depth = near.copy()
    met = np.zeros(len(near), bool)
    index, close = np.arange(len(near)), met
    walking_rays, walking, end = rays, near.copy(), far
    for _ in range(steps):
        gap = distance(*along(origin, walking_rays, walking)) - thickness * 0.5
        walking = walking + np.maximum(gap, 0)
        close = (gap < thickness * 0.5) & (walking < end)
        stopped = close | (walking >= end)
        if np.count_nonzero(stopped) * 4 < len(stopped):  # not worth the copying yet
            continue
        depth[index], met[index] = walking, close
        going = ~stopped
        if not going.any():
            return depth, met
        index, walking_rays, walking, end = index[going], walking_rays[:, going], walking[going], end[going]
        close = close[going]
    depth[index], met[index] = walking, close
    return depth, met


def normals(distance: Distance, x: Array, y: Array, z: Array, *, step: float) -> Array:
    """Unit normals [3, n] of a solid at surface points: the gradient of its distance, over a tetrahedron."""
    total = np.zeros((3, len(x)), np.float32)
    for signs in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        value = distance(x + signs[0] * step, y + signs[1] * step, z + signs[2] * step)
        for axis in range(3):
            total[axis] += value * signs[axis]
    total /= np.sqrt((total * total).sum(axis=0)) + 1e-9
    return total
