"""Roboflow's table for TensorFlow."""

from pathlib import Path

import pytest
from made_data import save

from smallimg.data.formats import list_splits, read_dataset
from smallimg.errors import DataError

HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax"


def write_rows(folder: Path, *rows: str, header: str = HEADER) -> None:
    for name in "abc":
        save(folder / f"{name}.jpg")
    (folder / "_annotations.csv").write_text("\n".join([header, *rows]) + "\n")


def test_splits_and_several_classes_in_a_picture(tmp_path: Path) -> None:
    write_rows(tmp_path / "train", "a.jpg,20,10,cup,0,0,5,5", "a.jpg,20,10,ball,5,1,20,10", "b.jpg,20,10,cup,1,1,2,2")
    write_rows(tmp_path / "valid", "c.jpg,20,10,cup,0,0,5,5")
    assert list_splits(tmp_path) == ("train", "val")
    dataset = read_dataset(tmp_path)
    assert (dataset.split, dataset.class_names) == ("train", ("ball", "cup"))
    both, cup = dataset.samples
    assert (both.boxes.tolist(), both.label, both.box_labels) == ([[0, 0, 5, 5], [5, 1, 20, 10]], None, (1, 0))
    assert (cup.label, cup.box_labels) == (1, ())
    assert dataset.problems == (
        "1 picture is not in _annotations.csv and passed over: c.jpg",
        "2 pictures are not in _annotations.csv and passed over: a.jpg, b.jpg",  # of the validation part
    )
    assert [(one.path.stem, one.label) for one in dataset.validation] == [("c", 1)]
    assert [one.path.stem for one in read_dataset(tmp_path, split="val").samples] == ["c"]


def test_data_without_splits(tmp_path: Path) -> None:
    write_rows(tmp_path, *(f"{name}.jpg,20,10,cup,0,0,5,5" for name in "abc"))
    dataset = read_dataset(tmp_path)
    assert (dataset.split, len(dataset.samples), dataset.problems) == ("all", 3, ())


def test_what_is_wrong_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    write_rows(
        tmp_path / "train",
        "a.jpg,20,10,cup,-2,0,22,10",
        "a.jpg,20,10,cup,0,0,30,5",
        "a.jpg,20,10,,0,0,5,5",
        "a.jpg,20,10,cup,one,0,5,5",
        "b.jpg,40,20,cup,0,0,5,5",
        "z.jpg,20,10,cup,0,0,5,5",
        "c.jpg,20,10,cup,5,5,0,0",
    )
    dataset = read_dataset(tmp_path)
    assert [(one.path.stem, one.boxes.tolist()) for one in dataset.samples] == [("a", [[0, 0, 20, 10]])]
    assert dataset.problems == (
        "_annotations.csv line 6: b.jpg: its labels are of 40 × 20 pixels, and it opens as 20 × 10: label it as it is "
        "shown, or export pictures and labels together",
        "_annotations.csv line 7: there is no picture z.jpg",
        "a.jpg: the box (0, 0, 30, 5) leaves the picture of 20 × 10 pixels",
        "a.jpg: line 4 has no class",
        "a.jpg: line 5: the box (one, 0, 5, 5) is not four numbers",
        "c.jpg: the box (5, 5, 0, 0) is empty or inverted: expected xmin < xmax and ymin < ymax",
    )


@pytest.mark.parametrize("header", ["", "filename,width,height,class,x,y,w,h"])
def test_other_columns_are_an_error(header: str, tmp_path: Path) -> None:
    write_rows(tmp_path / "train", header=header)
    with pytest.raises(DataError, match=r"_annotations\.csv lacks the column .*: expected filename,width"):
        read_dataset(tmp_path)
