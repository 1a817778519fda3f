"""Sphere tracing: where rays meet a solid given by its signed distance (Hart 1996).

A coarse grid of thick rays runs first, so that the fine rays start close to the surface and those far from it never start.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smallimg.challenge.model import Distance, Part
from smallimg.challenge.sdf import Array

BLOCK = 6  # fine rays along each side of a thick one
Vector = tuple[float, float, float]


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
    index = np.arange(len(near))
    walking_rays, walking, end = rays, near.copy(), far
    for _ in range(steps):
        gap = distance(*along(origin, walking_rays, walking)) - thickness * 0.5
        walking = walking + np.maximum(gap, 0)
        close = gap < thickness * 0.5
        going = ~close & (walking < end)
        if going.all():
            continue
        depth[index] = walking
        met[index] = close
        index, walking_rays, walking, end = index[going], walking_rays[:, going], walking[going], end[going]
        if len(index) == 0:
            break
    return depth, met


def trace(
    distance: Distance, origin: Vector, rays: Array, near: Array, far: Array, *, pixel: float
) -> tuple[Array, NDArray[np.bool_]]:
    """Depths and hits, [h, w] each, of unit rays [3, h, w] spaced `pixel` apart where they meet the solid.

    h and w must be multiples of `BLOCK`; near and far are [h, w].
    """
    _, height, width = rays.shape
    middle = slice(BLOCK // 2, None, BLOCK)
    thick = rays[:, middle, middle].reshape(3, -1)
    block_near = near[middle, middle].reshape(-1)
    block_far = far[middle, middle].reshape(-1) + pixel * BLOCK * 2
    start, met = march(distance, origin, thick, block_near, block_far, thickness=pixel * BLOCK * 1.8, steps=40)
    grid = (height // BLOCK, width // BLOCK)
    fine_start = np.repeat(np.repeat(start.reshape(grid), BLOCK, 0), BLOCK, 1)
    chosen = np.repeat(np.repeat(met.reshape(grid), BLOCK, 0), BLOCK, 1)
    depth = np.full((height, width), np.inf, np.float32)
    hit = np.zeros((height, width), bool)
    depth[chosen], hit[chosen] = march(
        distance, origin, rays[:, chosen], fine_start[chosen], far[chosen], thickness=pixel * 0.5, steps=28
    )
    return depth, hit


def normals(distance: Distance, x: Array, y: Array, z: Array, *, step: float) -> Array:
    """Unit normals [3, n] of a solid at surface points: the gradient of its distance, over a tetrahedron."""
    total = np.zeros((3, len(x)), np.float32)
    for signs in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        value = distance(x + signs[0] * step, y + signs[1] * step, z + signs[2] * step)
        for axis in range(3):
            total[axis] += value * signs[axis]
    total /= np.sqrt((total * total).sum(axis=0)) + 1e-9
    return total
