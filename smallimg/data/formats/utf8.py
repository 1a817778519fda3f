"""Pictures whose names are no UTF-8: what is written of a set, as text, could not name them."""

from collections.abc import Iterable
from dataclasses import replace

from smallimg.data.dataset import Dataset, Sample, place_below
from smallimg.data.wording import FOUND, counted, some
from smallimg.files import as_utf8, is_utf8


def only_utf8(dataset: Dataset) -> Dataset:
    """The same without such pictures, which are named as far as they can be; classes called so are too."""
    parts = dataset.samples, dataset.validation, dataset.left_out
    odd = [one for part in parts for one in part if not is_utf8(str(one.path))]
    if not odd:
        return dataset
    shown = some([as_utf8(place_below(one.path, dataset.root)) for one in odd], most=FOUND)
    samples, validation, left_out = map(_named, parts)
    problem = f"{counted(len(odd), 'picture')} with a name that is no UTF-8 ({shown}): rename them to use them"
    return replace(
        dataset,
        class_names=tuple(map(as_utf8, dataset.class_names)),
        class_ids=tuple(map(as_utf8, dataset.class_ids)),
        samples=samples,
        validation=validation,
        left_out=left_out,
        problems=(*dataset.problems, problem),
    )


def _named(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    return tuple(one for one in samples if is_utf8(str(one.path)))
