"""Contact sheets: many small pictures with their heat in one, to be looked over at a glance."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from smallimg.study.explain.seen import SHOWN, Seen

COLUMNS, MOST = 6, 48
GAP, LINE = 10, 15
INK, PAPER = "#1d2a2b", "#faf8f4"
LETTERS = 22


def sheet(seen: Sequence[Seen]) -> Image.Image:
    """The first `MOST` of some pictures in rows of `COLUMNS`, RGB: what each is, what it was taken for, heat inside.

    Args:
        seen: at least one; those that are to be seen first come first.
    """
    shown = seen[:MOST]
    font = ImageFont.load_default(12)
    cell = SHOWN + 3 * LINE + GAP
    rows = -(-len(shown) // COLUMNS)
    columns = min(COLUMNS, len(shown))
    canvas = Image.new("RGB", (columns * (SHOWN + GAP) + GAP, rows * cell + GAP), PAPER)
    draw = ImageDraw.Draw(canvas)
    for place, one in enumerate(shown):
        left, top = GAP + place % COLUMNS * (SHOWN + GAP), GAP + place // COLUMNS * cell
        canvas.paste(one.shown, (left + (SHOWN - one.shown.width) // 2, top + (SHOWN - one.shown.height) // 2))
        for line, words in enumerate(caption(one)):
            draw.text((left, top + SHOWN + 2 + line * LINE), _short(words), INK, font)
    return canvas


def caption(one: Seen) -> list[str]:
    """What is said of a picture, in at most three lines."""
    said = f"{one.label} {100 * one.probability:.0f} %"
    lines = [said if one.is_right is not False else f"said {said}"]
    if one.is_right is False:
        lines.append(f"is {one.truth}")
    if one.inside is not None:
        lines.append(f"heat inside {100 * one.inside.share:.0f} %")
    return lines


def least_inside_first(seen: Sequence[Seen], *, is_right: bool) -> list[Seen]:
    """The pictures that were named rightly, or wrongly, those with the least heat on their object first."""
    chosen = [one for one in seen if one.is_right is is_right]
    return sorted(chosen, key=lambda one: 2.0 if one.inside is None else one.inside.share)


def _short(words: str) -> str:
    return words if len(words) <= LETTERS else f"{words[: LETTERS - 1]}…"
