"""Accuracy by condition and size as one picture: the heat map that the page draws in plotly, for those without it."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from smallimg.study.conditions.tried import Cell
from smallimg.study.intervals import count_text, interval_text

#: In pixels: a cell, the room for the conditions' names and for the sizes', around everything.
CELL, NAMES, HEAD, AROUND = (132, 52), 150, 56, 12
#: White at none, this at all; black text can be read on either.
FULL = (107, 186, 177)


def heat_map(cells: Sequence[Cell]) -> Image.Image:
    """A row a condition, a column a size: what was named rightly, its interval below, the warmer the more.

    Args:
        cells: every size under every condition.
    """
    sizes, conditions = (
        list(dict.fromkeys(names)) for names in zip(*((c.size, c.condition) for c in cells), strict=True)
    )
    width, height = CELL
    page = Image.new(
        "RGB", (2 * AROUND + NAMES + width * len(sizes), 2 * AROUND + HEAD + height * len(conditions)), "white"
    )
    draw, font, small = ImageDraw.Draw(page), ImageFont.load_default(15), ImageFont.load_default(12)
    for one in cells:
        left = AROUND + NAMES + width * sizes.index(one.size)
        top = AROUND + HEAD + height * conditions.index(one.condition)
        middle = left + width / 2
        if one.condition == conditions[0]:
            draw.text((middle, AROUND + 16), one.size, "black", font, anchor="mm")
            draw.text((middle, AROUND + 38), f"{one.n} objects", "dimgrey", small, anchor="mm")
        if one.size == sizes[0]:
            draw.text((AROUND, top + height / 2), one.condition, "black", font, anchor="lm")
        colour = tuple(round(255 + one.accuracy * (end - 255)) for end in FULL)
        draw.rectangle((left + 1, top + 1, left + width - 2, top + height - 2), fill=colour)
        draw.text((middle, top + 18), count_text(one.correct, one.n), "black", font, anchor="mm")
        draw.text((middle, top + 37), interval_text(one.correct, one.n), "black", small, anchor="mm")
    return page
