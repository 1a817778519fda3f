"""The data sets that are there: each a folder below `data_folder()`, with a hidden file that says what it is called.

A data set goes by its folder's name, its id, which never changes: runs name their data by its path. What people call it
is in `.about.json` and can change.
"""

import json
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from smallimg.environment import kept_in
from smallimg.errors import DataError, called
from smallimg.files import as_utf8, write_json
from smallimg.pictures.images import IMAGE_SUFFIXES
from smallimg.pictures.litter import walk_files
from smallimg.visitors.owner import is_mine

ABOUT = ".about.json"
DOWNLOADS = "downloads"  # what known sets are made of lies there
LONGEST_NAME = 60
#: How the name of a folder begins that is not one yet, or no more.
UNFINISHED = "._"


@dataclass(frozen=True)
class KeptData:
    """A data set that is there.

    Attributes:
        path: its folder.
        name: what people call it.
        brought: when it was brought in or drawn, in seconds since 1970.
        pictures: how many there are in all its parts, masks not counted.
    """

    path: Path
    name: str
    brought: float
    pictures: int

    @property
    def id(self) -> str:
        return self.path.name


def data_folder() -> Path:
    """Where data sets live, see `smallimg.environment.kept_in`."""
    return kept_in("data")


def list_data() -> list[KeptData]:
    """The data sets that are there for who asks, the newest first."""
    return sorted(map(_read, filter(is_mine, _folders())), key=lambda data: (-data.brought, data.id))


def find_data(data_id: str) -> KeptData:
    """The data set of that id; ids come from pages, so none may lead anywhere else, nor to another visitor's.

    Raises:
        DataError: when there is none.
    """
    path = data_folder() / data_id
    is_id = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", data_id) and data_id != DOWNLOADS
    if not is_id or not path.is_dir() or not is_mine(path):
        raise DataError(f"There is no data set “{data_id[:80]}” any more: choose other pictures.")
    return _read(path)


def name_of_data(path: str | Path) -> str:
    """What people call the data at that path; its folder's name where nobody has said."""
    return _name(Path(path), read_description(Path(path)))


def describe_data(folder: Path, *, name: str) -> None:
    """Write down what a folder of data is called and that it is there from now on; a taken name gets a number."""
    taken = {_name(other, read_description(other)) for other in filter(is_mine, _folders())}
    about = {"name": _free(_checked(name), taken), "brought": time.time(), "pictures": _count(folder)}
    write_json(folder / ABOUT, about)


def add_to_description(folder: Path, **facts: Any) -> None:
    """Write down more about a folder of data, in place of what was said of the same before."""
    write_json(folder / ABOUT, read_description(folder) | facts)


def rename_data(data_id: str, name: str) -> KeptData:
    """Call a data set something else; its folder stays, for the runs that learned from it.

    Raises:
        DataError: when there is no such data, or the name is empty.
    """
    data = find_data(data_id)
    if not name.strip():
        raise DataError(f"“{data.name}” needs a name of at most {LONGEST_NAME} letters.")
    write_json(
        data.path / ABOUT,
        read_description(data.path) | {"name": _checked(name), "brought": data.brought, "pictures": data.pictures},
    )
    return find_data(data_id)


def delete_data(data_id: str) -> None:
    """Delete a data set with its pictures; what was learned from it stays.

    Raises:
        DataError: when there is no such data.
    """
    data = find_data(data_id)
    if data.path.is_symlink():  # somebody's own folder, which they linked here
        data.path.unlink()
    else:
        # Away at once, or small pictures that are being made of it would be written into what is half deleted. What a
        # kill leaves of it is swept as what was left unfinished.
        away = data.path.rename(data.path.with_name(f"{UNFINISHED}{data.id}-{uuid4().hex[:8]}"))
        shutil.rmtree(away)


def _folders() -> list[Path]:
    base = data_folder()
    there = base.iterdir() if base.is_dir() else ()
    return [path for path in there if path.is_dir() and path.name[0] not in "._" and path.name != DOWNLOADS]


def _read(path: Path) -> KeptData:
    about = read_description(path)
    brought, pictures = about.get("brought"), about.get("pictures")
    return KeptData(
        path=path,
        name=_name(path, about),
        brought=float(brought) if isinstance(brought, int | float) else path.stat().st_mtime,
        pictures=pictures if isinstance(pictures, int) else _count(path),
    )


def read_description(path: Path) -> dict[str, Any]:
    """What is written down about a folder of data; nothing where there is nothing, or it is damaged."""
    try:
        content = json.loads((path / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _name(path: Path, about: dict[str, Any]) -> str:
    name = about.get("name")
    return _checked(name) if isinstance(name, str) and name.strip() else called(path)


def _checked(name: str) -> str:
    name = as_utf8(name)
    return " ".join(name.split())[:LONGEST_NAME].strip()


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else next(one for one in _numbered(name) if one not in taken)


def _numbered(name: str) -> Iterator[str]:
    return (f"{name[: LONGEST_NAME - 5].strip()} ({number})" for number in count(2))


def _count(folder: Path) -> int:
    """Its pictures; masks lie in folders called so."""
    return sum(
        file.suffix.lower() in IMAGE_SUFFIXES and not file.parent.name.endswith("masks") for file in walk_files(folder)
    )
