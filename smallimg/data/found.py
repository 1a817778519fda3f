"""What the checks found in a data set, kept beside it: a page that asks for it later need not look again."""

import os
from pathlib import Path
from typing import Any, TypeGuard

from smallimg.data.preview import Preview
from smallimg.files import read_json, write_json

FOUND = ".found.json"


def keep_found(folder: Path, preview: Preview) -> None:
    """Write down where the data lies in its folder, and which pictures each finding is about."""
    pictures = {
        str(place): [_below(path, folder) for path in finding.pictures]
        for place, finding in enumerate(preview.findings)
    }
    write_json(folder / FOUND, {"root": _below(preview.dataset.root, folder), "pictures": pictures})


def read_found(folder: Path) -> tuple[Path, dict[str, list[Path]]]:
    """What was written down: (where the data lies, place of a finding → its pictures); nothing where nothing was."""
    found = read_json(folder / FOUND)
    root, said = found.get("root"), found.get("pictures")
    pictures = said.items() if isinstance(said, dict) else ()
    return folder / root if _is_place(root) else folder, {
        place: [folder / name for name in names]
        for place, names in pictures
        if isinstance(names, list) and all(map(_is_place, names))
    }


def _is_place(said: Any) -> TypeGuard[str]:
    """Whether that can be the name of a file or a folder."""
    try:
        return isinstance(said, str) and b"\0" not in os.fsencode(said)
    except UnicodeEncodeError:
        return False


def _below(path: Path, folder: Path) -> str:
    return path.resolve().relative_to(folder.resolve()).as_posix()
