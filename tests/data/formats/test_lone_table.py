"""One table for the whole set, called as nobody could foresee."""

from pathlib import Path

import pytest
from made_data import HEADER, save

from smallimg.data.dataset import WHOLE
from smallimg.data.formats import list_splits, read_dataset
from smallimg.errors import DataError

ROWS = "0.jpg,0,0,5,5,cup\n1.jpg,1,1,9,9,ball\n"


def pictures(folder: Path, count: int = 2) -> None:
    for number in range(count):
        save(folder / f"{number}.jpg", grey=number)


@pytest.mark.parametrize("name", ["labels.csv", "annotations.csv", "Bounding Boxes (final).csv", "my_data.tsv"])
@pytest.mark.parametrize("folder", ["images", "JPEGImages", "crops", "."])
def test_it_is_found_and_said(name: str, folder: str, tmp_path: Path) -> None:
    pictures(tmp_path / folder)
    text = f"{HEADER}\n{ROWS}"
    (tmp_path / name).write_text(text.replace(",", "\t") if name.endswith(".tsv") else text)
    dataset = read_dataset(tmp_path)
    assert (dataset.split, dataset.form, dataset.problems) == (WHOLE, "csv", ())
    assert [(one.path.name, one.boxes.tolist()) for one in dataset.samples] == [
        ("0.jpg", [[0, 0, 5, 5]]), ("1.jpg", [[1, 1, 9, 9]]),
    ]  # fmt: skip
    assert f"{name} is the only table there, and is taken for that of all pictures" in dataset.notes
    assert list_splits(tmp_path) == (WHOLE,)


def test_masks_beside_it_are_found(tmp_path: Path) -> None:
    pictures(tmp_path / "images")
    for number in range(2):
        save(tmp_path / f"masks/{number}.png", grey=255)
    (tmp_path / "labels.csv").write_text(f"{HEADER}\n{ROWS}")
    assert [one.mask is not None for one in read_dataset(tmp_path).samples] == [True, True]


def test_classes_alone_in_words_of_others(tmp_path: Path) -> None:
    pictures(tmp_path / "photos")
    (tmp_path / "labels.csv").write_text("id;breed\n0;pug\n1;beagle\n")
    dataset = read_dataset(tmp_path)
    assert ([one.label for one in dataset.samples], dataset.class_names) == ([1, 0], ("beagle", "pug"))


def test_where_the_training_lies_apart_it_is_of_that(tmp_path: Path) -> None:
    pictures(tmp_path / "train")
    pictures(tmp_path / "test", 3)
    (tmp_path / "labels.csv").write_text(f"{HEADER}\n{ROWS}")
    dataset = read_dataset(tmp_path)
    assert (dataset.split, len(dataset.samples)) == ("train", 2)
    assert "labels.csv is the only table there, and is taken for that of the pictures to learn from" in dataset.notes
    test = read_dataset(tmp_path, split="test", unlabelled=True)
    assert [(one.label, len(one.boxes)) for one in test.samples] == [(None, 0)] * 3


@pytest.mark.parametrize(
    "table", ["id,name\n0,cup\n1,ball\n", "epoch,loss\n0.jpg,3\n", f"{HEADER}\nother.jpg,0,0,5,5,cup\n", "", "\0\0"]
)
def test_a_table_of_something_else_is_none(table: str, tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        pictures(tmp_path / name)
    (tmp_path / "history.csv").write_text(table)
    dataset = read_dataset(tmp_path)
    assert (dataset.form, dataset.class_names) == ("folders", ("cat", "dog"))


def test_of_two_tables_none_is_chosen(tmp_path: Path) -> None:
    pictures(tmp_path / "images")
    for name in ("old.csv", "new.csv"):
        (tmp_path / name).write_text(f"{HEADER}\n{ROWS}")
    with pytest.raises(DataError, match="no data smallimg knows"):
        read_dataset(tmp_path)
