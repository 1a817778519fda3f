"""What the checks found in a data set, kept beside it: a page that asks for it later need not look again."""

from pathlib import Path

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
    pictures = found.get("pictures") or {}
    return folder / found.get("root", ""), {
        place: [folder / name for name in names] for place, names in pictures.items()
    }


def _below(path: Path, folder: Path) -> str:
    return path.resolve().relative_to(folder.resolve()).as_posix()
