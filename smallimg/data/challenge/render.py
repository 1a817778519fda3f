"""Draw an object over its ground: find what each ray meets, light it, and average the rays of a pixel."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smallimg.data.challenge.camera import AWAY, Camera
from smallimg.data.challenge.model import Model, Part
from smallimg.data.challenge.sdf import Array
from smallimg.data.challenge.shade import Light, occlusion, shade
from smallimg.data.challenge.trace import along, march, normals, union

FINE = 2  # rays along each side of a pixel
BLOCK = 6  # fine rays along each side of the thick ray that goes before them
CHUNK = 1200  # blocks drawn at a time: few enough for the arrays to stay in the processor's cache


@dataclass(frozen=True)
class Shot:
    """What is photographed, from where, in which light."""

    model: Model
    camera: Camera
    light: Light


@dataclass(frozen=True, eq=False)
class _Canvas:
    """The piece of the picture drawn on, in fine rays: `colour` [height·width, 3] (linear RGB), `hit` [height·width].

    `left` and `top` are its place in the picture, in pixels.
    """

    left: int
    top: int
    width: int
    height: int
    colour: Array
    hit: NDArray[np.bool_]


def draw_object(shot: Shot, ground: Array, box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Draw an object onto `ground` [size, size, 3] (linear RGB), inside `box`; return its mask [size, size]."""
    size = len(ground)
    whole = BLOCK // math.gcd(BLOCK, FINE)  # pixels the tile's sides must be multiples of
    (left, width), (top, height) = (_span(box[axis], box[axis + 2], size, whole) for axis in (0, 1))
    tile = np.s_[top : top + height, left : left + width]
    colour = np.repeat(np.repeat(ground[tile], FINE, 0), FINE, 1).reshape(-1, 3)
    hit = np.zeros(len(colour), bool)
    canvas = _Canvas(left, top, width * FINE, height * FINE, colour, hit)
    solid = tuple(part for part in shot.model.parts if part.alpha == 1)
    _draw_parts(solid, shot, canvas)
    if len(solid) < len(shot.model.parts):  # glass goes over what is behind it
        _draw_parts(shot.model.parts, shot, canvas, only_glass=True)
    ground[tile] = _average(colour.reshape(height * FINE, width * FINE, 3))
    mask = np.zeros((size, size), bool)
    mask[tile] = _average(hit.reshape(height * FINE, width * FINE).astype(np.float32)) >= 0.5
    return mask


def _span(first: float, last: float, size: int, whole: int) -> tuple[int, int]:
    """Start and length, in pixels, of a stretch inside the picture that holds first … last and splits into `whole`s."""
    start = max(int(first) - 1, 0)
    length = math.ceil((min(last + 2, size) - start) / whole) * whole
    length = min(length, size // whole * whole)
    return max(min(start, size - length), 0), length


def _expose(colour: Array) -> Array:
    """Bright light held below 1, as film does it, so that white things keep their form."""
    over = np.maximum(colour - 0.5, 0)
    return np.minimum(colour, 0.5) + over / (1 + 1.6 * over)


def _average(fine: Array) -> Array:
    """Means of FINE × FINE values, [h, w, …] from [h·FINE, w·FINE, …]."""
    total = fine[::FINE, ::FINE].copy()
    for row in range(FINE):
        for column in range(FINE):
            if row or column:
                total += fine[row::FINE, column::FINE]
    return total * np.float32(1 / FINE**2)


def _draw_parts(parts: tuple[Part, ...], shot: Shot, canvas: _Canvas, *, only_glass: bool = False) -> None:
    """Draw `parts` on the canvas where rays meet them first; with `only_glass`, those of glass alone."""
    model, camera, light, width = shot.model, shot.camera, shot.light, canvas.width
    origin, pixel = camera.origin, 1 / (camera.scale * FINE)
    distance = union(parts)
    reach = float(np.linalg.norm(np.subtract(model.high, model.low))) / 2 + 0.05
    eye = sum(at * up for at, up in zip(origin, light.up, strict=True)) + model.lift

    def rays_through(columns: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[Array, Array]:
        """Rays through fine positions, and the depths at which they are below the ground or beyond the object."""
        x, y = columns.astype(np.float32) + 0.5, rows.astype(np.float32) + 0.5
        rays = camera.rays(x * (1 / FINE) + canvas.left, y * (1 / FINE) + canvas.top)
        fall = -(rays[0] * light.up[0] + rays[1] * light.up[1] + rays[2] * light.up[2])
        return rays, np.minimum(AWAY + reach + 0.2, eye / np.maximum(fall, 0.05) + 0.02)

    block_row, block_column = np.divmod(np.arange(canvas.height // BLOCK * (width // BLOCK)), width // BLOCK)
    rays, far = rays_through(block_column * BLOCK + BLOCK // 2, block_row * BLOCK + BLOCK // 2)
    near = np.full(len(far), AWAY - reach, np.float32)
    start, met = march(distance, origin, rays, near, far + pixel * BLOCK, thickness=pixel * BLOCK * 1.8, steps=64)
    corners = (block_row[met] * width + block_column[met]) * BLOCK
    inside = np.arange(BLOCK)[:, None] * width + np.arange(BLOCK)
    for first in range(0, len(corners), CHUNK):
        chunk = slice(first, first + CHUNK)
        pixels = (corners[chunk, None] + inside.reshape(-1)).reshape(-1)
        rays, far = rays_through(pixels % width, pixels // width)
        near = np.repeat(start[met][chunk], BLOCK * BLOCK)
        depth, found = march(distance, origin, rays, near, far, thickness=pixel * 0.5, steps=28)
        pixels, view = pixels[found], rays[:, found]
        points = along(origin, view, depth[found])
        which = np.argmin([part.distance(*points) for part in parts], axis=0)
        canvas.hit[pixels] = True
        for index, part in enumerate(parts):
            mine = which == index
            if not mine.any() or (only_glass and part.alpha == 1):
                continue
            place = (points[0][mine], points[1][mine], points[2][mine])
            normal = normals(part.distance, *place, step=pixel * 0.8)
            colour, through = shade(
                part.paint(*place),
                normal,
                view[:, mine],
                occlusion(distance, place, normal, light, model.lift),
                metal=part.metal,
                gloss=part.gloss,
                alpha=part.alpha,
                light=light,
            )
            if part.alpha < 1:
                colour = colour + through * canvas.colour[pixels[mine]]
            canvas.colour[pixels[mine]] = _expose(colour)
