"""Which pictures each network learns from."""

from dataclasses import replace
from pathlib import Path

import torch
from made_data import save, write_table
from made_tensors import squares

from smallimg.data.formats import read_dataset
from smallimg.training.lessons import for_classifier, for_detector, for_remover
from smallimg.training.tensors import join, load_tensors


def test_where_all_is_known_nothing_changes() -> None:
    tensors = squares(4)
    assert all(chosen(tensors) is tensors for chosen in (for_remover, for_detector, for_classifier))


def test_negatives_teach_the_detector_and_nobody_else(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup", "1.jpg,,,,,", "2.jpg,,,,,hat")
    tensors = load_tensors(read_dataset(tmp_path), 32)
    assert tensors.negative is not None
    assert tensors.negative.tolist() == [False, True, False]
    detected = for_detector(tensors)
    assert [len(boxes) for boxes in detected.boxes] == [1, 0], "where nobody has said is not where nothing is"
    assert torch.equal(detected.pixels, tensors.pixels[:2])
    assert for_classifier(tensors).labels.tolist() == [0, 1]
    assert len(for_remover(tensors)) == 2


def test_a_picture_of_several_classes_comes_box_by_box(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup", "0.jpg,10,5,20,10,hat", "1.jpg,0,0,5,5,hat", "2.jpg,1,1,3,3,cup")
    tensors = load_tensors(read_dataset(tmp_path), 20)
    assert [len(boxes) for boxes in for_detector(tensors).boxes] == [2, 1, 1]
    views = replace(tensors, pixels=torch.cat([tensors.pixels, 255 - tensors.pixels]))
    named = for_classifier(views)
    assert (named.labels.tolist(), named.views) == ([0, 1, 1, 0], 2)
    assert [boxes.tolist() for boxes in named.boxes[:2]] == [[[0, 5, 5, 10]], [[10, 10, 20, 15]]]
    assert torch.equal(named.pixels[4:], 255 - named.pixels[:4])


def test_an_own_mask_for_each_but_negatives(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup", "1.jpg,,,,,", images=2)
    save(tmp_path / "train_masks/0.png", grey=255)
    tensors = load_tensors(read_dataset(tmp_path), 20)
    assert tensors.alpha is not None
    assert [bool(alpha.any()) for alpha in tensors.alpha] == [True, False]
    assert len(for_remover(tensors)) == 1
    assert len(join(tensors, tensors)) == 4
