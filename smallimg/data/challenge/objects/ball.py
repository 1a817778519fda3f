"""Balls: football, basketball, tennis, beach, bowling, striped."""

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from smallimg.data.challenge.colours import BLACK, WHITE, Colour, accent_colour, body_colour, hsv
from smallimg.data.challenge.model import Model, Paint, Part
from smallimg.data.challenge.paint import over, plain
from smallimg.data.challenge.sdf import Array, sphere


def ball(rng: Generator, ground: Colour) -> Model:
    design = DESIGNS[int(rng.integers(len(DESIGNS)))]
    spin = np.linalg.qr(rng.normal(size=(3, 3)))[0].astype(np.float32)
    paint, gloss = design(rng, ground)

    def colour(x: Array, y: Array, z: Array) -> Array:
        return paint(*(spin @ np.stack([x, y, z])))

    part = Part(lambda x, y, z: sphere(x, y, z, 1.0), colour, gloss=gloss)
    return Model((part,), (-1, -1, -1), (1, 1, 1), lift=1.0, elevation=(35, 80))


def _football_centres() -> tuple[Array, Array]:
    """Unit vectors to the 12 pentagons and 20 hexagons of a football, [12, 3] and [20, 3]."""
    golden = (1 + math.sqrt(5)) / 2
    corners = [(0, a, b * golden) for a in (-1, 1) for b in (-1, 1)]
    pentagons = np.array([c[i:] + c[:i] for c in corners for i in range(3)], np.float32)
    pentagons /= np.linalg.norm(pentagons, axis=1, keepdims=True)
    near = pentagons @ pentagons.T > 0.4
    triples = [
        (i, j, k) for i in range(12) for j in range(i) for k in range(j) if near[i, j] and near[j, k] and near[i, k]
    ]
    hexagons = np.array([pentagons[list(triple)].sum(axis=0) for triple in triples], np.float32)
    return pentagons, hexagons / np.linalg.norm(hexagons, axis=1, keepdims=True)


def _football(rng: Generator, ground: Colour) -> tuple[Paint, float]:
    pentagons, hexagons = _football_centres()
    classic = rng.uniform() < 0.5
    panel = WHITE if classic else body_colour(rng, ground)
    patch = BLACK if classic else accent_colour(rng, panel)

    def paint(x: Array, y: Array, z: Array) -> Array:
        points = np.stack([x, y, z])
        five, six = (pentagons @ points).max(axis=0), np.sort(hexagons @ points, axis=0)[-2:]
        colour = over(plain(panel, x), patch, six[1] - five + 0.021, soft=0.012)
        seam = np.minimum(np.abs(six[1] - five + 0.021), six[1] - six[0])
        return over(colour, colour * 0.25, seam - 0.014, soft=0.012)

    return paint, rng.uniform(0.35, 0.75)


def _basketball(rng: Generator, ground: Colour) -> tuple[Paint, float]:
    skin = (
        hsv(rng.uniform(0.03, 0.08), 0.85, rng.uniform(0.7, 0.9)) if rng.uniform() < 0.4 else body_colour(rng, ground)
    )
    line = BLACK if max(skin) > 0.1 else WHITE

    def paint(x: Array, y: Array, z: Array) -> Array:
        curve = np.abs(np.sqrt(x * x * 1.0 + (np.abs(y) - 1.05) ** 2) - 0.72)
        lines = np.minimum(np.minimum(np.abs(x), np.abs(z)), curve)
        return over(plain(skin, x), line, lines - 0.028)

    return paint, rng.uniform(0.2, 0.5)


def _tennis(rng: Generator, ground: Colour) -> tuple[Paint, float]:
    felt = hsv(rng.uniform(0.17, 0.22), 0.7, 0.92) if rng.uniform() < 0.4 else body_colour(rng, ground)
    line = WHITE if max(felt) < 0.7 or felt[2] < 0.3 else accent_colour(rng, felt)

    def paint(x: Array, y: Array, z: Array) -> Array:
        wave = np.abs(z - 0.62 * (x * x - y * y) / (x * x + y * y + 0.05) * np.sqrt(np.maximum(1 - z * z, 0)))
        return over(plain(felt, x), line, wave - 0.06)

    return paint, rng.uniform(0.0, 0.2)


def _beach(rng: Generator, ground: Colour) -> tuple[Paint, float]:
    sectors = int(rng.choice([6, 8]))
    first = body_colour(rng, ground)
    colours = [first, WHITE if min(first) < 0.6 else accent_colour(rng, first)]
    if rng.uniform() < 0.6:
        colours = [colours[0], colours[1], accent_colour(rng, first), colours[1]]
    palette = np.array([colours[i % len(colours)] for i in range(8 if sectors == 8 else 12)], np.float32)
    cap = accent_colour(rng, colours[1])

    def paint(x: Array, y: Array, z: Array) -> Array:
        sector = ((np.arctan2(y, x) / (2 * math.pi) + 0.5) * sectors).astype(np.int32) % sectors
        colour = palette[sector]
        return over(colour, cap, 0.93 - np.abs(z))

    return paint, rng.uniform(0.6, 0.9)


def _bowling(rng: Generator, ground: Colour) -> tuple[Paint, float]:
    skin = body_colour(rng, ground)
    swirl = accent_colour(rng, skin)
    holes = np.array([(0.94, 0.18, 0.25), (0.94, -0.18, 0.25), (0.97, 0.0, -0.18)], np.float32)
    holes /= np.linalg.norm(holes, axis=1, keepdims=True)
    a, b, c = (rng.uniform(2, 5) for _ in range(3))
    depth = rng.uniform(0.15, 0.5)

    def paint(x: Array, y: Array, z: Array) -> Array:
        wave = np.sin(a * x + 2 * np.sin(b * y + 1) + 2 * np.sin(c * z))
        colour = over(plain(skin, x), swirl, 0.5 - depth * np.clip(wave, 0, 1), soft=1.0)
        hole = (holes @ np.stack([x, y, z])).max(axis=0)
        return over(colour, BLACK, 0.9935 - hole, soft=0.003)

    return paint, rng.uniform(0.85, 1.0)


def _striped(rng: Generator, ground: Colour) -> tuple[Paint, float]:
    skin = body_colour(rng, ground)
    stripe = accent_colour(rng, skin)
    width, second = rng.uniform(0.1, 0.3), rng.uniform(0.0, 0.1)

    def paint(x: Array, _y: Array, z: Array) -> Array:
        band = np.abs(z) - width
        lines = np.minimum(band, np.abs(np.abs(z) - width - 0.15) - second)
        return over(plain(skin, x), stripe, lines)

    return paint, rng.uniform(0.3, 0.9)


DESIGNS: tuple[Callable[[Generator, Colour], tuple[Paint, float]], ...] = (
    _football,
    _football,
    _basketball,
    _tennis,
    _beach,
    _bowling,
    _striped,
)
