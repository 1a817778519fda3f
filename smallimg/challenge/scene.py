"""One picture: a ground, an object on it, light, shadow, and the camera."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from smallimg.challenge.colours import Colour
from smallimg.challenge.model import Model, Part
from smallimg.challenge.objects import OBJECTS
from smallimg.challenge.sdf import Array
from smallimg.challenge.shade import Light, ground_shadow, occlusion, shade
from smallimg.challenge.textures import draw_ground
from smallimg.challenge.trace import BLOCK, Vector, along, normals, trace, union

FINE = 3  # rays along each side of a pixel
AWAY = 7.0  # the camera's distance from the object, which is about 2 long
SHADOW_STEP = 2  # pixels between the points where the ground's shadow is found


@dataclass(frozen=True)
class Camera:
    """A pin-hole camera in the object's coordinates that looks at `target`.

    `right`, `down` and `towards` (the viewer) are unit vectors; `scale` is pixels a unit at the target; `centre` is where
    the target lies in the picture, in pixels (x, y).
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

    def rays(self, columns: Array, rows: Array) -> Array:
        """Unit rays [3, h, w] through the pixels at `columns` [w] and `rows` [h]."""
        across = ((columns - self.centre[0]) / self.scale)[None, :]
        below = ((rows - self.centre[1]) / self.scale)[:, None]
        rays = np.empty((3, len(rows), len(columns)), np.float32)
        for axis in range(3):
            rays[axis] = self.right[axis] * across + self.down[axis] * below - AWAY * self.towards[axis]
        rays /= np.sqrt((rays * rays).sum(axis=0))
        return rays


def draw_picture(
    class_name: str, background: str, rng: Generator, *, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Draw an object of a class on a background of a family.

    Returns:
        RGB uint8 [size, size, 3], and the object's mask [size, size] without its shadow.
    """
    slant = rng.uniform()
    ground = draw_ground(background, rng, size=size, flatten=0.72 + 0.28 * slant)
    ground = (ground * ground) * _light_gradient(rng, size)[:, :, None]
    mean = ground.mean(axis=(0, 1))
    ground_colour: Colour = (float(mean[0]), float(mean[1]), float(mean[2]))
    model = OBJECTS[class_name](rng, ground_colour)
    camera, box = _place(model, slant, rng, size)
    light = _light(model, camera, ground_colour, rng)
    distance = union(model.parts)

    points = np.arange(SHADOW_STEP / 2, size, SHADOW_STEP, dtype=np.float32)
    rays = camera.rays(points, points)
    shadow = ground_shadow(distance, camera.origin, rays.reshape(3, -1), light, model.lift).reshape(len(points), -1)
    lit = Image.fromarray(shadow).resize((size, size), Image.Resampling.BICUBIC)
    ground *= np.asarray(lit)[:, :, None]

    mask = np.zeros((size, size), bool)
    left, top, right, bottom = box
    tile = np.s_[top:bottom, left:right]
    ground[tile], mask[tile] = _draw_object(model, camera, light, ground[tile], (left, top))
    return _develop(ground, rng), mask


def _light_gradient(rng: Generator, size: int) -> Array:
    """Brightness over the picture: a slope and darker corners, about 1."""
    angle, slope = rng.uniform(0, 2 * math.pi), rng.uniform(0.0, 0.5)
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = axis[None, :], axis[:, None]
    level = 1 + slope * 0.5 * (math.cos(angle) * x + math.sin(angle) * y) - rng.uniform(0, 0.14) * (x * x + y * y)
    return np.asarray(level * rng.uniform(0.8, 1.1), np.float32)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / np.linalg.norm(vector)


def _vector(values: NDArray[np.float64]) -> Vector:
    return float(values[0]), float(values[1]), float(values[2])


def _place(model: Model, slant: float, rng: Generator, size: int) -> tuple[Camera, tuple[int, int, int, int]]:
    """Turn, size and place the object; also the tile of whole pixels that holds it (left, top, right, bottom)."""
    up = np.asarray(model.up)
    least, most = model.elevation
    elevation = math.radians(least + (most - least) * slant)
    aside = _unit(np.cross(up, [0.31, 0.95, 0.05] if abs(up[1]) < 0.8 else [1.0, 0.05, 0.3]))
    ahead = np.cross(up, aside)
    turn = rng.uniform(0, 2 * math.pi)
    towards = math.cos(elevation) * (math.cos(turn) * aside + math.sin(turn) * ahead) + math.sin(elevation) * up
    right = _unit(np.cross(up, towards))
    above = np.cross(towards, right)
    roll = rng.normal(0, 0.16)
    right, above = right * math.cos(roll) + above * math.sin(roll), above * math.cos(roll) - right * math.sin(roll)

    low, high = np.asarray(model.low), np.asarray(model.high)
    target = (low + high) / 2
    corners = np.array([[(low, high)[i][0], (low, high)[j][1], (low, high)[k][2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    corners = corners - target
    spread = AWAY / (AWAY - corners @ towards)
    across, below = corners @ right * spread, -(corners @ above) * spread
    extent = max(np.ptp(across), np.ptp(below))
    scale = size * rng.uniform(0.34, 0.86) / extent
    margin = 0.02 * size
    centre = tuple(
        float(rng.uniform(margin - scale * axis.min(), size - margin - scale * axis.max())) for axis in (across, below)
    )
    camera = Camera(_vector(target), _vector(right), _vector(-above), _vector(towards), float(scale), (centre[0], centre[1]))
    whole = BLOCK // math.gcd(BLOCK, FINE)
    spans = []
    for axis, middle in zip((across, below), centre, strict=True):
        first = max(int(middle + scale * axis.min()) - 1, 0)
        count = math.ceil((min(middle + scale * axis.max() + 2, size) - first) / whole) * whole
        spans.append((min(first, size - count), count))
    (left, width), (top, height) = spans
    return camera, (left, top, left + width, top + height)


def _light(model: Model, camera: Camera, ground: Colour, rng: Generator) -> Light:
    """A lamp or window somewhere above, never straight behind the viewer's lens."""
    up = np.asarray(model.up)
    height, turn = math.radians(rng.uniform(35, 68)), rng.uniform(0, 2 * math.pi)
    aside = np.asarray(camera.right)
    aside = _unit(aside - up * (aside @ up))
    ahead = np.cross(up, aside)
    key = math.cos(height) * (math.cos(turn) * aside + math.sin(turn) * ahead) + math.sin(height) * up
    across = _unit(np.cross(key, up))
    warmth = rng.uniform(-0.1, 0.14)
    return Light(
        key=_vector(key),
        across=_vector(across),
        over=_vector(np.cross(key, across)),
        up=model.up,
        colour=(1 + warmth, 1.0, 1 - warmth),
        share=rng.uniform(0.4, 0.68),
        hardness=rng.uniform(3, 11),
        ground=ground,
    )


def _draw_object(
    model: Model, camera: Camera, light: Light, ground: Array, corner: tuple[int, int]
) -> tuple[Array, NDArray[np.bool_]]:
    """The object over its piece of ground [h, w, 3] (linear) whose top left pixel is `corner`, and its mask [h, w]."""
    height, width, _ = ground.shape
    columns = (np.arange(width * FINE, dtype=np.float32) + 0.5) / FINE + corner[0]
    rows = (np.arange(height * FINE, dtype=np.float32) + 0.5) / FINE + corner[1]
    rays = camera.rays(columns, rows)
    canvas = np.repeat(np.repeat(ground, FINE, 0), FINE, 1)
    solid = tuple(part for part in model.parts if part.alpha == 1)
    hit = _draw_parts(solid, model, camera, light, rays, canvas)
    if len(solid) < len(model.parts):  # glass goes over what is behind it
        hit = _draw_parts(model.parts, model, camera, light, rays, canvas, only_glass=True) | hit
    shape = (height, FINE, width, FINE)
    picture = np.minimum(canvas, 1.15).reshape(*shape, 3).mean(axis=(1, 3))
    return picture, hit.reshape(shape).mean(axis=(1, 3)) >= 0.5


def _draw_parts(
    parts: tuple[Part, ...],
    model: Model,
    camera: Camera,
    light: Light,
    rays: Array,
    canvas: Array,
    *,
    only_glass: bool = False,
) -> NDArray[np.bool_]:
    """Draw parts on `canvas` [h, w, 3] where the rays meet them first; return where they do, [h, w]."""
    origin, pixel = camera.origin, 1 / (camera.scale * FINE)
    distance = union(parts)
    reach = float(np.linalg.norm(np.subtract(model.high, model.low))) / 2 + 0.05
    rise = rays[0] * light.up[0] + rays[1] * light.up[1] + rays[2] * light.up[2]
    eye = sum(at * up for at, up in zip(origin, light.up, strict=True)) + model.lift
    near = np.full(rays.shape[1:], AWAY - reach, np.float32)
    far = np.minimum(AWAY + reach + 0.2, eye / np.maximum(-rise, 0.05) + 0.02).astype(np.float32)
    depth, hit = trace(distance, origin, rays, near, far, pixel=pixel)

    view, depths = rays[:, hit], depth[hit]
    points = along(origin, view, depths)
    which = np.argmin([part.distance(*points) for part in parts], axis=0)
    pixels = canvas[hit]
    for index, part in enumerate(parts):
        mine = which == index
        if not mine.any() or (only_glass and part.alpha == 1):
            continue
        place = (points[0][mine], points[1][mine], points[2][mine])
        normal = normals(part.distance, *place, step=pixel * 0.8)
        open_sky = occlusion(distance, place, normal, light, model.lift)
        colour, through = shade(
            part.paint(*place),
            normal,
            view[:, mine],
            open_sky,
            metal=part.metal,
            gloss=part.gloss,
            alpha=part.alpha,
            light=light,
        )
        pixels[mine] = colour if part.alpha == 1 else colour + through * pixels[mine]
    canvas[hit] = pixels
    return hit


def _develop(linear: Array, rng: Generator) -> NDArray[np.uint8]:
    """What a camera makes of it: a little blur and noise, then screen values."""
    picture = np.sqrt(np.clip(linear, 0, 1))
    blur = rng.uniform(0.0, 0.22)
    if blur > 0.02:
        for axis in (0, 1):
            padded = np.pad(picture, [(1, 1) if a == axis else (0, 0) for a in range(3)], mode="edge")
            before, after = np.take(padded, range(picture.shape[axis]), axis), np.take(padded, range(2, picture.shape[axis] + 2), axis)
            picture = picture * (1 - blur) + (before + after) * (blur / 2)
    picture += rng.standard_normal(picture.shape, dtype=np.float32) * rng.uniform(0.003, 0.014)
    return np.asarray(np.clip(picture * 255 + 0.5, 0, 255), np.uint8)
