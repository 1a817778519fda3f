"""Pictures found by names that were right on another computer."""

import unicodedata
from pathlib import Path

import pytest
from made_data import save

from smallimg.data.formats.lookup import Pictures, unlisted
from smallimg.errors import DataError


@pytest.mark.parametrize(
    "name",
    ["train/Café.jpg", "Café.jpg", "café.JPG", "C:\\set\\Café.jpg", "/home/me/Café.jpg", "../../Café.jpg", "Café",
     unicodedata.normalize("NFD", "Café.jpg")],
)  # fmt: skip
def test_one_picture_by_many_names(name: str, tmp_path: Path) -> None:
    path = save(tmp_path / "train/Café.jpg")
    save(tmp_path / "train/other.jpg")
    assert Pictures(tmp_path).find(name) == path


def test_of_pictures_with_one_name_the_nearer_is_meant(tmp_path: Path) -> None:
    train, valid = (save(tmp_path / split / "a.jpg") for split in ("train", "valid"))
    assert Pictures(tmp_path, first=[tmp_path / "valid"]).find("a.jpg") == valid
    assert Pictures(tmp_path, first=[tmp_path / "valid"]).find("A") == valid
    assert Pictures(tmp_path).find("old/train/a.jpg") == train
    with pytest.raises(DataError, match=r"a\.jpg can be each of train/a\.jpg, valid/a\.jpg: give pictures names"):
        Pictures(tmp_path).find("a.jpg")


def test_names_lead_nowhere_else(tmp_path: Path) -> None:
    outside = save(tmp_path / "outside.jpg")
    save(tmp_path / "set/.hidden/h.jpg")
    pictures = Pictures(tmp_path / "set", first=[tmp_path / "set"])
    for name in ("../outside.jpg", str(outside), "h.jpg", "", "/", "..", "x\0.jpg", "a" * 2000, "set"):
        with pytest.raises(DataError, match=r"there is no picture|is no name of a picture"):
            pictures.find(name)


def test_what_is_not_spoken_of_is_counted() -> None:
    there = [Path(f"{name}.jpg") for name in "abc"]
    assert unlisted(there, there, where="x.json") == []
    assert unlisted(there, there[:2], where="x.json") == ["1 picture is not in x.json and passed over: c.jpg"]
    assert unlisted(there, [], where="x.json") == ["3 pictures are not in x.json and passed over: a.jpg, b.jpg, c.jpg"]
