"""Light bulbs, lying: classic, globe and candle in clear, tinted or opal glass; LED; spiral."""

import math

import numpy as np
from numpy.random import Generator

from smallimg.data.challenge.colours import BLACK, WHITE, Colour, any_colour, body_colour, metal_colour
from smallimg.data.challenge.model import Distance, Model, Part
from smallimg.data.challenge.sdf import Array, capsule, cone, cylinder, join, length, sphere, torus


def light_bulb(rng: Generator, ground: Colour) -> Model:
    kind = int(rng.integers(6))
    radius = rng.uniform(0.55, 0.66)
    if kind == 5:
        return _resting(_spiral(rng, ground), 0.5, rng)
    if kind == 4:
        return _resting(_led(rng, ground, radius), radius, rng)
    if kind == 3:
        radius = rng.uniform(0.36, 0.42)
        glass = _candle(radius)
    else:
        glass = _pear(radius, rng.uniform(0.24, 0.3))
    return _resting((*_glass(rng, ground, glass, radius), *_base(rng)), radius, rng)


def _resting(parts: tuple[Part, ...], radius: float, rng: Generator) -> Model:
    """Lying on its side: glass (around the origin) and the base (down at z = -1.3) both touch the ground."""
    dip = math.asin((radius - 0.25) / 1.25)
    turns = (25.0, 155.0) if rng.uniform() < 0.5 else (205.0, 335.0)  # from the side, not onto the end
    return Model(
        parts,
        (-radius, -radius, -1.42),
        (radius, radius, 0.72),
        up=(0.0, math.cos(dip), math.sin(dip)),
        lift=radius,
        elevation=(35, 85),
        turns=turns,
    )


def _base(rng: Generator) -> tuple[Part, ...]:
    """A screw base: thread, black insulator and contact."""
    metal = metal_colour(rng)

    def thread(x: Array, y: Array, z: Array) -> Array:
        wave = np.sin(z * 50 + np.arctan2(y, x)) * 0.022
        rough: Array = (cylinder(x, y, z + 1.02, 0.235, 0.22, 0.03) - wave) * 0.7
        return rough

    return (
        Part(thread, metal, metal=0.95, gloss=0.7),
        Part(lambda x, y, z: cone(x, y, z + 1.29, 0.1, 0.22, 0.07), BLACK, gloss=0.6),
        Part(lambda x, y, z: sphere(x, y, z + 1.34, 0.085), metal, metal=0.95, gloss=0.6),
    )


def _pear(radius: float, neck: float) -> Distance:
    def pear(x: Array, y: Array, z: Array) -> Array:
        stem = cone(x, y, z + 0.5, neck, radius * 0.66, 0.34, 0.02)
        return join(sphere(x, y, z, radius), stem, 0.35)

    return pear


def _candle(radius: float) -> Distance:
    def candle(x: Array, y: Array, z: Array) -> Array:
        lean = np.clip(z + 0.25, 0, 1.0)
        flame = length(x, y, np.minimum(z + 0.25, 0) * 0.75) - radius * (1 - lean * lean * 1.15)
        tip = z - 0.68
        return np.maximum(join(flame * 0.7, cone(x, y, z + 0.6, 0.22, radius * 0.8, 0.28, 0.02), 0.1), tip)

    return candle


def _glass(rng: Generator, ground: Colour, shape: Distance, radius: float) -> tuple[Part, ...]:
    if rng.uniform() < 0.45:  # opal
        colour = WHITE if rng.uniform() < 0.4 else body_colour(rng, ground)
        return (Part(shape, colour, gloss=rng.uniform(0.5, 0.95)),)
    tint = (0.9, 0.93, 0.93) if rng.uniform() < 0.6 else any_colour(rng)
    pale: Colour = (0.3 + 0.7 * tint[0], 0.3 + 0.7 * tint[1], 0.3 + 0.7 * tint[2])
    glow: Colour = (1.6, 1.0, 0.35) if rng.uniform() < 0.5 else (0.3, 0.18, 0.1)
    top, spread, count = radius * 0.35, radius * rng.uniform(0.3, 0.5), int(rng.integers(2, 5))

    def filament(x: Array, y: Array, z: Array) -> Array:
        wire = np.full_like(x, 9.0)
        for step in range(count):
            left, right = spread * (2 * step / count - 1), spread * (2 * (step + 1) / count - 1)
            middle = (left + right) / 2
            wire = np.minimum(wire, capsule(x, y, z, (left, 0, -0.15), (middle, 0, top), 0.022))
            wire = np.minimum(wire, capsule(x, y, z, (middle, 0, top), (right, 0, -0.15), 0.022))
        return wire

    def stem(x: Array, y: Array, z: Array) -> Array:
        post = capsule(x, y, z, (0, 0, -0.85), (0, 0, -0.45), 0.06)
        side = np.abs(x)
        return np.minimum(post, capsule(side, y, z, (0.03, 0, -0.5), (spread, 0, -0.15), 0.016))

    return (
        Part(shape, pale, gloss=1.0, alpha=rng.uniform(0.1, 0.28)),
        Part(filament, glow, gloss=0.2),
        Part(stem, (0.4, 0.4, 0.4), metal=0.6, gloss=0.6),
    )


def _led(rng: Generator, ground: Colour, radius: float) -> tuple[Part, ...]:
    """An opal dome on a plastic body with cooling ribs."""
    body = body_colour(rng, ground)
    dome_colour = WHITE if rng.uniform() < 0.7 else body_colour(rng, ground)
    ribs = int(rng.integers(0, 2)) * 22

    def dome(x: Array, y: Array, z: Array) -> Array:
        return np.maximum(sphere(x, y, z, radius), -z - radius * 0.35)

    def collar(x: Array, y: Array, z: Array) -> Array:
        shape = cone(x, y, z + 0.5, 0.25, radius * 0.93, 0.32, 0.02)
        if ribs:
            shape = (shape + 0.015 * (1 + np.cos(np.arctan2(y, x) * ribs))) * 0.6
        return shape

    return (Part(dome, dome_colour, gloss=0.5), Part(collar, body, gloss=0.5), *_base(rng))


def _spiral(rng: Generator, ground: Colour) -> tuple[Part, ...]:
    """A compact fluorescent lamp: a tube wound around the axis on a plastic foot."""
    foot = body_colour(rng, ground)
    tube = WHITE if rng.uniform() < 0.6 else body_colour(rng, ground)
    pitch, start = rng.uniform(0.24, 0.3), rng.uniform(0, 2 * math.pi)

    def coil(x: Array, y: Array, z: Array) -> Array:
        turns = (np.arctan2(y, x) + start) * (1 / (2 * math.pi))
        level = np.clip(np.round(z / pitch - turns), math.ceil(-0.4 / pitch), math.floor(0.55 / pitch))
        return (length(length(x, y) - 0.38, z - (level + turns) * pitch) - 0.1) * 0.85

    def holder(x: Array, y: Array, z: Array) -> Array:
        return np.minimum(cylinder(x, y, z + 0.56, 0.46, 0.14, 0.05), cone(x, y, z + 0.76, 0.26, 0.42, 0.1, 0.02))

    return (
        Part(coil, tube, gloss=0.6),
        Part(holder, foot, gloss=0.5),
        Part(lambda x, y, z: torus(x, y, z + 0.56, 0.45, 0.02), _darker(foot), gloss=0.5),
        *_base(rng),
    )


def _darker(colour: Colour) -> Colour:
    """A darker shade for a groove."""
    return colour[0] * 0.5, colour[1] * 0.5, colour[2] * 0.5
