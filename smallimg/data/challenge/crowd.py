"""Several objects in one picture, each drawn by itself, made smaller, and laid beside the others on the same ground."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from smallimg.boxes import mask_to_box
from smallimg.data.challenge.scene import draw_empty, draw_picture

#: The longer side of an object as a share of the picture's, from and to; and how often a place is looked for.
LEAST, MOST, TRIES = 0.2, 0.46, 40


def draw_crowd(
    class_names: Sequence[str], background: str, rng: Generator, *, size: int
) -> tuple[NDArray[np.uint8], list[NDArray[np.bool_]]]:
    """Draw objects on a background of a family, none over another.

    Args:
        class_names: of the objects; the first has a place in any case, a later one that finds none is left out.
        background: the family of the ground.
        rng: decides everything else.
        size: of the picture's sides, in pixels.

    Returns:
        RGB uint8 [size, size, 3], and a mask [size, size] for each object that is there, in their order; the names of
        those are the first so many of `class_names`.
    """
    picture = Image.fromarray(draw_empty(background, rng, size=size))
    masks: list[NDArray[np.bool_]] = []
    taken = np.zeros((size, size), np.bool_)
    for name in class_names:
        drawn, mask = draw_picture(name, background, rng, size=size)
        box = mask_to_box(mask)
        if box is None:
            break
        x1, y1, x2, y2 = corners = (int(box[0]), int(box[1]), int(box[2]), int(box[3]))
        longer = max(x2 - x1, y2 - y1)
        scale = min(1.0, rng.uniform(LEAST, MOST) * size / longer)
        wide, high = max(8, round((x2 - x1) * scale)), max(8, round((y2 - y1) * scale))
        thing = Image.fromarray(drawn).crop(corners).resize((wide, high), Image.Resampling.LANCZOS)
        alpha = Image.fromarray(mask).convert("L").crop(corners).resize((wide, high), Image.Resampling.LANCZOS)
        place = _place(taken, wide, high, rng)
        if place is None:
            break  # of what comes after, the names would no longer be the first
        picture.paste(thing, place, alpha)
        whole = Image.new("L", (size, size))
        whole.paste(alpha, place)
        masks.append(np.asarray(whole) > 127)
        taken[place[1] : place[1] + high, place[0] : place[0] + wide] = True
    return np.asarray(picture), masks


def _place(taken: NDArray[np.bool_], wide: int, high: int, rng: Generator) -> tuple[int, int] | None:
    """The upper left corner of a free place of that size; None where none was found."""
    size = len(taken)
    for _ in range(TRIES):
        left, top = int(rng.integers(0, size - wide + 1)), int(rng.integers(0, size - high + 1))
        if not taken[top : top + high, left : left + wide].any():
            return left, top
    return None
