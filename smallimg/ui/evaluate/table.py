"""A table of figures with a name at the head of each row; it scrolls sideways where there is no room for it."""

from collections.abc import Sequence
from html import escape


def figure_table(heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> str:
    """HTML of a table.

    Args:
        heads: (name, what it means) of each column, the first of the rows' names.
        rows: the text of each cell.
    """
    head = "".join(
        f'<th scope="col"{_number(place)} title="{escape(meaning)}">{escape(name)}</th>'
        for place, (name, meaning) in enumerate(heads)
    )
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f'<td class="si-number">{_cell(cell)}</td>' for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    return (
        '<div class="si-scroll"><table class="si-figures">'
        f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    """A share and its interval break between the two, and nowhere else."""
    count, bracket, interval = text.partition(" (")
    return " ".join(f"<span>{escape(part)}</span>" for part in (count, f"({interval}" if bracket else "") if part)


def _number(place: int) -> str:
    return ' class="si-number"' if place else ""
