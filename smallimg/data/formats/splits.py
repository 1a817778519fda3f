"""The parts of a data set by their names, which tools spell in ways of their own: train2017, valid, Test."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from smallimg.data.dataset import WHOLE
from smallimg.data.formats.names import SPLITS, split_word
from smallimg.data.kept import name_of_data
from smallimg.errors import DataError

#: Split, called as labelling tools call it → how it is spelled. Their `trainval` is not `train`: it holds `val` too.
SPELLINGS = {ways[0]: tuple(way for way in ways if way != "trainval") for ways in SPLITS.values()}
T = TypeVar("T")


def split_of(name: str) -> str | None:
    """The split that a folder's or a file's name speaks of: "val" for `instances_val2017`; None without such a word."""
    words = re.findall(r"[a-z]+", name.lower())
    return next((split for word in words for split, ways in SPELLINGS.items() if word in ways), None)


def exact_split(name: str) -> str | None:
    """The split that is called so, with or without a year, and nothing else."""
    return split_of(name) if re.fullmatch(r"[a-z]+[ _-]?\d*", name.lower()) else None


def canonical(split: str) -> str:
    """One name for all the ways to ask for a split."""
    return exact_split(split) or split


def to_measure(splits: Sequence[str]) -> str:
    """Of the splits of a data set, from `list_splits`, the one that nothing was learned from, as far as names tell."""
    there = {canonical(split): split for split in reversed(splits)}
    return next((there[kind] for kind in ("test", canonical("validation")) if kind in there), splits[0])


def is_split(name: str) -> bool:
    """Whether that is a split as people and tools call them, or the whole."""
    return name == WHOLE or exact_split(name) is not None or split_word(name) in SPLITS


def split_folders(base: Path) -> dict[str, Path]:
    """Split → the folder in `base` that is called so."""
    folders = sorted(entry for entry in base.iterdir() if entry.is_dir()) if base.is_dir() else []
    return first_of((split, folder) for folder in folders if (split := exact_split(folder.name)))


def split_files(root: Path, name: str) -> dict[str, Path]:
    """Split → the file of that name in its folder; where there are none, the one beside the pictures is all."""
    found = {split: folder / name for split, folder in split_folders(root).items() if (folder / name).is_file()}
    return found or ({WHOLE: root / name} if (root / name).is_file() else {})


def first_of(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """The first value of each key, the splits in their usual order."""
    found: dict[str, T] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    order = [*SPELLINGS, *found]
    return dict(sorted(found.items(), key=lambda pair: order.index(pair[0])))


def choose(parts: Mapping[str, T], split: str, *, root: Path) -> tuple[str, T]:
    """The part that was asked for, however it is spelled, and what it is to be called; the whole where there is one.

    Raises:
        DataError: when the data has other splits, and not this one.
    """
    if canonical(split) in parts:
        return split, parts[canonical(split)]
    if WHOLE in parts:
        return WHOLE, parts[WHOLE]
    raise DataError(
        f"{name_of_data(root)} has no split {split!r}: choose one of those that are there: {', '.join(parts)}."
    )
