"""Cans: drink cans and food tins, standing or on their side."""

import math

import numpy as np
from numpy.random import Generator

from smallimg.data.challenge.colours import BLACK, STEEL, WHITE, Colour, accent_colour, body_colour
from smallimg.data.challenge.model import Model, Paint, Part
from smallimg.data.challenge.paint import over, plain
from smallimg.data.challenge.sdf import Array, cone, cylinder, length, rectangle, torus


def can(rng: Generator, ground: Colour) -> Model:
    parts, radius, half = _drink(rng, ground) if rng.uniform() < 0.65 else _tin(rng, ground)
    low, high = (-radius, -radius, -half), (radius, radius, half)
    if rng.uniform() < 0.3:  # on its side
        angle = rng.uniform(0, 2 * math.pi)
        turns = (25.0, 155.0) if rng.uniform() < 0.5 else (205.0, 335.0)  # from the side, not onto the bottom
        up = (math.cos(angle), math.sin(angle), 0.0)
        return Model(parts, low, high, up=up, lift=radius, elevation=(40, 85), turns=turns)
    return Model(parts, low, high, lift=half, elevation=(32, 64))


def label(rng: Generator, ground: Colour, half: float) -> Paint:
    """Print around a can: bands, a wave, a diagonal or a badge, with lines that stand for text."""
    base = body_colour(rng, ground)
    second = accent_colour(rng, base)
    third = WHITE if max(base) < 0.6 else BLACK
    kind, phase = int(rng.integers(5)), rng.uniform(0, 2 * math.pi)
    count, height = int(rng.integers(2, 5)), rng.uniform(0.15, 0.45) * half
    angle = rng.uniform(-math.pi, math.pi)

    def paint(x: Array, y: Array, z: Array) -> Array:
        around = np.arctan2(y, x)
        if kind == 0:
            distance = np.abs(z) - height
        elif kind == 1:
            distance = z - height * np.sin(around * count + phase)
        elif kind == 2:
            distance = np.sin(around * count + z * (4.5 / half) + phase) * 0.2
        elif kind == 3:
            distance = 0.1 - np.abs(np.abs(z) - half * 0.7)
        else:
            distance = np.full_like(z, 1.0)
        colour = over(plain(base, x), second, distance)
        for side in (angle, angle + math.pi):
            off = (around - side + math.pi) % (2 * math.pi) - math.pi
            badge = length(off * 0.75, z) - half * 0.45 if kind >= 3 else rectangle(off, z, (0.62, half * 0.24), 0.08)
            colour = over(colour, third, badge)
            bars = np.minimum(
                rectangle(off, z - 0.06 * half, (0.42, 0.09 * half), 0.04),
                rectangle(off, z + 0.13 * half, (0.28, 0.03 * half)),
            )
            colour = over(colour, second if kind >= 3 else base, bars)
        return colour

    return paint


def _drink(rng: Generator, ground: Colour) -> tuple[tuple[Part, ...], float, float]:
    slim = rng.uniform() < 0.35
    radius, half = (0.4, 1.0) if slim else (rng.uniform(0.5, 0.56), 1.0)
    neck = radius * 0.8
    shoulder = 0.16
    wall = half - shoulder

    def body(x: Array, y: Array, z: Array) -> Array:
        side = length(x, y)
        slope = (np.abs(z) - wall) * ((radius - neck) / shoulder)
        flat = side - radius + np.maximum(slope, 0)
        lid = np.maximum(np.abs(z) - (half - 0.05), 0)
        return np.maximum(flat * 0.82, lid)

    def metal(x: Array, y: Array, z: Array) -> Array:
        rim = torus(x, y, np.abs(z) - (half - 0.03), neck - 0.01, 0.03)
        tab = np.maximum(np.abs(length(x * 1.5 - 0.1, y) - 0.13) - 0.045, np.abs(z - (half - 0.035)) - 0.02)
        return np.minimum(rim, tab * 0.6)

    paint = label(rng, ground, wall)

    def colour(x: Array, y: Array, z: Array) -> Array:
        bare = np.clip((np.abs(z) - (half - 0.12)) / 0.02, 0, 1)[:, None]
        hole = (
            np.clip(0.5 - (length(x + 0.2 * radius + 0.1, y * 0.9) - 0.11) / 0.02, 0, 1)[:, None]
            * (z > 0.9 * half)[:, None]
        )
        top = np.asarray(STEEL, np.float32) * (1 - 0.45 * hole)
        return paint(x, y, z) * (1 - bare) + top * bare

    shine = rng.uniform(0.5, 0.85)
    parts = (
        Part(body, colour, metal=rng.uniform(0.25, 0.6), gloss=shine),
        Part(metal, STEEL, metal=0.9, gloss=0.75),
    )
    return parts, radius, half


def _tin(rng: Generator, ground: Colour) -> tuple[tuple[Part, ...], float, float]:
    radius = rng.uniform(0.62, 0.95)
    half = rng.uniform(0.8, 1.0) if radius < 0.75 else rng.uniform(0.42, 0.7)
    paper = half * 0.78
    ridges = rng.uniform() < 0.35
    turns = 26 / half

    def body(x: Array, y: Array, z: Array) -> Array:
        if ridges:
            return (cylinder(x, y, z, radius - 0.03, half - 0.04, 0.02) - 0.012 * np.sin(z * turns)) * 0.9
        return cylinder(x, y, z, radius - 0.02, half - 0.04, 0.02)

    def rims(x: Array, y: Array, z: Array) -> Array:
        rim = torus(x, y, np.abs(z) - (half - 0.035), radius - 0.035, 0.035)
        ring = torus(x, y, np.abs(z) - (half - 0.045), radius * 0.68, 0.02)
        return np.minimum(rim, ring)

    wrap = Part(
        lambda x, y, z: np.maximum(length(x, y) - radius, np.abs(z) - paper),
        label(rng, ground, paper),
        gloss=rng.uniform(0.1, 0.6),
    )
    parts: tuple[Part, ...] = (Part(body, STEEL, metal=0.95, gloss=0.7), Part(rims, STEEL, metal=0.95, gloss=0.8))
    if rng.uniform() < 0.5:  # a ring to pull
        pull = Part(
            lambda x, y, z: np.minimum(
                torus(x - radius * 0.25, y, z - (half - 0.01), 0.15, 0.028),
                cone(x - radius * 0.55, y, z - (half - 0.03), 0.09, 0.07, 0.02),
            ),
            STEEL,
            metal=0.95,
            gloss=0.8,
        )
        parts = (*parts, pull)
    return (parts if ridges and rng.uniform() < 0.3 else (wrap, *parts)), radius, half
