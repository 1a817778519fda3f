"""The pictures that a run began with, by name, so that it goes on with the same whatever becomes of the data.

The file is `pictures.txt` in the run's folder: a name a line, as it lies below the data's folder. It counts from the
first epoch that was kept on; before that, nothing was learned of them.
"""

from dataclasses import replace
from pathlib import Path

from smallimg.data.dataset import Dataset, Sample, place_below
from smallimg.data.formats import OWN_LIMITS, read_dataset
from smallimg.data.left_out import read_left_out
from smallimg.data.moves import read_moves
from smallimg.data.wording import FOUND, counted, some
from smallimg.errors import DataError
from smallimg.files import write_text

BEGAN_WITH = "pictures.txt"


def read_pictures(run_path: Path, data: str, split: str) -> tuple[Dataset, tuple[str, ...]]:
    """The data set that a run learns from, and a sentence for what of it is not as it was when the run began.

    A run that has learned already goes on with the pictures that it began with: those left out since are learned from
    all the same, and those that came since are not. Of what was kept aside the same holds.

    Raises:
        DataError: when pictures that it learned from are gone, or as `read_dataset`.
    """
    file = run_path / BEGAN_WITH
    has_learned = any((run_path / "state").glob("*.pt"))
    if not (has_learned and file.is_file()):
        dataset = read_dataset(data, split=split, **OWN_LIMITS)
        write_text(file, "".join(f"{name}\n" for name in _names(dataset)))
        return dataset, ()
    whole = read_dataset(data, split=split, leave_out=False, **OWN_LIMITS)
    moves = read_moves(whole.root)
    began = [moves.get(name, name) for name in file.read_text(encoding="utf-8").splitlines()]
    there = set(_names(whole))
    if gone := sorted(set(began) - there):
        raise DataError(
            f"{counted(len(gone), 'picture')} that the run began with cannot be used any more "
            f"({some(gone, most=FOUND)}): put them back, or start a new run."
        )
    not_used = set(read_left_out(whole.root))
    left_out = len(not_used.intersection(began))
    came = len(there - not_used - set(began))
    told = []
    if left_out:
        told.append(f"{counted(left_out, 'picture')} left out since the run began, which it goes on with")
    if came:
        told.append(f"{counted(came, 'picture')} that came since the run began, which it does not learn from")
    sentences = (f"{'; '.join(told)}: a new run takes the data as they are now",) if told else ()
    return _only(whole, frozenset(began)), sentences


def _names(dataset: Dataset) -> list[str]:
    return [place_below(sample.path, dataset.root) for sample in (*dataset.samples, *dataset.validation)]


def _only(dataset: Dataset, names: frozenset[str]) -> Dataset:
    def began_with(samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
        return tuple(sample for sample in samples if place_below(sample.path, dataset.root) in names)

    return replace(dataset, samples=began_with(dataset.samples), validation=began_with(dataset.validation))
