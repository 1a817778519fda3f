"""A whole study: what was tried and how, the tables, what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from smallimg.errors import DataError
from smallimg.study.conditions.factors import Strengths
from smallimg.study.conditions.findings import Finding, findings
from smallimg.study.conditions.objects import Corners, Ground, Thing
from smallimg.study.conditions.tried import Cell, Change, Tried, cells, changes


@dataclass(frozen=True, eq=False)
class Study:
    """Objects that were tried.

    Attributes:
        tried: what came of each, at least one.
        strengths: of the factors.
        seed: of what was left to chance.
        named_by: who named them, in words.
        notes: what has to be known beside, a sentence each.
        unread: a sentence for each picture that did not open.
        root: the folder that the pictures lie below.
    """

    tried: Sequence[Tried]
    strengths: Strengths
    seed: int
    named_by: str
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    root: Path = Path()

    @property
    def is_pasted(self) -> bool:
        """Whether the objects were cut out and pasted at controlled sizes, not left where they were photographed."""
        return any(one.thing.ground is not None for one in self.tried)

    @cached_property
    def cells(self) -> list[Cell]:
        """Accuracy by condition and size."""
        return cells(self.tried)

    @cached_property
    def changes(self) -> list[Change]:
        """What each factor changes, by size."""
        return changes(self.tried)

    @cached_property
    def findings(self) -> list[Finding]:
        """What the document found, held against this."""
        return findings(self.cells, self.changes)

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON; the pictures as they lie below `root`."""
        return {
            "objects": len(self.tried),
            "named_by": self.named_by,
            "strengths": asdict(self.strengths),
            "seed": self.seed,
            "notes": list(self.notes),
            "unread": list(self.unread),
            "pasted": self.is_pasted,
            "findings": [asdict(one) for one in self.findings],
            "tried": [self._told(one) for one in self.tried],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], root: Path) -> "Study":
        """What `as_dict` told.

        Raises:
            DataError: when it tells something else.
        """
        try:
            return cls(
                [_read(one, root) for one in content["tried"]],
                Strengths(**content["strengths"]),
                int(content["seed"]),
                str(content["named_by"]),
                tuple(map(str, content["notes"])),
                tuple(map(str, content["unread"])),
                root,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"The study’s conditions.json is damaged ({error}): start it again.") from error

    def _told(self, one: Tried) -> dict[str, Any]:
        thing, ground = one.thing, None
        if thing.ground is not None:
            boxes = [list(box) for box in thing.ground.boxes]
            ground = {"image": self._below(thing.ground.path), "boxes": boxes, "share": thing.ground.share}
        return {
            "image": self._below(thing.path),
            "mask": None if thing.mask is None else self._below(thing.mask),
            "class": thing.label,
            "box": list(thing.box_xyxy),
            "size": thing.size,
            "identity": thing.identity,
            "ground": ground,
            "right": one.right,
        }

    def _below(self, path: Path) -> str:
        return (path.relative_to(self.root) if path.is_relative_to(self.root) else path).as_posix()


def _read(one: Mapping[str, Any], root: Path) -> Tried:
    def corners(box: Sequence[float]) -> Corners:
        x1, y1, x2, y2 = map(float, box)
        return x1, y1, x2, y2

    mask, ground = one["mask"], one["ground"]
    thing = Thing(
        root / one["image"],
        None if mask is None else root / mask,
        corners(one["box"]),
        str(one["class"]),
        str(one["size"]),
        int(one["identity"]),
        None
        if ground is None
        else Ground(root / ground["image"], tuple(map(corners, ground["boxes"])), float(ground["share"])),
    )
    return Tried(thing, {str(name): bool(right) for name, right in one["right"].items()})
