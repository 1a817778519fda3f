"""Colours of things, as linear RGB (the square of the screen's value: gamma 2, close to sRGB and cheap)."""

import colorsys

import numpy as np
from numpy.random import Generator

Colour = tuple[float, float, float]

WHITE: Colour = (0.85, 0.85, 0.83)
BLACK: Colour = (0.012, 0.012, 0.014)
STEEL: Colour = (0.62, 0.63, 0.65)
GOLD: Colour = (0.78, 0.55, 0.20)
COPPER: Colour = (0.72, 0.38, 0.22)
GUNMETAL: Colour = (0.16, 0.17, 0.19)


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """Linear RGB of a hue (in turns), saturation and value as painters' tools write them."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return red * red, green * green, blue * blue


def any_colour(rng: Generator) -> Colour:
    """A colour a product may have: vivid, deep, pastel, or a grey from black to white."""
    hue, kind = rng.uniform(), rng.uniform()
    if kind < 0.45:
        return hsv(hue, rng.uniform(0.6, 0.92), rng.uniform(0.6, 0.92))
    if kind < 0.6:
        return hsv(hue, rng.uniform(0.5, 0.9), rng.uniform(0.25, 0.5))
    if kind < 0.75:
        return hsv(hue, rng.uniform(0.2, 0.45), rng.uniform(0.8, 0.97))
    return hsv(hue, rng.uniform(0.0, 0.08), float(rng.choice([0.13, 0.2, 0.35, 0.55, 0.8, 0.93, 0.96])))


def difference(first: Colour, second: Colour) -> float:
    """How far apart two colours look: distance of their screen values, 0 … √3."""
    return float(np.linalg.norm(np.sqrt(first) - np.sqrt(second)))


def body_colour(rng: Generator, ground: Colour) -> Colour:
    """A product's colour that can be seen on a ground of the colour `ground`."""
    colour = any_colour(rng)
    for _ in range(20):
        if difference(colour, ground) > 0.38:
            break
        colour = any_colour(rng)
    return colour


def accent_colour(rng: Generator, beside: Colour) -> Colour:
    """A colour that stands out on `beside`."""
    return body_colour(rng, beside)


def metal_colour(rng: Generator) -> Colour:
    """Steel mostly, now and then gold, copper or dark metal."""
    return (STEEL, STEEL, STEEL, GOLD, COPPER, GUNMETAL)[int(rng.integers(6))]
