"""Phones: smartphones with their screen or their back up, and phones with keys."""

import math

import numpy as np
from numpy.random import Generator

from smallimg.data.challenge.colours import (
    BLACK,
    GUNMETAL,
    STEEL,
    WHITE,
    Colour,
    accent_colour,
    any_colour,
    body_colour,
)
from smallimg.data.challenge.model import Distance, Model, Paint, Part
from smallimg.data.challenge.paint import over, plain
from smallimg.data.challenge.sdf import Array, box, cylinder, extrude, length, rectangle


def phone(rng: Generator, ground: Colour) -> Model:
    """It lies flat, long side along y, z up."""
    kind = rng.uniform()
    if kind < 0.5:
        return _smartphone(rng, ground)
    if kind < 0.72:
        return _back(rng, ground)
    return _keys(rng, ground)


def _slab(half: tuple[float, float], depth: float, corner: float) -> Distance:
    return lambda x, y, z: extrude(rectangle(x, y, half, corner), z, depth, min(0.05, depth * 0.9))


def _model(parts: tuple[Part, ...], half: tuple[float, float], depth: float, top: float = 0.01) -> Model:
    return Model(
        parts,
        (-half[0] - 0.02, -half[1], -depth),
        (half[0] + 0.02, half[1], depth + top),
        lift=depth,
        elevation=(42, 88),
    )


def _smartphone(rng: Generator, ground: Colour) -> Model:
    half, depth, corner = (rng.uniform(0.46, 0.54), 1.0), rng.uniform(0.045, 0.07), rng.uniform(0.06, 0.17)
    rim, bezel = rng.uniform(0.02, 0.05), rng.uniform(0.0, 0.14)
    frame = body_colour(rng, ground) if rng.uniform() < 0.6 else (GUNMETAL if rng.uniform() < 0.5 else STEEL)
    front = BLACK if rng.uniform() < 0.75 else WHITE
    screen = _screen(rng, (half[0] - rim - 0.025, half[1] - rim - 0.025 - bezel), max(corner - 0.05, 0.02), front)
    glass = Part(
        lambda x, y, z: extrude(
            rectangle(x, y, (half[0] - rim, half[1] - rim), max(corner - rim, 0.02)), z - depth, 0.008
        ),
        screen,
        gloss=0.72,
    )
    keys = Part(
        lambda x, y, z: box(np.abs(x) - half[0], np.abs(y - 0.35) - 0.12, z, (0.012, 0.09, 0.02), 0.01),
        frame,
        metal=0.5,
    )
    parts = [Part(_slab(half, depth, corner), frame, metal=rng.uniform(0.2, 0.9), gloss=0.6), glass, keys]
    if bezel > 0.09:  # an older one, with a round home key
        button = Part(
            lambda x, y, z: np.abs(length(x, y + half[1] - 0.09) - 0.05) - 0.008 + np.abs(z - depth) * 0.5,
            STEEL,
            metal=0.6,
        )
        parts.append(button)
    return _model(tuple(parts), half, depth)


def _screen(rng: Generator, half: tuple[float, float], corner: float, front: Colour) -> Paint:
    """A home screen, a message thread, a clock face, or black glass."""
    kind = int(rng.integers(5))
    first, second = (np.asarray(any_colour(rng), np.float32) for _ in range(2))
    angle = rng.uniform(0, 2 * math.pi)
    icons = np.array([any_colour(rng) for _ in range(40)], np.float32)
    rows = int(rng.integers(3, 6))
    notch = rng.uniform() < 0.5

    def paint(x: Array, y: Array, _z: Array) -> Array:
        blend = np.clip(0.5 + 0.5 * (math.cos(angle) * x / half[0] + math.sin(angle) * y / half[1]), 0, 1)[:, None]
        colour = first + (second - first) * blend
        if kind == 4:
            colour = np.full_like(colour, 0.012)
        elif kind == 3:
            colour = np.where((y > half[1] * 0.84)[:, None], first, np.float32(0.85) + colour * 0.05)
            step = half[1] * 0.3
            row = np.floor(y / step)
            left = (row % 2) * 2 - 1
            bubble = rectangle(x - left * half[0] * 0.22, y - (row + 0.5) * step, (half[0] * 0.6, step * 0.33), 0.05)
            ink = np.where((left > 0)[:, None], second, np.asarray((0.5, 0.5, 0.52), np.float32))
            colour = over(colour, ink, np.maximum(bubble, y - half[1] * 0.78))
        elif kind == 2:
            face = length(x, y - half[1] * 0.3)
            hands = np.minimum(
                rectangle(x, y - half[1] * 0.3 - 0.08, (0.012, 0.1)),
                rectangle(x - 0.07, y - half[1] * 0.3, (0.08, 0.014)),
            )
            colour = over(
                over(colour, WHITE, face - half[0] * 0.55),
                BLACK,
                np.minimum(hands, np.abs(face - half[0] * 0.5) - 0.012),
            )
            colour = over(colour, WHITE, rectangle(x, np.abs(y + half[1] * 0.5) - 0.07, (half[0] * 0.6, 0.03), 0.02))
        else:
            cell = half[0] * 0.5
            column, row = np.floor(x / cell), np.floor((y - half[1] * 0.02) / cell)
            square = rectangle(
                x - (column + 0.5) * cell,
                y - half[1] * 0.02 - (row + 0.5) * cell,
                (cell * 0.33, cell * 0.33),
                cell * 0.1,
            )
            used = (row < rows - 2) | (y < -half[1] + cell * 1.1)
            which = (column * 7 + row * 5).astype(np.int32) % 40
            colour = over(colour, icons[which], np.where(used & (np.abs(y) < half[1] - cell * 0.25), square, 1.0))
        if notch:
            colour = over(colour, BLACK, rectangle(x, y - half[1], (half[0] * 0.32, 0.045), 0.03))
        return over(colour, front, -rectangle(x, y, half, corner))

    return paint


def _back(rng: Generator, ground: Colour) -> Model:
    half, depth, corner = (rng.uniform(0.46, 0.54), 1.0), rng.uniform(0.05, 0.07), rng.uniform(0.08, 0.17)
    cover = body_colour(rng, ground)
    logo = accent_colour(rng, cover)
    lenses, island = int(rng.integers(1, 4)), (rng.uniform(0.15, 0.2), rng.uniform(0.15, 0.3))
    corner_x, corner_y = -half[0] + island[0] + 0.06, half[1] - island[1] - 0.06
    spots = [
        (corner_x - 0.05, corner_y + island[1] * 0.45),
        (corner_x - 0.05, corner_y - island[1] * 0.45),
        (corner_x + 0.08, corner_y),
    ]

    def paint(x: Array, y: Array, z: Array) -> Array:
        colour = plain(cover, x)
        mark = np.minimum(np.abs(length(x, y) - 0.09) - 0.02, rectangle(x, y + 0.7, (0.16, 0.018)))
        return over(colour, logo, np.where(z > 0, mark, 1.0))

    def lens(x: Array, y: Array, z: Array) -> Array:
        distance = np.full_like(x, 9.0)
        for spot_x, spot_y in spots[:lenses]:
            distance = np.minimum(distance, cylinder(x - spot_x, y - spot_y, z - depth - 0.03, 0.075, 0.03, 0.01))
        return distance

    plate = accent_colour(rng, cover) if rng.uniform() < 0.3 else cover
    parts = (
        Part(_slab(half, depth, corner), paint, metal=rng.uniform(0, 0.5), gloss=rng.uniform(0.4, 0.95)),
        Part(
            lambda x, y, z: extrude(rectangle(x - corner_x, y - corner_y, island, 0.08), z - depth, 0.03, 0.015),
            plate,
            gloss=0.8,
        ),
        Part(lens, BLACK, gloss=1.0),
        Part(
            lambda x, y, z: cylinder(
                x - corner_x - 0.08, y - corner_y - island[1] * 0.5, z - depth - 0.025, 0.03, 0.015
            ),
            WHITE,
        ),
    )
    return _model(parts, half, depth, 0.06)


def _keys(rng: Generator, ground: Colour) -> Model:
    """A phone with a small screen and twelve keys."""
    half, depth = (rng.uniform(0.4, 0.48), 1.0), rng.uniform(0.12, 0.17)
    shell = body_colour(rng, ground)
    key_colour = accent_colour(rng, shell)
    lcd: Colour = ((0.35, 0.45, 0.25), (0.25, 0.45, 0.6), (0.5, 0.5, 0.45))[int(rng.integers(3))]
    pitch = (half[0] * 0.56, rng.uniform(0.2, 0.24))
    window = (half[0] * 0.72, rng.uniform(0.26, 0.34))
    lens = BLACK if max(shell) > 0.15 else STEEL

    def keys(x: Array, y: Array, z: Array) -> Array:
        column = np.clip(np.round(x / pitch[0]), -1, 1)
        row = np.clip(np.round((y + 0.5) / pitch[1]), -1.0, 2.0)
        flat = rectangle(x - column * pitch[0], y + 0.5 - row * pitch[1], (pitch[0] * 0.4, pitch[1] * 0.34), 0.06)
        return extrude(flat, z - depth, 0.035, 0.03)

    def display(x: Array, y: Array, _z: Array) -> Array:
        line = np.minimum(
            rectangle(x + 0.05, (y - 0.52) % 0.12 - 0.06, (window[0] * 0.6, 0.022)), rectangle(x, y - 0.9, (0.1, 0.015))
        )
        edge = rectangle(x, y - 0.52, (window[0] - 0.06, window[1] - 0.06), 0.03)
        colour = over(plain(lcd, x), BLACK, np.maximum(line, edge + 0.05))
        return over(colour, lens, -edge)

    parts = (
        Part(_slab(half, depth, half[0] * rng.uniform(0.3, 0.7)), shell, gloss=rng.uniform(0.4, 0.8)),
        Part(keys, key_colour, gloss=0.4),
        Part(lambda x, y, z: extrude(rectangle(x, y - 0.52, window, 0.08), z - depth, 0.012), display, gloss=0.95),
        Part(
            lambda x, y, z: extrude(rectangle(x, y - 0.06, (0.13, 0.05), 0.05), z - depth, 0.04, 0.03),
            key_colour,
            gloss=0.5,
        ),
    )
    return _model(parts, half, depth, 0.04)
