"""Which pictures a run keeps aside to measure on, by name, so that a run that goes on from it keeps the same aside.

The file is `kept-aside.txt` in the run's folder, beside `smallimg.runs.pictures`' own. A network that goes on knows the
pictures that it has learned: drawn anew, some of them would be among those that it is measured on.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from smallimg.data.dataset import Dataset, Sample, place_below, split_train_validation
from smallimg.data.moves import read_moves
from smallimg.files import write_text
from smallimg.runs.pictures import BEGAN_WITH

KEPT_ASIDE = "kept-aside.txt"
#: Of the pictures that came since, one in so many is kept aside too.
ONE_IN = 5


def keep_aside(dataset: Dataset, run_path: Path, *, after: Path | None, seed: int) -> Dataset:
    """The data set as a run splits it, which is written down.

    A run that follows another keeps aside what that did, and a fifth of the pictures that came since; each stays where
    it was, whatever is left out or comes. Data with a validation part of its own is split as it says.

    Args:
        dataset: what the run learns from, as `smallimg.data.dataset.trainable` leaves it.
        run_path: the run's folder.
        after: the folder of the run that it follows; None where it follows none.
        seed: of the split of one that follows none.
    """
    if after is not None and not dataset.validation:
        own = _read(run_path / KEPT_ASIDE, dataset.root)
        aside = own if own is not None else _read(after / KEPT_ASIDE, dataset.root)
        known = _read((run_path if own is not None else after) / BEGAN_WITH, dataset.root)
        if aside is not None:
            dataset = _split(dataset, aside, known or set())
    validation = split_train_validation(dataset, seed=seed)[1]
    write_text(run_path / KEPT_ASIDE, "".join(f"{_name(one, dataset)}\n" for one in validation.samples))
    return dataset


def _split(dataset: Dataset, aside: set[str], known: set[str]) -> Dataset:
    """The data set with a validation part: these, and some of those that are not known; every class in both parts."""
    held = {
        one for one in dataset.samples if (name := _name(one, dataset)) in aside or (name not in known and _drawn(name))
    }
    for pictures in _of_each_class(dataset).values():
        kept = [one for one in pictures if one in held]
        if len(pictures) > 1 and not kept:
            new = [one for one in pictures if _name(one, dataset) not in known]
            held.add((new or pictures)[-1])
        elif len(pictures) > 1 and len(kept) == len(pictures):
            held.remove(kept[0])
    samples = tuple(one for one in dataset.samples if one not in held)
    return replace(dataset, samples=samples, validation=tuple(one for one in dataset.samples if one in held))


def _of_each_class(dataset: Dataset) -> dict[int, Sequence[Sample]]:
    found: dict[int, list[Sample]] = defaultdict(list)
    for one in dataset.samples:
        if one.label is not None:
            found[one.label].append(one)
    return {**found}


def _drawn(name: str) -> bool:
    """By its name alone, so that it is the same in every run."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big") % ONE_IN == 0


def _name(sample: Sample, dataset: Dataset) -> str:
    return place_below(sample.path, dataset.root)


def _read(file: Path, root: Path) -> set[str] | None:
    """The names in a file, as they go by now; None where there is no such file."""
    try:
        names = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    moves = read_moves(root)
    return {moves.get(name, name) for name in names}
