"""The names of classes, as a data set's own files say them."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from smallimg.data.dataset import Sample
from smallimg.data.formats.names import same
from smallimg.data.wording import some
from smallimg.errors import DataError, called, why
from smallimg.files import write_text


def declared_classes(root: Path) -> tuple[str, ...] | None:
    """The class names of `challenge.json` or `classes.txt`, by index; None without either.

    Raises:
        DataError: when the file cannot be read, or its names are empty or not distinct.
    """
    try:
        if (path := root / "challenge.json").is_file():
            names = json.loads(path.read_text("utf-8"))["classes"]
        elif (path := root / "classes.txt").is_file():
            names = [line.strip() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
        else:
            return None
        if not names or not all(isinstance(name, str) and name.strip() for name in names):
            raise ValueError("not a list of names")
        if repeated := [name for name, count in Counter(names).items() if count > 1]:
            raise ValueError(f"{some(repeated)} repeated")
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(
            f"{path.name} does not name the classes ({why(error)}): expected distinct names in order."
        ) from error
    return tuple(name.strip() for name in names)


def write_classes(class_names: Sequence[str], folder: Path) -> None:
    """Write `classes.txt`, unless the folder names those classes already: another split's may be more, or fewer.

    Raises:
        DataError: when the folder names other classes, or a name has no line of its own.
    """
    there = declared_classes(folder)
    if there is None:
        if bad := [name for name in class_names if name != name.strip() or len(name.splitlines()) != 1]:
            raise DataError(f"{some(list(map(repr, bad)))}: no name for a line of classes.txt: rename the class first.")
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "classes.txt", "".join(f"{name}\n" for name in class_names))
    elif new := [name for name in class_names if name not in there]:
        raise DataError(f"{called(folder)} has the classes {some(there)}, and not {some(new)}: choose another folder.")


@dataclass(frozen=True)
class Naming:
    """The classes of a table.

    Attributes:
        names: for people, by label.
        ids: how the table writes each, by label: by name or by index.
        notes: a sentence for spellings that were taken for one class.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...]
    notes: tuple[str, ...] = ()


def name_classes(declared: tuple[str, ...] | None, cells: Iterable[str]) -> Naming:
    """The classes that a table's cells name; spellings that differ by case, blanks or accents are one class.

    Args:
        declared: the names as `declared_classes` has them.
        cells: the class of each row.
    """
    counts = Counter(cells)
    counts.pop("", None)
    spelt: dict[str, list[str]] = {}
    for cell, _ in counts.most_common():
        spelt.setdefault(same(cell), []).append(cell)
    notes = tuple(
        f"{', '.join(sorted(map(repr, each)))} are taken for one class" for each in spelt.values() if len(each) > 1
    )
    if declared is not None:
        by_name = not spelt.keys().isdisjoint(map(same, declared))
        ids = declared if by_name else tuple(str(index) for index in range(len(declared)))
        return Naming(declared, ids, notes if by_name else ())
    used = sorted(" ".join(each[0].split()) for each in spelt.values())
    if all(map(_is_index, used)):
        used.sort(key=int)
    return Naming(tuple(used), tuple(used), notes)


class FindClass:
    """Finds the label that a cell means: a name in any spelling, or an index.

    It is made once for a table: a list that is searched for each of its classes takes as long as their square.
    """

    def __init__(self, class_names: Sequence[str]) -> None:
        self._names = class_names
        # Of two alike the first counts.
        self._exact = {name: label for label, name in reversed(list(enumerate(class_names)))}
        self._alike = {same(name): label for label, name in reversed(list(enumerate(class_names)))}

    def __call__(self, cell: str) -> int:
        """The label.

        Raises:
            DataError: when there is no such class.
        """
        found = self._exact.get(cell)
        found = self._alike.get(same(cell)) if found is None and cell else found
        if found is not None:
            return found
        index = cell.removesuffix(".0")  # a table that passed through floats
        if _is_index(index) and int(index) < len(self._names):
            return int(index)
        if not self._names:
            raise DataError(f"the class {cell!r} is unknown: no row names one, so write what it shows")
        numbers = "0" if len(self._names) == 1 else f"0 … {len(self._names) - 1}"
        raise DataError(f"the class {cell!r} is unknown: expected {numbers}, or {some(self._names)}")


def _is_index(cell: str) -> bool:
    return cell.isdecimal() and len(cell) < 10


def missing_classes(class_names: Sequence[str], samples: Iterable[Sample]) -> list[str]:
    present = {label for sample in samples for label in (sample.label, *sample.box_labels)}
    return [f"the class {name} has no picture" for label, name in enumerate(class_names) if label not in present]
