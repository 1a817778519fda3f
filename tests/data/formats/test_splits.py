"""Splits by the names that tools give them."""

from pathlib import Path

import pytest

from smallimg.data.formats.splits import canonical, choose, exact_split, split_files, split_of
from smallimg.errors import DataError


@pytest.mark.parametrize(
    ("name", "split"),
    [("instances_train2017", "train"), ("valid", "val"), ("Validation", "val"), ("TEST", "test"), ("training", "train"),
     ("instances_default", None), ("trainers", None), ("val2014", "val"), ("contest", None)],
)  # fmt: skip
def test_what_a_name_speaks_of(name: str, split: str | None) -> None:
    assert split_of(name) == split


def test_a_folder_is_called_so_and_nothing_else() -> None:
    names = ("train", "train2017", "valid", "train_masks", "test-images", "my train")
    assert [exact_split(name) for name in names] == ["train", "train", "val", None, None, None]
    assert [canonical(name) for name in ("valid", "all", "minival")] == ["val", "all", "minival"]


def test_the_part_that_is_asked_for() -> None:
    parts = {"train": 1, "val": 2}
    assert choose(parts, "validation", root=Path("data")) == ("validation", 2)
    assert choose({"all": 3}, "train", root=Path("data")) == ("all", 3)
    with pytest.raises(DataError, match=r"data has no split 'test': choose one of those that are there: train, val\."):
        choose(parts, "test", root=Path("data"))


def test_a_file_at_the_top_is_all_unless_the_splits_have_theirs(tmp_path: Path) -> None:
    (tmp_path / "x.json").touch()
    assert split_files(tmp_path, "x.json") == {"all": tmp_path / "x.json"}
    for folder in ("valid", "train"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.json").touch()
    assert split_files(tmp_path, "x.json") == {"train": tmp_path / "train/x.json", "val": tmp_path / "valid/x.json"}
    assert list(split_files(tmp_path, "x.json")) == ["train", "val"]
