"""Objects gathered and checked, and what they make of a picture."""

from pathlib import Path

import numpy as np
import pytest
from made_data import save

from smallimg.data.formats.marks import Marking, check_box, labels_of_boxes, to_dataset
from smallimg.errors import DataError


@pytest.mark.parametrize(
    ("box", "kept"),
    [
        ([0, 0, 20, 10], [0, 0, 20, 10]),
        ([-2, -2, 22, 12], [0, 0, 20, 10]),
        ([-0.5, 1, 3, 10.25], [0, 1, 3, 10]),
        ([-2.1, 0, 5, 5], "leaves the picture of 20 × 10 pixels"),
        ([0, 0, 5, 12.1], "leaves the picture of 20 × 10 pixels"),
        ([-2, 0, -1, 5], "leaves the picture"),
        ([20, 0, 21, 5], "leaves the picture"),
        ([5, 0, 5, 5], "empty or inverted"),
        ([5, 5, 0, 0], "empty or inverted"),
        ([0, 0, float("inf"), 5], "not four finite numbers"),
        ([0, 0, 5], "not four finite numbers"),
        (["a", 0, 5, 5], "is not four numbers"),
        ([None, 0, 5, 5], "is not four numbers"),
    ],
)
def test_a_box_may_leave_its_picture_by_two_pixels(box: list[float], kept: list[float] | str) -> None:
    if isinstance(kept, list):
        assert check_box(box, (20, 10)) == kept
    else:
        with pytest.raises(DataError, match=kept):
            check_box(box, (20, 10))


def test_one_class_is_the_pictures_and_several_are_the_boxes(tmp_path: Path) -> None:
    one, two, whole, nothing, crowd = (Marking(save(tmp_path / f"{name}.jpg")) for name in "abcde")
    for name in ("cup", "cup"):
        one.add(name, [0, 0, 5, 5 + len(one.boxes)])
    for name in ("cup", "ball"):
        two.add(name, [0, 0, 5, 5])
    whole.class_name = "hat"
    crowd.crowd(np.ones((10, 20), bool))
    dataset = to_dataset(tmp_path, "train", [one, two, whole, nothing, crowd], ["before"])
    assert dataset.class_names == ("ball", "cup", "hat")
    assert [(sample.label, sample.box_labels, sample.is_negative) for sample in dataset.samples] == [
        (1, (), False),
        (None, (1, 0), False),
        (2, (), False),
        (None, (), True),
    ]
    assert [labels_of_boxes(sample) for sample in dataset.samples] == [(1, 1), (1, 0), (), ()]
    assert dataset.problems == ("before", "e.jpg: only crowds are marked in it, which are no boxes: left out")


def test_a_shape_gives_the_box_and_a_missing_one_takes_the_mask(tmp_path: Path) -> None:
    shape = np.zeros((10, 20), bool)
    shape[2:5, 3:9] = True
    for add_more in (False, True):
        marking = Marking(save(tmp_path / "a.jpg"))
        marking.add("cup", None, shape)
        if add_more:
            marking.add("cup", [0, 0, 5, 5])
        marking.finish()
        assert marking.boxes[0] == [3, 2, 9, 5]
        assert (marking.mask is None) == add_more
    marking.add("cup", None)
    assert marking.problems == ["a.jpg: a cup has neither a box nor an outline"]
