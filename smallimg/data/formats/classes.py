"""The names of classes, as a data set's own files say them."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from smallimg.data.dataset import Sample
from smallimg.errors import DataError
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
            f"{path.name} does not name the classes ({error}): expected distinct names in order."
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
        raise DataError(f"{folder} has the classes {some(there)}, and not {some(new)}: choose another folder.")


def name_classes(declared: tuple[str, ...] | None, cells: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Class names, and how the table writes each: by name or by index."""
    if declared is not None:
        by_name = not cells.isdisjoint(declared)
        return declared, declared if by_name else tuple(str(index) for index in range(len(declared)))
    used = sorted(cells - {""})
    if all(map(_is_index, used)):
        used.sort(key=int)
    return tuple(used), tuple(used)


def find_class(cell: str, class_names: Sequence[str]) -> int:
    if cell in class_names:
        return class_names.index(cell)
    if _is_index(cell) and int(cell) < len(class_names):
        return int(cell)
    raise DataError(f"the class {cell!r} is unknown: expected 0 … {len(class_names) - 1}, or {some(class_names)}")


def _is_index(cell: str) -> bool:
    return cell.isdecimal() and len(cell) < 10


def missing_classes(class_names: Sequence[str], samples: Iterable[Sample]) -> list[str]:
    present = {sample.label for sample in samples}
    return [f"the class {name} has no picture" for label, name in enumerate(class_names) if label not in present]


def some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
