"""A data set in memory."""

from dataclasses import replace
from pathlib import Path

import torch
from made_tensors import squares

from smallimg.data.formats import read_dataset
from smallimg.training.tensors import join, load_tensors


def test_tensors_hold_what_the_files_hold(tiny_challenge: Path) -> None:
    data = read_dataset(tiny_challenge)
    tensors = load_tensors(data, 64)
    assert tensors.alpha is not None
    assert (len(tensors), tensors.views, tensors.side) == (len(data.samples), 1, 64)
    for index, sample in enumerate(data.samples):
        assert tensors.boxes[index].tolist() == sample.boxes.tolist()
        x1, y1, x2, y2 = (int(value) for value in sample.boxes[0])
        assert tensors.alpha[index, 0, y1:y2, x1:x2].any()
        assert tensors.alpha[index].count_nonzero() == tensors.alpha[index, 0, y1:y2, x1:x2].count_nonzero()


def test_some_of_the_tensors_and_none_of_the_boxes() -> None:
    tensors = squares(5)
    some = tensors.take(torch.tensor([3, 1, 3]))
    assert some.alpha is not None
    assert tensors.alpha is not None
    for row, index in enumerate((3, 1, 3)):
        assert torch.equal(some.pixels[row], tensors.pixels[index])
        assert torch.equal(some.alpha[row], tensors.alpha[index])
        assert torch.equal(some.boxes[row], tensors.boxes[index])
        assert some.labels[row] == tensors.labels[index]
    whole = tensors.without_boxes()
    assert [len(boxes) for boxes in whole.boxes] == [0] * 5
    assert torch.equal(whole.pixels, tensors.pixels)
    assert [len(boxes) for boxes in tensors.boxes] == [1] * 5


def test_joined_pictures_keep_their_masks_where_all_have_them() -> None:
    masked = squares(2)
    both = join(masked, masked)
    assert masked.alpha is not None
    assert both.alpha is not None
    assert torch.equal(both.alpha, torch.cat([masked.alpha, masked.alpha]))
    assert len(both) == len(both.boxes) == 4
    assert join(masked, replace(masked, alpha=None)).alpha is None
