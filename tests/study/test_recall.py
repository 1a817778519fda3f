"""Recall of proposals: how many objects one of the first fits."""

import numpy as np
import pytest

from smallimg.data.formats import read_dataset
from smallimg.errors import DataError
from smallimg.pipeline import Pipeline
from smallimg.study.detectors import thinned
from smallimg.study.inside.detector import InsideDetector
from smallimg.study.recall import SEARCH, measure_recall, recall_at


def boxes(*corners: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(corners, np.float32).reshape(-1, 4)


def test_an_object_counts_from_the_first_proposal_that_fits_it() -> None:
    first, second = (0, 0, 10, 10), (20, 20, 30, 30)
    proposals = [boxes((50, 50, 60, 60), first, second), boxes(first), boxes()]
    true = [boxes(first, second), boxes((0, 0, 10, 5.1)), boxes(second)]
    recall = recall_at("mine", proposals, true, numbers=(1, 2, 3, 100))
    assert recall.objects == 4
    # In the second picture half of the proposal fits, in the third there is none.
    assert recall.shares == (
        0.25,
        0.5,
        0.75,
        0.75,
    )
    assert recall_at("mine", proposals, true, numbers=(3,), least=0.9).shares == (0.5,)
    assert recall_at("none", [boxes()], [boxes()], numbers=(1,)).shares == (0.0,)


def test_a_detectors_proposals_and_the_searchs_are_counted_on_the_same_pictures(tiny_challenge, tiny_bundle) -> None:
    data = read_dataset(tiny_challenge, split="test")
    inside = InsideDetector(Pipeline.load(tiny_bundle))
    done: list[tuple[int, int]] = []
    own, search = measure_recall({"tiny": inside}, thinned(data, 2), progress=lambda *both: done.append(both))
    assert (own.name, search.name, own.objects, search.objects) == ("tiny", SEARCH, 2, 2)
    for one in (own, search):
        assert list(one.shares) == sorted(one.shares)
    assert search.shares[-1] == 1, "among a thousand boxes is one around a drawn thing"
    assert done == [(1, 2), (2, 2)]
    nothing = [sample for sample in data.samples if not len(sample.boxes)]
    with pytest.raises(DataError, match="none are known"):
        measure_recall({}, type(data)(**{**vars(data), "samples": tuple(nothing)}))
