"""What is wrong with a data set, in sentences; one about a picture knows which, so that it can be left out."""

from collections.abc import Iterable
from pathlib import Path
from typing import Self


class About(str):
    """A sentence about one picture, like any other text, that leaving the picture out would mend.

    Attributes:
        picture: which it is.
        is_unreadable: whether the picture or its mask does not open.
    """

    picture: Path
    is_unreadable: bool

    def __new__(cls, sentence: str, picture: Path, *, is_unreadable: bool = False) -> Self:
        about = super().__new__(cls, sentence)
        about.picture, about.is_unreadable = picture, is_unreadable
        return about


def about(sentence: str, picture: Path | None, *, is_unreadable: bool = False) -> str:
    """The sentence, with its picture where that is known."""
    return sentence if picture is None else About(sentence, picture, is_unreadable=is_unreadable)


def pictures_of(problems: Iterable[str]) -> tuple[Path, ...]:
    """The pictures that some sentences are about, each once, in their order."""
    return tuple(dict.fromkeys(problem.picture for problem in problems if isinstance(problem, About)))
