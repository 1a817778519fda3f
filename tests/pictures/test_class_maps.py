"""Class maps: made of masks and labels, and counted as the usual definition and torchmetrics count."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torchmetrics.functional.classification import multiclass_jaccard_index

from smallimg.boxes import as_boxes
from smallimg.pictures.class_maps import (
    MOST_CLASSES,
    NOBODYS,
    class_colour,
    class_map,
    class_picture,
    confusion,
    mean_iou,
    overlaps,
)

NO_BOXES = as_boxes([])


def test_a_picture_of_one_class_and_of_none_that_is_known() -> None:
    inside = np.array([[True, False], [False, True]])
    assert class_map(inside, label=2, boxes=NO_BOXES).tolist() == [[3, 0], [0, 3]]
    for label in (None, -1):
        assert class_map(inside, label=label, boxes=NO_BOXES).tolist() == [[NOBODYS, 0], [0, NOBODYS]]


def test_boxes_share_a_mask_out_the_smaller_in_front() -> None:
    inside = np.ones((4, 6), bool)
    inside[0, 0] = False
    boxes = as_boxes([[1.2, 1.2, 3, 3], [0, 0, 4, 4], [4.5, -2, 5, 2]])
    found = class_map(inside, label=None, boxes=boxes, box_labels=(1, 0, -1))
    assert found.tolist() == [
        [0, 1, 1, 1, NOBODYS, NOBODYS],
        [1, 2, 2, 1, NOBODYS, NOBODYS],
        [1, 2, 2, 1, NOBODYS, NOBODYS],
        [1, 1, 1, 1, NOBODYS, NOBODYS],
    ]


def test_mean_iou_by_hand() -> None:
    truth = np.array([[0, 1, 1, 1], [0, 2, 2, NOBODYS]], np.uint8)
    said = np.array([[1, 1, 1, 0], [0, 2, 1, 2]], np.uint8)
    counts = confusion(truth, said, 3)
    assert counts.sum() == 7, "what is nobody's does not count"
    hits, unions = overlaps(counts)
    assert (hits.tolist(), unions.tolist()) == ([1, 2, 1, 0], [3, 5, 2, 0])
    assert mean_iou(hits, unions) == pytest.approx((2 / 5 + 1 / 2) / 2), (
        "the third class is nowhere, the background apart"
    )
    assert mean_iou(*overlaps(confusion(truth * 0, said * 0, 3))) == 0


def test_overlaps_are_torchmetrics() -> None:
    rng = np.random.default_rng(0)
    maps = [rng.integers(0, 5, (6, 9, 11)).astype(np.uint8) for _ in range(2)]
    counts = sum(confusion(truth, said, 4) for truth, said in zip(*maps, strict=True))
    theirs = multiclass_jaccard_index(*(torch.from_numpy(one) for one in maps[::-1]), num_classes=5, average="none")
    hits, unions = overlaps(np.asarray(counts))
    np.testing.assert_allclose(hits / unions, theirs.numpy(), rtol=1e-6)


def test_a_map_is_a_picture_whose_pixels_are_its_numbers() -> None:
    numbers = np.array([[0, 1, 2], [30, 100, MOST_CLASSES]], np.uint8)
    written = io.BytesIO()
    class_picture(numbers).save(written, "PNG")
    again = Image.open(written)
    assert again.mode == "P"
    np.testing.assert_array_equal(np.asarray(again), numbers)
    assert again.convert("RGB").getpixel((1, 0)) == class_colour(1)
    assert len({class_colour(number) for number in range(1, MOST_CLASSES + 1)}) > 200
