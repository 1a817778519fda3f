"""How numbers and names of things are said about a data set, in every reader and every check alike."""

from collections.abc import Iterable, Sequence

#: Of names so many are said, and of what a check has found so many; the rest is told by dots, or counted.
NAMES, FOUND = 8, 3


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """ "1 box", "1,200 boxes"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def were(count: int, noun: str, plural: str | None = None) -> str:
    """ "1 mask was", "3 masks were"."""
    return f"{counted(count, noun, plural)} {'was' if count == 1 else 'were'}"


def some(names: Iterable[str], *, most: int = NAMES) -> str:
    """The first of several names, and that there are more."""
    listed = list(names)
    return ", ".join(listed[:most]) + (" …" if len(listed) > most else "")


def told(sentences: Sequence[str], *, most: int = FOUND) -> str:
    """The first of several sentences in a row, and how many more there are."""
    rest = len(sentences) - most
    return "; ".join(sentences[:most]) + (f"; and {rest:,} more" if rest > 0 else "")
