"""Grounds to lay objects on: nine families of textures, each different in every picture.

A family is a function of a random generator and a side in pixels that returns screen RGB, float32 [side, side, 3] in
0 … 1, seen from straight above; `draw_ground` turns and tilts it to the camera.
"""

import colorsys
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Array = NDArray[Any]


def draw_ground(family: str, rng: Generator, *, size: int, flatten: float) -> Array:
    """A ground of a family, screen RGB float32 [size, size, 3] in 0 … 1.

    Args:
        flatten: height of a square on the ground as seen in the picture, 1 from straight above.
    """
    zoom = rng.uniform(0.72, 1.0)  # texture pixels a picture pixel
    side = math.ceil(size * zoom * math.hypot(1, 1 / flatten)) + 2
    texture = Image.fromarray(np.asarray(np.clip(FAMILIES[family](rng, side), 0, 1) * 255, np.uint8))
    angle = rng.uniform(0, 2 * math.pi)
    cosine, sine = math.cos(angle) * zoom, math.sin(angle) * zoom
    # From picture to texture: about the middle, tilt, then turn.
    a, b, d, e = cosine, -sine / flatten, sine, cosine / flatten
    half = size / 2
    shift = (side / 2 - a * half - b * half, side / 2 - d * half - e * half)
    ground = texture.transform(
        (size, size), Image.Transform.AFFINE, (a, b, shift[0], d, e, shift[1]), Image.Resampling.BILINEAR
    )
    return np.asarray(ground, np.float32) * np.float32(1 / 255)


def _noise(rng: Generator, side: int, cells: tuple[float, float]) -> Array:
    """Smooth noise [side, side] with about `cells` bumps down and across, mean 0, deviation about 0.6."""
    rows, columns = (max(2, math.ceil(count) + 1) for count in cells)
    grid = rng.standard_normal((rows, columns), dtype=np.float32)
    box = (0.0, 0.0, min(columns, cells[1] + 1), min(rows, cells[0] + 1))
    return np.asarray(Image.fromarray(grid).resize((side, side), Image.Resampling.BICUBIC, box=box))


def _fractal(rng: Generator, side: int, cells: float, octaves: int, fade: float = 0.55) -> Array:
    """Noise at several scales at once, [side, side]: each twice as fine and `fade` as strong as the one before."""
    total = _noise(rng, side, (cells, cells))
    for octave in range(1, octaves):
        count = min(cells * 2**octave, side / 1.2)
        total = total + fade**octave * _noise(rng, side, (count, count))
    return total


def _grain(rng: Generator, side: int) -> Array:
    return rng.standard_normal((side, side), dtype=np.float32)


def _axes(side: int) -> tuple[Array, Array]:
    """Column [1, side] and row [side, 1] numbers."""
    line = np.arange(side, dtype=np.float32)
    return line[None, :], line[:, None]


def _hsv(hue: float, saturation: float, value: float) -> Array:
    return np.asarray(colorsys.hsv_to_rgb(hue % 1.0, min(max(saturation, 0), 1), min(value, 1)), np.float32)


def _blend(first: Array, second: Array, share: Array) -> Array:
    """Colours between two, [side, side, 3], by `share` [side, side] of the second."""
    colour: Array = first + (second - first) * np.clip(share, 0, 1)[:, :, None]
    return colour


def _relief(height: Array, strength: float) -> Array:
    """Light on a rough surface, [side, side] about 1: slopes to the upper left are bright."""
    slope = np.zeros_like(height)
    slope[1:, 1:] = 2 * height[1:, 1:] - height[:-1, 1:] - height[1:, :-1]
    return np.clip(1 + strength * slope, 0.4, 1.6)


def _table(rng: Generator, rows: NDArray[Any], columns: NDArray[Any]) -> Array:
    """A random number 0 … 1 for each cell, the same wherever row and column are the same."""
    table = rng.random((64, 64), dtype=np.float32)
    numbers: Array = table[rows & 63, columns & 63]
    return numbers


def wood(rng: Generator, side: int) -> Array:
    """Planks with grain along them."""
    x, y = _axes(side)
    plank = rng.uniform(38, 80)
    row = np.floor(y / plank).astype(np.int64)
    length = rng.uniform(2.5, 5) * plank
    offset = _table(rng, row, row) * 900
    column = np.floor((x + offset) / length).astype(np.int64)
    tone, shift = _table(rng, row, column), _table(rng, row, column)
    stretch = rng.uniform(14, 30)
    warp = _noise(rng, side, (side / 26, side / 160)) * 1.3 + shift * 40
    rings = np.sin((y * rng.uniform(0.12, 0.3) + warp * rng.uniform(1.2, 2.2)) * 2)
    fibre = _noise(rng, side, (side / 1.6, side / stretch))
    dark = _hsv(rng.uniform(0.04, 0.1), rng.uniform(0.35, 0.7), rng.uniform(0.2, 0.62))
    light = np.minimum(dark * rng.uniform(1.35, 1.7) + 0.06, 0.95)
    colour = _blend(dark, light, 0.5 + 0.18 * rings + 0.2 * fibre + (tone - 0.5) * rng.uniform(0.3, 0.8))
    along = (x + offset) / length
    end = np.minimum(along - np.floor(along), np.ceil(along) - along) * length
    groove: Array = np.clip(np.minimum(np.minimum(y % plank, (-y) % plank), end) / 1.6, 0.28, 1)
    result: Array = colour * groove[:, :, None]
    return result


def tiles(rng: Generator, side: int) -> Array:
    """Glazed square tiles in grout, plain or in two colours."""
    x, y = _axes(side)
    pitch, joint = rng.uniform(40, 80), rng.uniform(2.0, 4.0)
    column, row = np.floor(x / pitch).astype(np.int64), np.floor(y / pitch).astype(np.int64)
    edge = np.minimum(np.minimum(x % pitch, pitch - x % pitch), np.minimum(y % pitch, pitch - y % pitch))
    first = _hsv(rng.uniform(), rng.uniform(0.05, 0.6), rng.uniform(0.4, 0.95))
    second = first * rng.uniform(0.45, 0.9) if rng.uniform() < 0.5 else first
    checker = ((column + row) % 2).astype(np.float32)
    tone = 1 + (_table(rng, row, column) - 0.5) * rng.uniform(0.06, 0.25)
    cloud = 1 + 0.035 * _fractal(rng, side, side / 60, 3)
    # The glaze curves down to the joint: bright on one side, dark on the other.
    slant = (np.clip((x % pitch) / pitch - 0.5, -0.5, 0.5) + np.clip((y % pitch) / pitch - 0.5, -0.5, 0.5)) * 0.12
    rim = np.where((x % pitch < joint + 2.5) | (y % pitch < joint + 2.5), np.float32(0.1), np.float32(-0.08)) * np.clip(
        1 - (edge - joint) / 2.5, 0, 1
    )
    glaze = _blend(first, second, checker) * ((tone * cloud + slant + rim)[:, :, None])
    grout = _hsv(rng.uniform(0.05, 0.15), 0.08, rng.uniform(0.3, 0.85)) * (1 + 0.06 * _grain(rng, side))[:, :, None]
    share = np.clip(edge - joint * 0.5, 0, 1)[:, :, None]
    result: Array = grout + (glaze - grout) * share
    return result


def grass(rng: Generator, side: int) -> Array:
    """Blades over blades, most of them one way, the upper ones brighter."""
    hue, saturation, value = rng.uniform(0.19, 0.32), rng.uniform(0.4, 0.75), rng.uniform(0.55, 0.85)
    under = 0.5 + 0.16 * _noise(rng, side, (side / 9, side / 2.2)) + 0.12 * _noise(rng, side, (side / 25, side / 25))
    base = _hsv(hue - 0.02, saturation, value) * np.clip(under, 0.15, 1)[:, :, None]
    image = Image.fromarray(np.asarray(base * 255, np.uint8))
    draw = ImageDraw.Draw(image)
    count = int(side * side / 40)
    x, y = rng.uniform(-8, side + 8, (2, count))
    angle = math.pi / 2 + rng.normal(0, rng.uniform(0.35, 0.8), count)
    long = rng.uniform(0.5, 1.2, count) * rng.uniform(9, 17)
    light = np.linspace(0.5, 1.0, count) * rng.uniform(0.75, 1.25, count)
    hues = np.array([_hsv(hue + step, saturation, value) for step in np.linspace(-0.05, 0.04, 16)])
    colours = (np.clip(hues[rng.integers(0, 16, count)] * light[:, None], 0, 1) * 255).astype(int).tolist()
    blades = np.stack([x, y, x + long * np.cos(angle), y + long * np.sin(angle)], axis=1).tolist()
    for blade, colour in zip(blades, colours, strict=True):
        draw.line(blade, fill=tuple(colour), width=2)
    patches = 1 + 0.12 * _noise(rng, side, (side / 70, side / 70))
    return np.asarray(image, np.float32) * np.float32(1 / 255) * patches[:, :, None]


def cloth(rng: Generator, side: int) -> Array:
    """Woven threads: plain, striped or checked."""
    x, y = _axes(side)
    thread = rng.uniform(3.2, 5.5)
    wave = rng.uniform(0.4, 1.2)
    fold = _noise(rng, side, (side / 90, side / 90))
    u, v = (x + fold * wave * 2) / thread, (y + fold * wave * 2) / thread
    column, row = np.floor(u), np.floor(v)
    over = ((column + row) % 2).astype(np.float32)
    warp = np.sin(math.pi * (u - column)) * (0.6 + 0.4 * np.sin(math.pi * (v - row)))
    weft = np.sin(math.pi * (v - row)) * (0.6 + 0.4 * np.sin(math.pi * (u - column)))
    height = over * warp + (1 - over) * weft
    first = _hsv(rng.uniform(), rng.uniform(0.05, 0.65), rng.uniform(0.35, 0.92))
    second = _hsv(rng.uniform(), rng.uniform(0.1, 0.7), rng.uniform(0.3, 0.9))
    pattern, period = rng.uniform(), rng.uniform(28, 70)
    across, down = (u * thread % period < period / 2), (v * thread % period < period / 2)
    if pattern < 0.4:
        share = np.zeros_like(height)
    elif pattern < 0.6:
        share = 0.8 * across * np.ones_like(height)
    else:
        share = 0.45 * across + 0.45 * down
    slub = _noise(rng, side, (side / 2, side / 30)) * 0.06 + _noise(rng, side, (side / 30, side / 2)) * 0.06
    light = (0.55 + 0.5 * height + slub + 0.05 * fold) * (1 + 0.05 * _grain(rng, side))
    return _blend(first, second, np.asarray(share, np.float32)) * light[:, :, None]


def brick(rng: Generator, side: int) -> Array:
    """A running bond of bricks in rough mortar."""
    x, y = _axes(side)
    high = rng.uniform(22, 34)
    wide, joint = high * rng.uniform(2.0, 2.6), rng.uniform(2.5, 4.5)
    rough = _fractal(rng, side, side / 14, 4, 0.7)
    px, py = x + rough * 0.8, y + _fractal(rng, side, side / 18, 2) * 0.8
    row = np.floor(py / high)
    px = px + (row % 2) * (wide / 2)
    column = np.floor(px / wide)
    in_x, in_y = px - column * wide, py - row * high
    edge = np.minimum(np.minimum(in_x, wide - in_x), np.minimum(in_y, high - in_y))
    clay = _hsv(rng.uniform(0.0, 0.07), rng.uniform(0.35, 0.7), rng.uniform(0.4, 0.72))
    burnt = clay * rng.uniform(0.5, 0.75) if rng.uniform() < 0.7 else np.minimum(clay * 1.4, 0.9)
    grain = _grain(rng, side)
    brick_colour = _blend(clay, burnt, _table(rng, row.astype(np.int32), column.astype(np.int32)) * 0.9 + rough * 0.12)
    brick_colour = brick_colour * (_relief(rough, 0.33) * (1 + 0.06 * grain))[:, :, None]
    mortar = (
        _hsv(rng.uniform(0.06, 0.14), rng.uniform(0.03, 0.2), rng.uniform(0.5, 0.8))
        * (1 + 0.09 * grain + 0.1 * rough)[:, :, None]
    )
    share = np.clip((edge - joint * 0.5) / 1.2, 0, 1)
    lip = np.clip((edge - joint * 0.5) / 4, 0.0, 1) * 0.22 + 0.82
    return _blend(mortar * 0.92, brick_colour * lip[:, :, None], share)


def sand(rng: Generator, side: int) -> Array:
    """Fine grains in ripples, with a few dark and light ones."""
    x, y = _axes(side)
    soft = _fractal(rng, side, side / 70, 3)
    period = rng.uniform(14, 40)
    phase = (y + 0.25 * x + soft * rng.uniform(6, 14)) * (2 * math.pi / period)
    ripple = np.sin(phase + 0.6 * np.sin(phase)) * rng.uniform(0.0, 1.0)
    grain = _grain(rng, side)
    colour = _hsv(rng.uniform(0.08, 0.13), rng.uniform(0.2, 0.5), rng.uniform(0.62, 0.92))
    light = 1 + 0.085 * ripple + 0.07 * grain + 0.05 * soft
    light = light * (1 + 0.25 * (grain > 2.7).astype(np.float32) - 0.45 * (grain < -2.6).astype(np.float32))
    return colour * light[:, :, None]


def concrete(rng: Generator, side: int) -> Array:
    """Cast grey with stains, pores and hairline cracks."""
    stain = _fractal(rng, side, side / 90, 5, 0.62)
    rough = _fractal(rng, side, side / 8, 3, 0.7)
    grain = _grain(rng, side)
    colour = _hsv(rng.uniform(0.05, 0.65), rng.uniform(0.0, 0.1), rng.uniform(0.38, 0.78))
    light = (1 + 0.085 * stain + 0.03 * grain) * _relief(rough, 0.07)
    pores = _noise(rng, side, (side / 4, side / 4))
    light = light * (1 - 0.45 * np.clip((pores - rng.uniform(1.25, 1.5)) * 3, 0, 1))
    crack = np.abs(_fractal(rng, side, rng.uniform(1.2, 2.5), 6, 0.55))
    light = light * (1 - rng.uniform(0.0, 0.6) * np.clip(1 - crack * 55, 0, 1))
    result: Array = colour * light[:, :, None]
    return result


def knit(rng: Generator, side: int) -> Array:
    """Columns of V-shaped stitches, plain or in stripes."""
    x, y = _axes(side)
    wide = rng.uniform(9, 15)
    high = wide * rng.uniform(0.7, 0.9)
    drift = _noise(rng, side, (side / 60, side / 60))
    u = x / wide + drift * 0.12
    across = np.abs(u - np.floor(u) - 0.5) * 2  # 0 in the middle of a stitch, 1 between columns
    v = y / high - across * 0.85 + drift * 0.2
    row = np.floor(v)
    strand = np.sin(math.pi * (v - row)) * np.sqrt(np.clip(np.sin(math.pi * np.clip(across * 0.92 + 0.05, 0, 1)), 0, 1))
    fuzz = _noise(rng, side, (side / 1.8, side / 1.8))
    first = _hsv(rng.uniform(), rng.uniform(0.05, 0.7), rng.uniform(0.35, 0.92))
    second = _hsv(rng.uniform(), rng.uniform(0.05, 0.7), rng.uniform(0.3, 0.92)) if rng.uniform() < 0.5 else first
    band = int(rng.integers(3, 9))
    stripes = (np.floor(row / band) % 2).astype(np.float32)
    light = 0.36 + 0.68 * strand + 0.07 * fuzz
    result: Array = _blend(first, second, stripes) * light[:, :, None]
    return result


def marble(rng: Generator, side: int) -> Array:
    """Polished stone: clouds, and veins where a warped noise crosses zero."""
    cloud = _fractal(rng, side, side / 110, 5, 0.55)
    veins = np.zeros((side, side), np.float32)
    for strength, cells in ((1.0, rng.uniform(2, 4)), (0.6, rng.uniform(5, 9))):
        field = _fractal(rng, side, cells, 5, 0.5) + 0.25 * cloud
        width = 0.05 + 0.13 * np.clip(_noise(rng, side, (cells, cells)) + 0.6, 0, 2)
        line = np.clip(1 - np.abs(field) / width, 0, 1)
        veins = np.maximum(veins, strength * line * np.sqrt(line))
    value = rng.uniform(0.72, 0.93) if rng.uniform() < 0.5 else rng.uniform(0.15, 0.6)
    stone = _hsv(rng.uniform(), rng.uniform(0.02, 0.17 if value > 0.7 else 0.3), value)
    dark = stone.mean() < 0.4
    vein = np.minimum(stone * 0.3 + 0.62, 0.95) if dark else stone * rng.uniform(0.3, 0.6)
    colour = _blend(stone, vein, veins * rng.uniform(0.5, 0.9) + 0.1 * cloud)
    return colour * (1 + 0.05 * cloud + 0.008 * _grain(rng, side))[:, :, None]


FAMILIES: dict[str, Callable[[Generator, int], Array]] = {
    "wood": wood,
    "tiles": tiles,
    "grass": grass,
    "cloth": cloth,
    "brick": brick,
    "sand": sand,
    "concrete": concrete,
    "knit": knit,
    "marble": marble,
}
