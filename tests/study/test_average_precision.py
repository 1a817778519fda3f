"""Average precision by COCO's rules, against torchmetrics, and by size."""

import numpy as np
import pytest
import torch
from torchmetrics.detection import MeanAveragePrecision

from smallimg.boxes import as_boxes
from smallimg.study.average_precision import average_precision, size_of


@pytest.fixture(scope="module")
def drawn() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Twenty pictures with one to three objects of all sizes, and boxes that are more or less right."""
    random = np.random.default_rng(0)
    true, found = [], []
    for _ in range(20):
        sides = random.choice([20, 60, 150], size=random.integers(1, 4))
        corners = random.integers(0, 200, (len(sides), 2))
        boxes = np.concatenate([corners, corners + sides[:, None]], axis=1).astype(np.float32)
        moved = boxes + random.normal(0, 4, boxes.shape).astype(np.float32)
        scores = random.random((len(boxes), 1)).astype(np.float32)
        true.append(as_boxes(boxes))
        found.append(np.concatenate([moved, scores], axis=1))
    return found, true


def test_it_is_what_torchmetrics_says(drawn) -> None:
    found, true = drawn
    oracle = MeanAveragePrecision()
    none = torch.zeros
    oracle.update(
        [
            {"boxes": torch.tensor(one[:, :4]), "scores": torch.tensor(one[:, 4]), "labels": none(len(one)).long()}
            for one in found
        ],
        [{"boxes": torch.tensor(one), "labels": none(len(one)).long()} for one in true],
    )
    expected, figures = oracle.compute(), average_precision(found, true)
    for name in ("map", "map_50", "map_75", "map_small", "map_medium", "map_large"):
        # Widths are of float32 there: an overlap that lies at a threshold may fall on either side of it.
        assert figures[name] == pytest.approx(expected[name].item(), abs=2e-3), name
    assert sum(figures["objects"].values()) == sum(map(len, true))


def test_nothing_to_find_has_no_figure(drawn) -> None:
    found, _ = drawn
    assert average_precision(found[:2], [as_boxes([])] * 2) == {}
    assert average_precision([np.zeros((0, 5), np.float32)], [as_boxes([0, 0, 50, 50])])["map"] == 0


@pytest.mark.parametrize(("area", "name"), [(1023, "small"), (1024, "medium"), (9216, "large")])
def test_sizes_are_those_of_coco(area: float, name: str) -> None:
    assert size_of(area) == name
