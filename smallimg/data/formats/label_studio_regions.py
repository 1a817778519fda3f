"""What Label Studio's marks cover: rectangles and ellipses, turned or not, outlines, and brush strokes."""

import math
from typing import Any

import numpy as np

from smallimg.data.formats.shapes import Shape, polygon_shape
from smallimg.errors import DataError

#: Of a rectangle, in per cent of the picture's width and height in turn.
SIDES = ("x", "y", "width", "height")


def region(value: dict[str, Any], size_wh: tuple[int, int]) -> tuple[list[float] | None, Shape | None]:
    """What was marked: the box around it (xyxy, pixels), its shape as bool [h, w], or both.

    A rectangle that is not turned is its box, and no shape. What is turned, and an ellipse, may reach out of the
    picture, since who draws it cannot help that: its box is that of the part inside.

    Raises:
        DataError: when it is no kind of mark that is known, or leaves the picture.
        LookupError, TypeError, ValueError: when it lacks numbers.
    """
    width, height = size_wh
    if value.get("format") == "rle":
        return None, brush_shape(value["rle"], size_wh)
    if "points" in value:
        points = np.asarray(value["points"], np.float64).reshape(-1, 2) / 100 * (width, height)
        shape = polygon_shape([points.ravel().tolist()], size_wh)
        return [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()], shape
    turn = math.radians(float(value.get("rotation") or 0) % 360)
    if "radiusX" in value:
        middle = (float(value["x"]) / 100 * width, float(value["y"]) / 100 * height)
        radii = (float(value["radiusX"]) / 100 * width, float(value["radiusY"]) / 100 * height)
        return _turned(middle, radii, turn, size_wh, is_round=True)
    if not value.keys() >= set(SIDES):
        raise DataError("expected a rectangle, an ellipse, an outline or a brush")
    x, y, w, h = (float(value[key]) / 100 * side for key, side in zip(SIDES, size_wh * 2, strict=True))
    if not turn:
        return [x, y, x + w, y + h], None
    # It is turned around its corner at the top left, clockwise.
    cos, sin = math.cos(turn), math.sin(turn)
    middle = (x + (w * cos - h * sin) / 2, y + (w * sin + h * cos) / 2)
    return _turned(middle, (w / 2, h / 2), turn, size_wh, is_round=False)


def _turned(
    middle: tuple[float, float], halves: tuple[float, float], turn: float, size_wh: tuple[int, int], *, is_round: bool
) -> tuple[list[float], Shape | None]:
    """An ellipse or a rectangle about its middle: the box around it, clipped, and the pixels whose middles it covers.

    Args:
        halves: its radii, or half its sides, before it is turned.
        turn: clockwise, in radians.
    """
    if not all(map(math.isfinite, (*middle, *halves, turn))) or min(halves) <= 0:
        raise DataError("its sides are not finite numbers above 0")
    (x, y), (a, b), (width, height) = middle, halves, size_wh
    cos, sin = math.cos(turn), math.sin(turn)
    if is_round:
        across, down = math.hypot(a * cos, b * sin), math.hypot(a * sin, b * cos)
    else:
        across, down = abs(a * cos) + abs(b * sin), abs(a * sin) + abs(b * cos)
    box = [max(0.0, x - across), max(0.0, y - down), min(width, x + across), min(height, y + down)]
    if box[0] >= box[2] or box[1] >= box[3]:
        raise DataError(f"it lies outside of the picture of {width} × {height} pixels")
    right, below = np.arange(width) + 0.5 - x, (np.arange(height) + 0.5 - y)[:, None]
    along, beside = (right * cos + below * sin) / a, (below * cos - right * sin) / b
    shape: Shape = along**2 + beside**2 <= 1 if is_round else (abs(along) <= 1) & (abs(beside) <= 1)
    return box, shape if shape.any() else None


def brush_shape(rle: list[int], size_wh: tuple[int, int]) -> Shape:
    """Label Studio's brush strokes as bool [h, w].

    They are bytes of @thi.ng/rle-pack: 32 bits say how many values follow, 5 how long one is, four times 4 how long a
    count can be; then runs of one value (a bit 1, which length of count, the count less one, the value) in turn with
    values one by one (a bit 0, likewise, the values). The values are red, green, blue and alpha of each pixel.

    Raises:
        DataError: when they are damaged, or of a picture of another size.
    """
    width, height = size_wh
    wrong = DataError(f"its brush strokes are not of {width} × {height} pixels")
    try:
        bits = "".join(f"{byte:08b}" for byte in bytes(rle))
        at = 0

        def take(count: int) -> int:
            nonlocal at
            at += count
            return int(bits[at - count : at], 2)

        if take(32) != 4 * width * height:
            raise wrong
        word, counts = take(5) + 1, [take(4) + 1 for _ in range(4)]
        values = np.zeros(4 * width * height, np.int64)
        start = 0
        while start < len(values):
            is_run = take(1)
            end = start + 1 + take(counts[take(2)])
            if end > len(values):
                raise wrong
            values[start:end] = take(word) if is_run else [take(word) for _ in range(start, end)]
            start = end
    except (TypeError, ValueError):  # the bits come to an end, or were none
        raise wrong from None
    return np.asarray(values.reshape(height, width, 4)[:, :, 3] > 127)
