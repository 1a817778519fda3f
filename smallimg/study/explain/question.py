"""What somebody asks of a picture; it comes from a page, so every part of it is checked."""

import json
from dataclasses import dataclass

from smallimg.errors import DataError
from smallimg.study.explain.catalogue import ABOUT, BOX_ABOUT


@dataclass(frozen=True)
class Question:
    """A question about a name, or about a box.

    Attributes:
        kind: "class" or "box".
        method: one of `ABOUT`, or of `BOX_ABOUT`.
        label: the class, None for the most probable.
        against: why rather than this class, None for all others.
    """

    kind: str
    method: str
    label: str | None = None
    against: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("class", "box") or self.method not in (BOX_ABOUT if self.kind == "box" else ABOUT):
            raise DataError(f"There is no such question ({self.kind[:20]}, {self.method[:40]}): choose from the lists.")


def read_question(text: str) -> Question:
    """A question from JSON; what is left out is the usual: `{"kind": "class"}`.

    Raises:
        DataError: when it is none.
    """
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    fields = found if isinstance(found, dict) else {}
    kind = _text(fields, "kind") or ""
    usual = {"class": next(iter(ABOUT)), "box": next(iter(BOX_ABOUT))}.get(kind, "")
    return Question(kind, _text(fields, "method") or usual, _text(fields, "label"), _text(fields, "against"))


def _text(fields: dict[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None
