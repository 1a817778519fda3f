"""One picture: a ground, an object on it, light, shadow, and what a camera makes of it."""

import math

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from smallimg.data.challenge.camera import aim, level_axes, unit, vector
from smallimg.data.challenge.colours import Colour
from smallimg.data.challenge.model import Model
from smallimg.data.challenge.objects import OBJECTS
from smallimg.data.challenge.render import Shot, draw_object
from smallimg.data.challenge.sdf import Array
from smallimg.data.challenge.shade import Light, ground_shadow
from smallimg.data.challenge.textures import draw_ground
from smallimg.data.challenge.trace import union

SHADOW_STEP = 3  # pixels between the points where the ground's shadow is found


def draw_picture(
    class_name: str, background: str, rng: Generator, *, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Draw an object of a class on a background of a family.

    Returns:
        RGB uint8 [size, size, 3], and the object's mask [size, size], without its shadow.
    """
    slant = rng.uniform()
    ground = draw_ground(background, rng, size=size, flatten=0.72 + 0.28 * slant)
    ground = ground * ground * _light_gradient(rng, size)[:, :, None]
    mean = ground.mean(axis=(0, 1))
    ground_colour: Colour = (float(mean[0]), float(mean[1]), float(mean[2]))
    model = OBJECTS[class_name](rng, ground_colour)
    camera, box = aim(model, rng, slant=slant, size=size)
    shot = Shot(model, camera, _light(model, ground_colour, rng))
    ground *= _shadow(shot, size)[:, :, None]
    mask = draw_object(shot, ground, box)
    return _develop(ground, rng), mask


def draw_empty(background: str, rng: Generator, *, size: int) -> NDArray[np.uint8]:
    """The ground alone, as such a picture shows it; RGB uint8 [size, size, 3]."""
    ground = draw_ground(background, rng, size=size, flatten=0.72 + 0.28 * rng.uniform())
    return _develop(ground * ground * _light_gradient(rng, size)[:, :, None], rng)


def _light_gradient(rng: Generator, size: int) -> Array:
    """Brightness over the picture, [size, size] about 1: a slope, and darker corners."""
    angle, slope, corners = rng.uniform(0, 2 * math.pi), rng.uniform(0.0, 0.25), rng.uniform(0, 0.14)
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = axis[None, :], axis[:, None]
    level = 1 + slope * (math.cos(angle) * x + math.sin(angle) * y) - corners * (x * x + y * y)
    return level * rng.uniform(0.8, 1.1)


def _light(model: Model, ground: Colour, rng: Generator) -> Light:
    """A lamp or a window somewhere above."""
    up = np.asarray(model.up)
    height, turn = math.radians(rng.uniform(35, 68)), rng.uniform(0, 2 * math.pi)
    aside, ahead = level_axes(up)
    key = math.cos(height) * (math.cos(turn) * aside + math.sin(turn) * ahead) + math.sin(height) * up
    across = unit(np.cross(key, up))
    warmth = rng.uniform(-0.1, 0.14)
    return Light(
        key=vector(key),
        across=vector(across),
        over=vector(np.cross(key, across)),
        up=model.up,
        colour=(1 + warmth, 1.0, 1 - warmth),
        share=rng.uniform(0.4, 0.68),
        hardness=rng.uniform(3, 11),
        ground=ground,
    )


def _shadow(shot: Shot, size: int) -> Array:
    """The light left on the ground, [size, size], 1 where the object takes none."""
    count = math.ceil(size / SHADOW_STEP)
    line = (np.arange(count, dtype=np.float32) + 0.5) * SHADOW_STEP
    rays = shot.camera.rays(np.tile(line, count), np.repeat(line, count))
    model = shot.model
    shadow = ground_shadow(union(model.parts), shot.camera.origin, rays, shot.light, model.lift).reshape(count, count)
    if min(part.alpha for part in model.parts) < 0.5:  # clear glass lets light through
        shadow = 0.5 + 0.5 * shadow
    fine = Image.fromarray(shadow).resize((count * SHADOW_STEP,) * 2, Image.Resampling.BICUBIC)
    return np.asarray(fine)[:size, :size]


def _develop(linear: Array, rng: Generator) -> NDArray[np.uint8]:
    """Screen values of linear RGB, with a camera's slight blur and noise."""
    picture = np.sqrt(np.clip(linear, 0, 1))
    blur = rng.uniform(0.0, 0.2)
    for axis in (0, 1):
        inner, before, after = (
            tuple(part if a == axis else slice(None) for a in (0, 1))
            for part in (slice(1, -1), slice(None, -2), slice(2, None))
        )
        soft = picture[inner] * (1 - blur)
        soft += (picture[before] + picture[after]) * (blur / 2)
        picture[inner] = soft
    picture += rng.standard_normal(picture.shape, dtype=np.float32) * rng.uniform(0.003, 0.014)
    return np.asarray(np.clip(picture * 255 + 0.5, 0, 255), np.uint8)
