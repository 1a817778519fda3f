"""One picture of a set put right where it is seen: to its true class, or out; and where it is since.

A set of a folder a class is changed by moving its pictures, see `smallimg.data.by_class`; of any other form the files
stay as they came, and what is put right stands in `smallimg.data.corrections` and `smallimg.data.left_out`. A picture
goes by where it lay below the set's top when it was measured, wherever it lies now.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from smallimg.data.by_class import OUT, move_pictures, read_classes
from smallimg.data.corrections import Correction, correct, corrected_at, read_corrections
from smallimg.data.kept import read_description
from smallimg.data.left_out import LEFT_OUT, leave_out, read_left_out, take_back
from smallimg.data.moves import read_moves
from smallimg.errors import DataError


@dataclass(frozen=True)
class Since:
    """How a picture stands now.

    Attributes:
        path: where it lies.
        class_name: its class; None where that is as the data says.
        is_out: whether nothing is learned from it any more.
        is_there: whether the file is.
    """

    path: Path
    class_name: str | None = None
    is_out: bool = False
    is_there: bool = True


class Standings:
    """How a set's pictures stand now, read once for many of them.

    Args:
        root: the set's top.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_built = read_description(root).get("built") is True
        self._moves = read_moves(root)
        self._said = {} if self.is_built else read_corrections(root)
        self._out = frozenset(read_left_out(root))

    def of(self, picture: str) -> Since:
        """How one stands, by where it lay when it was measured."""
        now = self._moves.get(picture, picture)
        path, folder = self.root / now, now.rpartition("/")[0]
        is_there = path.is_file()
        if self.is_built:
            class_name = folder if now != picture and folder != OUT else None
            return Since(path, class_name, folder == OUT or now in self._out, is_there)
        said = self._said.get(now)
        return Since(path, said.class_name if said else None, now in self._out, is_there)

    def classes(self) -> list[str]:
        """The classes that a picture can be put into, as far as the set itself tells."""
        if self.is_built:
            return [one.name for one in read_classes(self.root)]
        return list(dict.fromkeys(said.class_name for said in self._said.values() if said.class_name))


def put_right(root: Path, picture: str, class_name: str | None) -> None:
    """Say what a picture shows; one that was out counts again.

    Args:
        root: the set's top.
        picture: where it lay when it was measured.
        class_name: its class; None where that is to stay what it is.

    Raises:
        DataError: when the picture or the class is not there any more.
    """
    now = _now(root, picture)
    if read_description(root).get("built") is True:
        if class_name is None:
            raise DataError("A picture of this set has the class whose folder it is in: choose a class.")
        if now.rpartition("/")[0] != class_name:
            move_pictures(root, [now], class_name)
        return
    if class_name is not None:
        said = read_corrections(root).get(now, Correction())
        names = () if said.boxes is None else (None,) * len(said.boxes)  # each box is of the picture's class
        correct(root, {now: replace(said, class_name=class_name, names=names)})
    take_back(root, now)


def take_out(root: Path, picture: str) -> None:
    """Let nothing be learned from a picture any more, until it is put right again.

    Raises:
        DataError: when it is not there any more.
    """
    now = _now(root, picture)
    if read_description(root).get("built") is True:
        if now.rpartition("/")[0] != OUT:
            move_pictures(root, [now], OUT)
        return
    leave_out(root, [root / now])


def changed_since(root: Path, when: float) -> bool:
    """Whether a set is not as it was: something was put right, left out, moved, brought or deleted.

    Args:
        root: the set's top.
        when: seconds since 1970.
    """
    said = read_description(root).get("changed")
    changed = float(said) if isinstance(said, int | float) else 0.0
    try:
        left_out = (root / LEFT_OUT).stat().st_mtime
    except OSError:
        left_out = 0.0
    return max(changed, corrected_at(root), left_out) > when


def _now(root: Path, picture: str) -> str:
    """Where a picture lies now, below the top; names come from pages, so none may lead anywhere else."""
    now = read_moves(root).get(picture, picture)
    path = root / now
    if not path.is_file() or not path.resolve().is_relative_to(root.resolve()) or ".." in Path(now).parts:
        raise DataError(f"The picture “{picture[:80]}” is not in this set any more: reload the page.")
    return now
