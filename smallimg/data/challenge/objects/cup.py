"""Cups: mugs, tea cups with or without a saucer, and paper cups."""

import math

import numpy as np
from numpy.random import Generator

from smallimg.data.challenge.colours import WHITE, Colour, accent_colour, body_colour, hsv
from smallimg.data.challenge.model import Distance, Model, Paint, Part
from smallimg.data.challenge.paint import over, plain
from smallimg.data.challenge.sdf import Array, cone, cylinder, length, rectangle, torus

COFFEE, WHITE_COFFEE, TEA, MILK = (0.03, 0.012, 0.006), (0.34, 0.18, 0.09), (0.36, 0.11, 0.02), (0.95, 0.92, 0.85)


def cup(rng: Generator, ground: Colour) -> Model:
    kind = rng.uniform()
    if kind < 0.2:
        return _paper_cup(rng, ground)
    if kind < 0.65:  # a mug, near a cylinder
        bottom, half = rng.uniform(0.58, 0.75), rng.uniform(0.65, 0.9)
        return _mug(rng, ground, bottom=bottom, top=bottom + rng.uniform(0.0, 0.12), half=half)
    bottom, half, top = rng.uniform(0.38, 0.5), rng.uniform(0.48, 0.62), rng.uniform(0.78, 0.9)
    return _mug(rng, ground, bottom=bottom, top=top, half=half)


def _mug(rng: Generator, ground: Colour, *, bottom: float, top: float, half: float) -> Model:
    outer = body_colour(rng, ground)
    inner = outer if rng.uniform() < 0.3 else (WHITE if rng.uniform() < 0.6 else accent_colour(rng, outer))
    wall, bulge = rng.uniform(0.05, 0.08), rng.uniform(0.0, 0.14)
    side = _side(bottom, top, half, bulge)
    parts = [
        Part(
            _vessel(side, half, wall),
            _lined(_glaze(rng, outer, half), inner, side, wall),
            gloss=rng.uniform(0.45, 0.95),
        ),
        Part(_drink(side, half, wall, half * rng.uniform(0.45, 0.8)), _drink_colour(rng), gloss=0.85),
    ]
    size, thick, wide = min(half * rng.uniform(0.5, 0.62), 0.42), rng.uniform(0.055, 0.085), rng.uniform(1.0, 1.6)
    middle = (bottom + top) / 2 + bulge + size * 0.12

    def handle(x: Array, y: Array, z: Array) -> Array:
        ring = torus(x - middle, z - 0.05, y * (1 / wide), size, thick) * 0.8
        return np.maximum(ring, -side(x, y, z) - wall * 0.5)

    parts.append(Part(handle, outer if rng.uniform() < 0.7 else inner, gloss=0.8))
    reach, lift = top + bulge, half
    low, high = (-reach, -reach), (middle + size + thick, reach)
    if top - bottom > 0.25 and rng.uniform() < 0.55:  # a tea cup on its saucer
        plate, lift = top * rng.uniform(1.2, 1.4), half + 0.12
        parts.append(Part(_saucer(plate, half), outer if rng.uniform() < 0.6 else inner, gloss=0.85))
        low, high = (-plate, -plate), (max(plate, high[0]), plate)
    return Model(tuple(parts), (*low, -lift), (*high, half), lift=lift, elevation=(32, 66))


def _side(bottom: float, top: float, half: float, bulge: float) -> Distance:
    """About the distance to the outer wall, a cone that bulges in the middle."""
    slope = (top - bottom) / (2 * half)

    def side(x: Array, y: Array, z: Array) -> Array:
        grown = bulge * np.maximum(1 - (z * (1 / half)) ** 2, -0.3)
        return length(x, y) - (bottom + top) / 2 - slope * z - grown

    return side


def _vessel(side: Distance, half: float, wall: float) -> Distance:
    """A pot with that outer wall, open at the top."""

    def vessel(x: Array, y: Array, z: Array) -> Array:
        out = side(x, y, z)
        hollow = np.minimum(-out - wall, z + half - wall)
        return np.maximum(np.maximum(out, np.abs(z) - half), hollow) * 0.85 - 0.012

    return vessel


def _drink(side: Distance, half: float, wall: float, level: float) -> Distance:
    """What fills the pot up to `level`."""
    return lambda x, y, z: np.maximum(np.maximum(side(x, y, z) + wall * 0.7, z - level), -half + wall - z) * 0.85


def _saucer(plate: float, half: float) -> Distance:
    def saucer(x: Array, y: Array, z: Array) -> Array:
        out = length(x, y)
        curve = z + half + 0.08 - 0.13 * (out * (1 / plate)) ** 3
        return np.maximum((np.abs(curve) - 0.03) * 0.85, out - plate) - 0.01

    return saucer


def _drink_colour(rng: Generator) -> Colour:
    return (COFFEE, WHITE_COFFEE, TEA, MILK, hsv(rng.uniform(), 0.7, 0.7))[int(rng.integers(5))]


def _glaze(rng: Generator, outer: Colour, half: float) -> Paint:
    """The outside of a mug: plain, banded, striped, dotted or with a picture."""
    second = accent_colour(rng, outer)
    kind, count = int(rng.integers(6)), int(rng.integers(8, 16))
    first, last = sorted(float(edge) for edge in rng.uniform(-0.8, 0.8, 2) * half)

    def pattern(around: Array, z: Array) -> Array:
        if kind == 0:
            return np.maximum(first - z, z - last)
        if kind == 1:
            stripes: Array = 0.1 * np.sin(around * count)
            return stripes
        if kind == 2:
            cell = 4.5 / count
            row = np.floor(z * (1 / cell))
            across = (around * (count / (2 * math.pi)) + 0.5 * row) % 1.0 - 0.5
            return (length(across, z * (1 / cell) - row - 0.5) - 0.28) * cell
        off = np.abs(np.abs(around) - math.pi / 2)
        return np.minimum(rectangle(off, z, (0.3, 0.3 * half), 0.1), np.abs(np.abs(z) - 0.85 * half) - 0.03)

    def paint(x: Array, y: Array, z: Array) -> Array:
        colour = plain(outer, x)
        return over(colour, second, pattern(np.arctan2(y, x), z)) if kind < 4 else colour

    return paint


def _lined(outside: Paint, inner: Colour, side: Distance, wall: float) -> Paint:
    """A pot painted outside, of one colour inside."""
    return lambda x, y, z: over(outside(x, y, z), inner, side(x, y, z) + wall * 0.4)


def _paper_cup(rng: Generator, ground: Colour) -> Model:
    bottom, top, half = rng.uniform(0.42, 0.5), rng.uniform(0.6, 0.7), 0.95
    base = body_colour(rng, ground)
    print_colour, kind = accent_colour(rng, base), int(rng.integers(3))
    side = _side(bottom, top, half, 0.0)

    def paint(x: Array, y: Array, z: Array) -> Array:
        around = np.arctan2(y, x)
        if kind == 0:
            distance = np.abs(z) - 0.45
        elif kind == 1:
            distance = length(np.abs(around) - math.pi / 2, z) - 0.3
        else:
            distance = np.sin(around * 12) * 0.1
        return over(plain(base, x), print_colour, distance)

    def lid(x: Array, y: Array, z: Array) -> Array:
        skirt = cone(x, y, z - half, top + 0.035, top + 0.01, 0.06, 0.02)
        raised = cone(x, y, z - half - 0.1, top - 0.04, top - 0.1, 0.08, 0.03)
        return np.maximum(np.minimum(skirt, raised), -cylinder(x, y, z - half - 0.2, top - 0.16, 0.06))

    parts: tuple[Part, ...]
    if rng.uniform() < 0.7:
        colour = WHITE if rng.uniform() < 0.5 else accent_colour(rng, base)
        parts = (
            Part(lambda x, y, z: cone(x, y, z, bottom, top, half, 0.02), paint, gloss=0.3),
            Part(lid, colour, gloss=0.55),
        )
    else:
        parts = (
            Part(_vessel(side, half, 0.04), _lined(paint, WHITE, side, 0.04), gloss=0.3),
            Part(lambda x, y, z: torus(x, y, z - half, top, 0.035), WHITE, gloss=0.4),
            Part(_drink(side, half, 0.04, half * 0.7), _drink_colour(rng), gloss=0.85),
        )
    reach = top + 0.04
    return Model(parts, (-reach, -reach, -half), (reach, reach, half + 0.18), lift=half, elevation=(32, 62))
