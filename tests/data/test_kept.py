"""The data sets that are there: what they are called, since when, how many pictures; nothing beyond their folder."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from smallimg.data.formats import read_dataset
from smallimg.data.kept import (
    ABOUT,
    data_folder,
    delete_data,
    describe_data,
    find_data,
    list_data,
    name_of_data,
    rename_data,
)
from smallimg.errors import DataError


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    return tmp_path / "data"


@pytest.fixture
def pets(data: Path) -> Path:
    """Four pictures in folders of classes, two of them with masks beside."""
    for name in ("train/cats/1.png", "train/dogs/2.png", "test/cats/3.png", "test/dogs/4.png", "train_masks/1.png"):
        file = data / "pets-1" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(file)
    return data / "pets-1"


def test_before_anything_is_there() -> None:
    assert list_data() == []


def test_what_nobody_described_goes_by_its_folder(pets: Path) -> None:
    os.utime(pets, (1e9, 1e9))
    [one] = list_data()
    assert (one.id, one.name, one.brought, one.pictures, one.path) == ("pets-1", "pets-1", 1e9, 4, pets)


def test_the_newest_comes_first_and_what_is_no_data_not_at_all(data: Path) -> None:
    for age, name in enumerate(("new", "old", "downloads", "._half", ".hidden")):
        (data / name).mkdir(parents=True)
        os.utime(data / name, (1e9 - age, 1e9 - age))
    (data / "notes.txt").write_text("no data set")
    assert [one.id for one in list_data()] == ["new", "old"]


def test_a_description_names_dates_and_counts(pets: Path) -> None:
    before = time.time()
    describe_data(pets, name="  My   <b>Pets</b> ")
    one = find_data("pets-1")
    assert (one.name, one.pictures) == ("My <b>Pets</b>", 4)
    assert before <= one.brought <= time.time()
    assert name_of_data(pets) == name_of_data(str(pets)) == "My <b>Pets</b>"
    assert set(read_dataset(pets).class_names) == {"cats", "dogs"}, "the description is no data"


def test_two_of_one_name_are_told_apart(data: Path) -> None:
    for number in range(3):
        (data / f"pets-{number}").mkdir(parents=True)
        describe_data(data / f"pets-{number}", name="Pets")
    assert sorted(one.name for one in list_data()) == ["Pets", "Pets (2)", "Pets (3)"]


def test_a_new_name_keeps_the_folder_and_the_date(pets: Path) -> None:
    os.utime(pets, (1e9, 1e9))
    renamed = rename_data("pets-1", " Cats and  dogs ")
    assert (renamed.name, renamed.path, renamed.brought, renamed.pictures) == ("Cats and dogs", pets, 1e9, 4)
    assert len(rename_data("pets-1", "x" * 500).name) == 60
    with pytest.raises(DataError, match="needs a name"):
        rename_data("pets-1", "   ")


@pytest.mark.parametrize("about", ["", "[]", "{", '{"name": 7, "brought": "x", "pictures": null}', '{"name": "  "}'])
def test_a_damaged_description_is_none(pets: Path, about: str) -> None:
    (pets / ABOUT).write_text(about)
    [one] = list_data()
    assert (one.name, one.pictures) == ("pets-1", 4)


@pytest.mark.parametrize(
    "data_id", ["", "gone", "..", "../data", "/etc", ".hidden", "downloads", "a/b", "x" * 200, "a\n"]
)
def test_an_id_leads_nowhere_else(pets: Path, data: Path, data_id: str) -> None:
    (data / "downloads").mkdir()
    (data / ".hidden").mkdir()
    for act in (find_data, delete_data, lambda one: rename_data(one, "x")):
        with pytest.raises(DataError, match="There is no data set"):
            act(data_id)
    assert (data / "downloads").is_dir()
    assert pets.is_dir()


def test_a_set_is_deleted_whose_small_pictures_are_being_made(pets: Path) -> None:
    hidden = pets / ".thumbnails"
    hidden.mkdir()

    def write() -> int:
        for number in range(20_000):
            try:
                (hidden / f"{number}.webp").write_bytes(b"small")
            except FileNotFoundError:
                return number
        return 0

    with ThreadPoolExecutor(1) as beside:
        written = beside.submit(write)
        while not (hidden / "500.webp").exists():
            pass
        delete_data(pets.name)
        assert written.result(30) > 500
    assert not pets.exists()
    assert [path.name for path in data_folder().iterdir() if path.name.startswith("._")] == []


def test_what_is_deleted_is_gone_and_a_linked_folder_is_only_unlinked(pets: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (data_folder() / "linked").symlink_to(tmp_path / "elsewhere")
    for one in list_data():
        delete_data(one.id)
    assert list_data() == []
    assert not pets.exists()
    assert (tmp_path / "elsewhere").is_dir()
