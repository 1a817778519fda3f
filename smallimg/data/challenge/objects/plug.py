"""Electric plugs with a piece of cable: European, round, American and British pins."""

import math

import numpy as np
from numpy.random import Generator

from smallimg.data.challenge.colours import BLACK, GOLD, STEEL, Colour, accent_colour, body_colour
from smallimg.data.challenge.model import Distance, Model, Part
from smallimg.data.challenge.sdf import Array, arc, box, capsule, cone, convex, cylinder, extrude, length, rectangle


def plug(rng: Generator, ground: Colour) -> Model:
    """The pins point along +y, the cable leaves along -y; it lies flat, z up."""
    body = body_colour(rng, ground)
    design = (_flat, _round, _blades, _british)[int(rng.integers(4))]
    parts, half_width, depth = design(rng, body)
    cord = body if rng.uniform() < 0.6 else accent_colour(rng, body)
    thick = rng.uniform(0.055, 0.075)
    cable, low, high = _cable(rng, thick)
    sleeve = Part(
        lambda x, y, z: (cone(x, z, -y - 0.5, 0.16, 0.09, 0.18, 0.02) - 0.012 * np.sin(y * 55)) * 0.85, cord, gloss=0.3
    )
    parts = (*parts, sleeve, Part(cable, cord, gloss=rng.uniform(0.2, 0.6)))
    return Model(
        parts,
        (min(low, -half_width), -1.25, -depth),
        (max(high, half_width), 0.95, depth),
        lift=depth,
        elevation=(40, 85),
    )


def _cable(rng: Generator, thick: float) -> tuple[Distance, float, float]:
    """A bend to one side and back; the distance, and how far it goes in x."""
    side = 1.0 if rng.uniform() < 0.5 else -1.0
    radius, bend = rng.uniform(0.3, 0.5), rng.uniform(0.5, 1.1)

    # First arc: leaves (0, -0.62) downwards around (side * radius, -0.62); second arc goes on, bent the other way.
    end_x = radius * (1 - math.cos(bend))
    end_y = -0.62 - radius * math.sin(bend)
    second = min(0.6, (end_y + 1.2) / max(math.cos(bend), 0.3)) if end_y > -1.15 else 0.0
    tail = (end_x + second * math.sin(bend), end_y - second * math.cos(bend))

    def cable(x: Array, y: Array, z: Array) -> Array:
        across = x * side
        # `arc` is symmetric about +y: turn the arc's middle there.
        middle = math.pi + bend / 2
        px, py = across - radius, y + 0.62
        qx, qy = (
            px * math.sin(middle) * -1 + py * math.cos(middle),
            px * math.cos(middle) + py * math.sin(middle),
        )
        curve = arc(qx, qy, z, radius, bend / 2, thick)
        line = capsule(across, y, z, (end_x, end_y, 0.0), (tail[0], tail[1], 0.0), thick)
        return np.minimum(curve, line)

    reach = max(tail[0], end_x) + thick
    return cable, (-thick if side > 0 else -reach), (reach if side > 0 else thick)


def _pin(x: float, length_: float, radius: float, z: float = 0.0) -> Distance:
    return lambda px, py, pz: capsule(px, py, pz, (x, 0.2, z), (x, 0.3 + length_, z), radius)


def _pins(rng: Generator, spacing: float, reach: float, radius: float) -> tuple[Part, ...]:
    """Two round pins, with plastic sleeves now and then."""
    metal = STEEL if rng.uniform() < 0.6 else GOLD
    pin = _pin(spacing, reach, radius)
    parts: tuple[Part, ...] = (Part(lambda x, y, z: pin(np.abs(x), y, z), metal, metal=0.95, gloss=0.8),)
    if rng.uniform() < 0.4:
        sleeve = _pin(spacing, reach * 0.4, radius * 1.12)
        parts = (*parts, Part(lambda x, y, z: sleeve(np.abs(x), y, z), BLACK, gloss=0.4))
    return parts


def _flat(rng: Generator, body: Colour) -> tuple[tuple[Part, ...], float, float]:
    """The flat European plug: a six-sided slab that narrows towards the cable."""
    wide, narrow, depth = rng.uniform(0.42, 0.5), rng.uniform(0.16, 0.24), rng.uniform(0.17, 0.22)
    outline = [(-narrow, -0.42), (narrow, -0.42), (wide, 0.0), (wide, 0.38), (-wide, 0.38), (-wide, 0.0)]

    def slab(x: Array, y: Array, z: Array) -> Array:
        return extrude(convex(x, y, outline), z, depth, 0.07)

    def grip(x: Array, y: Array, z: Array) -> Array:
        return box(x, (y + 0.1) % 0.12 - 0.06, np.abs(z) - depth, (wide * 0.5, 0.025, 0.015), 0.01) + np.maximum(
            np.abs(y + 0.03) - 0.18, 0
        )

    dark = (body[0] * 0.6, body[1] * 0.6, body[2] * 0.6)
    parts = (Part(slab, body, gloss=rng.uniform(0.3, 0.7)), Part(grip, dark, gloss=0.3))
    return (*parts, *_pins(rng, wide * 0.55, rng.uniform(0.48, 0.6), 0.058)), wide, depth


def _round(rng: Generator, body: Colour) -> tuple[tuple[Part, ...], float, float]:
    """The round German plug: a thick disc face, a tapering body, earth clips at the sides."""
    radius = rng.uniform(0.44, 0.5)

    def barrel(x: Array, y: Array, z: Array) -> Array:
        face = cylinder(x, z, y - 0.26, radius, 0.12, 0.04)
        back = cone(x, z, y + 0.12, 0.18, radius * 0.86, 0.3, 0.04)
        notch = rectangle(np.abs(x) - radius, z, (0.05, 0.12)) if clips else np.full_like(x, 1.0)
        return np.maximum(np.minimum(face, back), -notch)

    clips = rng.uniform() < 0.7
    parts: tuple[Part, ...] = (Part(barrel, body, gloss=rng.uniform(0.3, 0.7)),)
    if clips:
        strip = Part(
            lambda x, y, z: box(np.abs(x) - radius + 0.045, y - 0.26, z, (0.02, 0.11, 0.07), 0.01),
            STEEL,
            metal=0.9,
            gloss=0.7,
        )
        parts = (*parts, strip)
    return (*parts, *_pins(rng, 0.2, rng.uniform(0.5, 0.6), 0.068)), radius, radius


def _blades(rng: Generator, body: Colour) -> tuple[tuple[Part, ...], float, float]:
    """The American plug: two flat blades, and a round earth pin now and then."""
    wide, depth = rng.uniform(0.36, 0.46), rng.uniform(0.22, 0.28)
    metal = STEEL if rng.uniform() < 0.5 else GOLD
    earth = rng.uniform() < 0.5

    def block(x: Array, y: Array, z: Array) -> Array:
        slope = np.maximum(-y, 0) * 0.55
        return extrude(rectangle(x, y + 0.03, (wide, 0.4), 0.12) + slope * 0.5, z, depth, 0.08) * 0.88

    def blades(x: Array, y: Array, z: Array) -> Array:
        side = np.abs(x) - wide * 0.5
        blade = box(side, y - 0.55, z - (0.06 if earth else 0.0), (0.028, 0.36, 0.11), 0.015)
        return np.maximum(blade, 0.035 - length(y - 0.8, z - (0.06 if earth else 0.0)))

    parts: tuple[Part, ...] = (
        Part(block, body, gloss=rng.uniform(0.3, 0.7)),
        Part(blades, metal, metal=0.95, gloss=0.75),
    )
    if earth:
        parts = (*parts, Part(_pin(0.0, 0.6, 0.065, z=-0.12), metal, metal=0.95, gloss=0.75))
    return parts, wide, depth


def _british(rng: Generator, body: Colour) -> tuple[tuple[Part, ...], float, float]:
    """The British plug: a broad block with three rectangular pins."""
    wide, depth = rng.uniform(0.5, 0.58), rng.uniform(0.24, 0.3)
    metal = STEEL if rng.uniform() < 0.5 else GOLD

    def block(x: Array, y: Array, z: Array) -> Array:
        outline = convex(
            x,
            y,
            [(-wide * 0.55, -0.42), (wide * 0.55, -0.42), (wide, -0.05), (wide, 0.32), (-wide, 0.32), (-wide, -0.05)],
        )
        return extrude(outline, z, depth, 0.1)

    def pins(x: Array, y: Array, z: Array) -> Array:
        sides = box(np.abs(x) - wide * 0.56, y - 0.5, z + 0.08, (0.09, 0.32, 0.055), 0.02)
        return np.minimum(sides, box(x, y - 0.56, z - 0.1, (0.06, 0.36, 0.085), 0.02))

    def screw(x: Array, y: Array, z: Array) -> Array:
        return np.maximum(cylinder(x, y - 0.05, z - depth, 0.08, 0.012), 0.015 - np.abs(x))

    parts = (
        Part(block, body, gloss=rng.uniform(0.3, 0.7)),
        Part(pins, metal, metal=0.95, gloss=0.75),
        Part(screw, metal, metal=0.9, gloss=0.6),
    )
    return parts, wide, depth
