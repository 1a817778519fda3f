"""Sunglasses, standing on their open arms or lying folded: round, square, aviator and cat-eye."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from smallimg.data.challenge.colours import Colour, any_colour, body_colour, metal_colour
from smallimg.data.challenge.model import Model, Paint, Part
from smallimg.data.challenge.sdf import Array, box, capsule, extrude, length, rectangle

Outline = Callable[[Array, Array], Array]  # a distance in two dimensions


def sunglasses(rng: Generator, ground: Colour) -> Model:
    """Lenses stand in the x-z plane, facing -y; the arms go back along +y."""
    outline, half_width, half_height = _lens(rng)
    gap = rng.uniform(0.05, 0.12)
    centre = gap + half_width
    wire = rng.uniform() < 0.4
    thick = rng.uniform(0.022, 0.035) if wire else rng.uniform(0.05, 0.085)
    frame = metal_colour(rng) if wire and rng.uniform() < 0.6 else body_colour(rng, ground)
    metal = 0.9 if wire else 0.0
    width = centre + half_width + thick
    curve = rng.uniform(0.03, 0.14)
    folded = rng.uniform() < 0.3
    reach, drop = rng.uniform(1.0, 1.35), rng.uniform(0.12, 0.22)
    level = half_height * rng.uniform(0.25, 0.7)

    def bent(x: Array, y: Array) -> Array:
        """y as from the front, which curves back towards the temples."""
        return y - curve * x * x

    def lens(x: Array, y: Array, z: Array) -> Array:
        return extrude(outline(np.abs(x) - centre, z), bent(x, y), 0.012) * 0.9

    def rims(x: Array, y: Array, z: Array) -> Array:
        side = np.abs(x)
        ring = np.abs(outline(side - centre, z) - thick * 0.4) - thick * 0.6
        bridge = rectangle(x, z - level * 0.8, (gap + thick, thick * 0.7), thick * 0.5)
        hinge = rectangle(side - width + 0.01, z - level, (0.05, thick), 0.02)
        return extrude(np.minimum(np.minimum(ring, bridge), hinge), bent(x, y), thick * 0.7, thick * 0.35) * 0.9

    back = curve * width * width

    def arms(x: Array, y: Array, z: Array) -> Array:
        side = np.abs(x)
        slim = thick * 0.55
        if folded:
            rod = capsule(x, y, z, (-width, back + 0.03, level), (width * 0.75, back + 0.09, level - 0.03), slim)
            other = capsule(x, y, z, (width, back + 0.03, level), (-width * 0.75, back + 0.18, level - 0.07), slim)
            return np.minimum(rod, other)
        straight = box(
            side - width, y - back - reach * 0.4, z - level, (slim * 0.8, reach * 0.4, slim * 1.3), slim * 0.5
        )
        ear = capsule(
            side, y, z, (width, back + reach * 0.8, level), (width - 0.05, back + reach, level - drop), slim * 1.1
        )
        return np.minimum(straight, ear)

    parts = (
        Part(lens, *_tint(rng, half_height)),
        Part(rims, frame, metal=metal, gloss=rng.uniform(0.5, 0.95)),
        Part(arms, frame if rng.uniform() < 0.8 else body_colour(rng, ground), metal=metal, gloss=0.6),
    )
    edge = half_height + thick
    if folded:  # flat on its arms, lenses up
        low, high = (-width - 0.05, -0.06, -edge), (width + 0.05, back + 0.22, edge)
        return Model(parts, low, high, up=(0.0, -1.0, 0.0), lift=back + 0.2, elevation=(45, 88))
    low, high = (-width - 0.05, -0.06, -edge), (width + 0.05, back + reach + 0.05, edge)
    # On the lower rim and the ends of the arms: the ground tilts by what the arms end higher.
    rise = (edge + level - drop - thick * 0.5) / (back + reach)
    scale = 1 / float(np.hypot(1, rise))
    turns = (25.0, 155.0) if rng.uniform() < 0.75 else (215.0, 325.0)  # mostly from the front
    up = (0.0, -rise * scale, scale)
    return Model(parts, low, high, up=up, lift=edge * scale, elevation=(32, 70), turns=turns, roll=25.0)


def _lens(rng: Generator) -> tuple[Outline, float, float]:
    """Outline of the right lens around its centre, with its half width and half height."""
    kind = int(rng.integers(4))
    if kind == 0:
        radius = rng.uniform(0.34, 0.42)
        return (lambda x, y: length(x, y) - radius), radius, radius
    if kind == 1:
        half = (rng.uniform(0.38, 0.44), rng.uniform(0.26, 0.34))
        corner = rng.uniform(0.08, 0.2)
        return (lambda x, y: rectangle(x, y, half, corner)), half[0], half[1]
    if kind == 2:  # a drop that hangs outwards

        def aviator(x: Array, y: Array) -> Array:
            lean = x - 0.06 * (y - 0.1)
            return (rectangle(lean * (1 + 0.22 * np.clip(-y, 0, 0.5)), y + 0.02, (0.4, 0.34), 0.27)) * 0.85

        return aviator, 0.42, 0.36

    def cat_eye(x: Array, y: Array) -> Array:
        lift = y - 0.18 * np.clip(x + 0.1, -0.5, 0.6)
        return rectangle(x, lift, (0.42, 0.26), 0.2) * 0.9

    return cat_eye, 0.43, 0.36


def _tint(rng: Generator, half_height: float) -> tuple[Paint, float, float, float]:
    """Colour, metal, gloss and alpha of the glass: dark, graded, coloured or mirrored."""
    kind = rng.uniform()
    mirrored = kind > 0.7
    dark: Colour = (0.015, 0.015, 0.018) if kind < 0.45 else any_colour(rng)
    top = np.asarray(dark, np.float32) * (1.0 if mirrored else 0.45)
    low = np.asarray(any_colour(rng), np.float32) if mirrored else top * rng.uniform(1.0, 3.0) + 0.01

    def paint(_x: Array, _y: Array, z: Array) -> Array:
        share = np.clip(0.5 - 0.5 * z / half_height, 0, 1)[:, None]
        return top + (low - top) * share

    return paint, (0.7 if mirrored else 0.0), 1.0, (0.97 if mirrored else rng.uniform(0.72, 0.95))
