"""Apple's form for Create ML: a list in JSON of pictures, each with its objects.

The file is `_annotations.createml.json`, in `<split>/` beside the pictures or at the top. An object has a label and
coordinates: x and y of its centre, width and height, in pixels. It is read and not written.
"""

import json
from pathlib import Path
from typing import Any

from smallimg.data.dataset import WHOLE, Dataset
from smallimg.data.formats.lookup import Pictures, pictures_in, unlisted
from smallimg.data.formats.marks import Marking, to_dataset
from smallimg.data.formats.splits import choose, split_files
from smallimg.data.problems import about
from smallimg.errors import DataError, ImageError, why

#: What this form can hold.
HOLDS = frozenset({"boxes", "classes"})
NAME = "_annotations.createml.json"


def splits(root: Path) -> dict[str, Path]:
    """Split → its file; nothing where this is not the form."""
    if found := split_files(root, NAME):
        return found
    whole = next((path for path in sorted(root.glob("*.json")) if _is_create_ml(path)), None)
    return {WHOLE: whole} if whole else {}


def read(root: Path, split: str) -> Dataset:
    """The pictures that the split's file lists; those without an annotation are known to show nothing."""
    name, file = choose(splits(root), split, root=root)
    pictures = Pictures(root, first=[file.parent, file.parent / "images"])
    problems: list[str] = []
    markings: dict[Path, Marking] = {}
    listed: set[Path] = set()
    for row in _load(file):
        path = None
        try:
            path = pictures.find(str(row.get("image", row.get("imagefilename", ""))))
            listed.add(path)
            marking = markings[path] if path in markings else Marking(path)
        except (DataError, ImageError) as error:
            problems.append(about(f"{file.name}: {error}", path, is_unreadable=isinstance(error, ImageError)))
            continue
        markings[path] = marking
        objects = row.get("annotations", row.get("annotation"))
        for thing in objects if isinstance(objects, list) else []:
            try:
                at = thing["coordinates"]
                x, y, width, height = (float(at[key]) for key in ("x", "y", "width", "height"))
                label = str(thing["label"]).strip()
            except (LookupError, TypeError, ValueError, OverflowError):
                marking.leave_out(f"{str(thing)[:80]} is no label with x, y, width and height")
                continue
            marking.add(label, (x - width / 2, y - height / 2, x + width / 2, y + height / 2))
    problems += unlisted(pictures_in(file.parent), listed, where=file.name)
    return to_dataset(root, name, markings.values(), problems)


def _is_create_ml(path: Path) -> bool:
    text = path.read_bytes()
    return text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") and b'"coordinates"' in text and b'"label"' in text


def _load(file: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(file.read_text("utf-8-sig"))
        if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
            raise ValueError("not a list of pictures")
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"{file.name} could not be read as Create ML ({why(error)}): export the labels again."
        ) from error
    return content
