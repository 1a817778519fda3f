"""YOLO's `data.yaml`: what the classes are called, and where the splits are, or were on another computer."""

from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from smallimg.data.formats.classes import declared_classes
from smallimg.data.formats.splits import SPELLINGS, split_folders
from smallimg.errors import DataError, why


def read_description(root: Path) -> dict[str, Any]:
    """What `data.yaml`, or another such file at the top, says; nothing of it where there is none.

    Raises:
        DataError: when it is damaged.
    """
    files = [root / "data.yaml", *sorted((*root.glob("*.yaml"), *root.glob("*.yml")))] if root.is_dir() else []
    for file in files:
        if not file.is_file():
            continue
        try:
            content = yaml.safe_load(file.read_text("utf-8-sig"))
        except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
            raise DataError(
                f"{file.name} could not be read as YAML ({why(error)}): mend it, or leave it out."
            ) from error
        if isinstance(content, dict) and ("names" in content or "nc" in content):
            return content
    return {}


def class_names_of(root: Path, described: dict[str, Any]) -> tuple[str, ...] | None:
    """The classes by number, from `data.yaml` or else `classes.txt`, beside the pictures or with the labels.

    Raises:
        DataError: when two have the same name.
    """
    names = described.get("names")
    if isinstance(names, dict) and names and all(isinstance(number, int) and 0 <= number < 100_000 for number in names):
        names = [names.get(number, str(number)) for number in range(max(names) + 1)]
    if isinstance(names, list) and names:
        if not all(isinstance(name, str | int | float) for name in names):
            raise DataError(f"{root.name}'s data.yaml does not name the classes: expected distinct names in order.")
        found = tuple(str(name).strip() for name in names)
        if len(set(found)) < len(found):
            raise DataError(f"{root.name}'s data.yaml gives a name to two classes: expected distinct names in order.")
        return found
    return next(filter(None, (declared_classes(base) for base in (root, root / "labels") if base.is_dir())), None)


def said_places(root: Path, described: dict[str, Any], split: str) -> list[Path]:
    """Where `data.yaml` says a split is, as far as that is below `root`."""
    said = next((described[way] for way in SPELLINGS[split] if described.get(way)), None)
    found = []
    for place in said if isinstance(said, list) else [said]:
        if not isinstance(place, str) or "\0" in place:
            continue
        parts = [part for part in PurePosixPath(place.replace("\\", "/")).parts if part != "/"]
        # Relative to the file, or to its `path`, or to a folder of another computer: the longest end that is there.
        ends = (root.joinpath(*parts[start:]) for start in range(len(parts)) if ".." not in parts[start:])
        inside = (end for end in ends if end.resolve().is_relative_to(root.resolve()) and end != root)
        there = next(filter(_holds_one_part, inside), None)
        if there is not None:
            pictures = there / "images"  # some name the folder above
            found.append(pictures if pictures.is_dir() else there)
    return found


def _holds_one_part(place: Path) -> bool:
    """Whether it is a folder or a list of one split: `images`, left of `train/images`, would be all of them at once."""
    return (place.is_dir() and not split_folders(place)) or (place.suffix == ".txt" and place.is_file())
