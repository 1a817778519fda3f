"""Where pictures go when a data set is written: each to a name of its own, byte for byte."""

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path

from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.wording import some
from smallimg.errors import DataError, called
from smallimg.pictures.images import IMAGE_SUFFIXES

#: Called with how many files are written, and of how many.
Report = Callable[[int, int], None]


def places(paths: Sequence[Path]) -> list[Path]:
    """A relative place for each picture: as it lies below the folder that they all share.

    Names that a form would pass over, hidden ones, are changed, and of two that differ by their ending only, or not at
    all, the second gets a number: a mask is found by the name without the ending.
    """
    top = Path(os.path.commonpath([path.parent for path in paths])) if paths else Path()
    taken: set[Path] = set()
    found = []
    for path in paths:
        parts = [re.sub(r"^\.|^\s+|\s+$", "_", part) for part in path.relative_to(top).parts]
        place = Path(*parts)
        stem = place.with_suffix("")
        numbers = count(2)
        while place.with_suffix("") in taken:
            place = place.with_name(f"{stem.name}-{next(numbers)}{place.suffix}")
        taken.add(place.with_suffix(""))
        found.append(place)
    return found


def mask_places(samples: Sequence[Sample], pictures: Sequence[Path]) -> dict[Path, Path]:
    """Relative place → mask: its picture's with an ending of its own; of those that have one."""
    pairs = zip(samples, pictures, strict=True)
    return {place.with_suffix(one.mask.suffix): one.mask for one, place in pairs if one.mask is not None}


def split_to_write(dataset: Dataset) -> str:
    """What to call the split in a form that must have one."""
    return "train" if dataset.split == WHOLE else dataset.split


def require(samples: Sequence[Sample], has: Callable[[Sample], bool], *, what: str, form: str) -> None:
    """Refuse to write a form for which the data lacks something.

    Raises:
        DataError: when some sample lacks it; with how many, and the first of them.
    """
    without = [sample.path.name for sample in samples if not has(sample)]
    if without:
        raise DataError(
            f"{len(without):,} of {len(samples):,} pictures have no {what} ({some(without)}), and {form} must have it "
            "for each: choose another form, or leave those pictures out."
        )


def refuse_taken(*targets: Path) -> None:
    """Refuse to write where something is.

    Raises:
        DataError: when one of the targets exists.
    """
    for target in targets:
        if target.exists():
            raise DataError(f"{called(target)} is there already: choose a new folder, or take it away first.")


def copy_all(sources: Mapping[Path, Path], *, report: Report | None = None) -> None:
    """Copy files, target → source.

    Raises:
        DataError: when a picture has an ending that would not be found again; before anything is written.
    """
    if strange := [path.name for path in sources.values() if path.suffix.lower() not in IMAGE_SUFFIXES]:
        raise DataError(f"{some(strange)}: no ending of a picture, which would not be found again: rename it first.")
    for done, (target, source) in enumerate(sources.items(), start=1):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        if report is not None:
            report(done, len(sources))
