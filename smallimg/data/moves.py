"""Where a set's pictures lie since they were moved: what a run or an evaluation said of one is found again.

They stand in a hidden file of the set: where a picture lay → where it lies now, both below the set's top. No name that
stands there is given to another picture, not even when its own is deleted for good.
"""

from collections.abc import Mapping
from pathlib import Path

from smallimg.files import read_json, write_json

MOVES = ".moved.json"


def read_moves(root: Path) -> dict[str, str]:
    """Where pictures lay once → where they lie now; those that never moved are not in it."""
    return {was: now for was, now in read_json(root / MOVES).items() if isinstance(now, str)}


def remember_moves(root: Path, moved: Mapping[str, str]) -> None:
    """Write down that pictures were moved, each from where it lay last; one that is back where it was is forgotten.

    Raises:
        OSError: when it cannot be written.
    """
    before = read_moves(root)
    after = {was: moved.get(now, now) for was, now in before.items()}
    known = set(before.values())
    after |= {was: now for was, now in moved.items() if was not in known}
    write_json(root / MOVES, {was: now for was, now in after.items() if was != now})
