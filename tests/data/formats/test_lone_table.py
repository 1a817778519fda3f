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


PARTS = ("train", "train", "train", "valid", "Test", "TEST")


def in_parts(root: Path, *parts: str, column: str = "split", folder: str = "images") -> None:
    """A table of boxes with a column that says which part a picture belongs to."""
    rows = [f"{at}.jpg,1,1,9,9,{('cup', 'ball')[at % 2]},{part}" for at, part in enumerate(parts)]
    (root / "labels.csv").write_text("\n".join([f"{HEADER},{column}", *rows]))
    pictures(root / folder, len(parts))


@pytest.mark.parametrize("column", ["split", "Subset", "data set", "ml_use", "usage"])
@pytest.mark.parametrize("folder", ["images", "."])
def test_a_column_says_which_part_a_picture_belongs_to(tmp_path: Path, column: str, folder: str) -> None:
    in_parts(tmp_path, *PARTS, column=column, folder=folder)
    assert list_splits(tmp_path) == ("train", "validation", "test")
    dataset = read_dataset(tmp_path)
    assert [one.path.name for one in dataset.samples] == ["0.jpg", "1.jpg", "2.jpg"]
    assert [one.path.name for one in dataset.validation] == ["3.jpg"]
    assert (dataset.split, dataset.class_names, dataset.problems) == ("train", ("ball", "cup"), ())
    assert "labels.csv says of each picture which part it belongs to" in dataset.notes
    assert not any("without a row" in note for note in dataset.notes)
    assert [one.path.name for one in read_dataset(tmp_path, split="val").samples] == ["3.jpg"]
    assert [one.path.name for one in read_dataset(tmp_path, split="test").samples] == ["4.jpg", "5.jpg"]


def test_a_part_that_the_column_does_not_name_is_not_there(tmp_path: Path) -> None:
    in_parts(tmp_path, "train", "train", "dev", "dev")
    with pytest.raises(DataError, match="no picture of 'test': choose one of those that are there: train, validation"):
        read_dataset(tmp_path, split="test")


def test_the_parts_may_lie_apart_as_well(tmp_path: Path) -> None:
    in_parts(tmp_path, "train", "train", "test")
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    for number, part in enumerate(("train", "train", "test")):
        (tmp_path / f"images/{number}.jpg").rename(tmp_path / part / f"{number}.jpg")
    (tmp_path / "images").rmdir()
    assert list_splits(tmp_path) == ("train", "test")
    assert [len(read_dataset(tmp_path, split=part).samples) for part in ("train", "test")] == [2, 1]


@pytest.mark.parametrize("parts", [("train", "train", "train"), ("kitchen", "desk", "desk"), ("1", "2", "2")])
def test_a_column_that_tells_nothing_is_as_if_it_were_not_there(tmp_path: Path, parts: tuple[str, ...]) -> None:
    in_parts(tmp_path, *parts)
    dataset = read_dataset(tmp_path)
    assert (dataset.split, len(dataset.samples), list_splits(tmp_path)) == (WHOLE, 3, (WHOLE,))
    assert not any("passed over" in note for note in dataset.notes)


@pytest.mark.parametrize("other", ["", "later"])
def test_a_column_that_does_not_always_tell_is_passed_over_with_a_word(tmp_path: Path, other: str) -> None:
    in_parts(tmp_path, "train", "test", other)
    dataset = read_dataset(tmp_path)
    assert (dataset.split, len(dataset.samples)) == (WHOLE, 3)
    expected = "labels.csv's column split names other things than train, validation and test, and is passed over"
    assert expected in dataset.notes


def test_parts_are_no_classes(tmp_path: Path) -> None:
    pictures(tmp_path / "images")
    (tmp_path / "labels.csv").write_text("image,split\n0.jpg,train\n1.jpg,test\n")
    with pytest.raises(DataError, match="no data smallimg knows"):
        read_dataset(tmp_path)
