"""Scissors, lying open or closed: office, all metal, children's and nail scissors."""

import math

import numpy as np
from numpy.random import Generator

from smallimg.data.challenge.colours import STEEL, Colour, body_colour, metal_colour
from smallimg.data.challenge.model import Distance, Model, Part
from smallimg.data.challenge.sdf import Array, capsule, convex, cylinder, extrude, rectangle, turn

THICK = 0.035


def scissors(rng: Generator, ground: Colour) -> Model:
    """The pivot is the origin; blades point along +y, each half turned by the opening; z up."""
    opening = rng.uniform(0.05, 0.42)
    blade, width = rng.uniform(0.85, 1.15), rng.uniform(0.1, 0.15)
    shank = rng.uniform(0.3, 0.5)
    loop = (rng.uniform(0.17, 0.22), rng.uniform(0.22, 0.34))
    kind = int(rng.integers(3))  # 0 and 1: plastic grips, 2: all metal
    steel = STEEL if rng.uniform() < 0.75 else metal_colour(rng)
    grip = body_colour(rng, ground)
    if kind == 1:
        loop = (loop[0] * 1.1, loop[1] * 1.15)
    round_tip = rng.uniform() < 0.25
    bold = 0.085 if kind < 2 else 0.045
    offset = loop[0] + rng.uniform(0.0, 0.06)
    uneven = rng.uniform(1.0, 1.35) if kind < 2 else 1.0

    def half(side: float, level: float) -> tuple[Distance, Distance]:
        stretch = uneven if side > 0 else 1.0
        centre = -shank - loop[1] * stretch

        def own(x: Array, y: Array) -> tuple[Array, Array]:
            px, py = turn(x, y, -side * opening)
            return px * side, py

        def metal(x: Array, y: Array, z: Array) -> Array:
            px, py = own(x, y)
            tip = 0.035 if round_tip else 0.0
            knife = convex(
                px,
                py,
                [
                    (-0.02, -0.18),
                    (width, -0.1),
                    (width, 0.1),
                    (tip + 0.01, blade),
                    (-tip * 0.4 - 0.005, blade),
                    (-0.02, 0.1),
                ],
            )
            arm = capsule(px, py, z * 0, (0.05, 0.0, 0.0), (-offset * 0.55, -shank - 0.06, 0.0), 0.06)
            return extrude(np.minimum(knife, arm), z - level, THICK, 0.012) * 0.95

        def handle(x: Array, y: Array, z: Array) -> Array:
            px, py = own(x, y)
            ring = (
                np.abs(rectangle(px + offset, py - centre, (loop[0], loop[1] * stretch), loop[0] * 0.98)) - bold * 0.5
            )
            neck = capsule(
                px,
                py,
                z * 0,
                (-0.02, -shank * 0.55, 0.0),
                (-offset * 0.75, -shank - 0.1, 0.0),
                0.075 if kind < 2 else 0.05,
            )
            return extrude(np.minimum(ring, neck), z - level, 0.075 if kind < 2 else 0.045, 0.04)

        return metal, handle

    gloss = rng.uniform(0.3, 0.8)
    parts: list[Part] = []
    for side, level in ((1.0, 0.04), (-1.0, -0.04)):
        metal, handle = half(side, level)
        parts.append(Part(metal, steel, metal=0.95, gloss=0.8))
        bare = kind == 2
        parts.append(Part(handle, steel if bare else grip, metal=0.95 if bare else 0.0, gloss=0.8 if bare else gloss))
    parts.append(Part(lambda x, y, z: cylinder(x, y, z - 0.08, 0.06, 0.03, 0.015), steel, metal=0.9, gloss=0.6))
    tail = math.hypot(offset + loop[0], shank + 2 * loop[1] * uneven)
    spread = math.sin(opening)
    width_low = max(tail * spread + (offset + loop[0] + 0.05) * math.cos(opening), blade * spread + 0.1) + 0.04
    bottom = -(shank + 2 * loop[1] * uneven + 0.05)
    return Model(
        tuple(parts),
        (-width_low, bottom, -0.12),
        (width_low, blade * math.cos(opening) + 0.06, 0.12),
        lift=0.1,
        elevation=(50, 88),
    )
