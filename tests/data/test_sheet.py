"""The pictures of a set to be looked through: those of each of its parts, as everything else will read them."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from made_data import save

from smallimg.boxes import as_boxes
from smallimg.data.corrections import Correction, correct
from smallimg.data.formats import read_dataset
from smallimg.data.kept import data_folder, find_data
from smallimg.data.left_out import leave_out
from smallimg.data.sheet import Entry, Sheet, read_sheet
from smallimg.errors import DataError

BOX = [2.0, 3.0, 12.0, 14.0]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder where sets are kept."""
    monkeypatch.chdir(tmp_path)
    folder = data_folder() / "pets"
    folder.mkdir(parents=True)
    return folder


def folders(root: Path, *splits: str) -> None:
    for split in splits:
        for number in range(4):
            save(root / split / ("cat", "dog")[number % 2] / f"{number}.png")


def table(root: Path, *splits: str) -> None:
    for split in splits:
        rows = [f"{number}.png,2,2,9,9,{('cat', 'dog')[number % 2]}" for number in range(4)]
        (root / f"{split}.csv").write_text("\n".join(["image,xmin,ymin,xmax,ymax,class", *rows]))
        for number in range(4):
            save(root / split / f"{number}.png")


def parts(sheet: Sheet) -> Counter[str]:
    return Counter(entry.split for entry in sheet.entries)


def entry(root: Path, picture: str) -> Entry:
    return next(one for one in read_sheet(find_data(root.name)).entries if one.picture == picture)


@pytest.mark.parametrize("write", [folders, table])
def test_every_part_is_there(root: Path, write: Callable[..., None]) -> None:
    write(root, "train", "valid", "test")
    sheet = read_sheet(find_data(root.name))
    assert parts(sheet) == {"train": 4, "validation": 4, "test": 4}
    assert not sheet.is_built
    assert set(sheet.class_names) == {"cat", "dog"}
    assert {one.picture.split("/")[0] for one in sheet.entries if one.split == "validation"} == {"valid"}


def test_a_set_without_parts_has_none(root: Path) -> None:
    (root / "pets.csv").write_text("image,class\na.png,cat\nb.png,dog\n")
    for name in "ab":
        save(root / f"images/{name}.png")
    assert parts(read_sheet(find_data(root.name))) == {"": 2}


def test_classes_beside_a_test_part_are_no_set_of_folders_to_be_changed(root: Path) -> None:
    folders(root, ".", "test")
    sheet = read_sheet(find_data(root.name))
    assert (parts(sheet), sheet.is_built) == ({"test": 4}, False), "what the reader takes them for"


def test_a_part_without_labels_is_told(root: Path) -> None:
    table(root, "train", "test")
    (root / "test.csv").unlink()
    sheet = read_sheet(find_data(root.name))
    assert (parts(sheet), sheet.unread) == ({"train": 4}, ("test",))
    (root / "train.csv").unlink()
    with pytest.raises(DataError):
        read_sheet(find_data(root.name))


def test_a_picture_of_two_parts_is_there_once(root: Path) -> None:
    table(root, "train")
    shutil.move(root / "train", root / "images")
    save(root / "images/4.png")
    (root / "test.csv").write_text("image,class\n0.png,cat\n4.png,dog\n")
    sheet = read_sheet(find_data(root.name))
    assert parts(sheet) == {"train": 4, "test": 1}


def test_what_is_put_right_in_a_test_part_is_measured_by(root: Path) -> None:
    table(root, "train", "test")
    said = Correction(boxes=as_boxes([BOX, [1, 1, 5, 5]]), names=(None, "wolf"), class_name="dog")
    correct(root, {"test/0.png": said})
    leave_out(root, [root / "test/1.png"])
    seen = entry(root, "test/0.png")
    assert (seen.boxes.tolist()[0], seen.names, seen.class_name) == (BOX, ("dog", "wolf"), None)
    sheet = read_sheet(find_data(root.name))
    assert parts(sheet) == {"train": 4, "test": 3}
    assert "wolf" in sheet.class_names
    test = read_dataset(root, split="test")
    assert [one.path.name for one in test.samples] == ["0.png", "2.png", "3.png"]
    assert [test.class_names[label] for label in test.samples[0].box_labels] == ["dog", "wolf"]
    assert len(read_dataset(root).samples) == 4


def test_a_proposal_is_shown_and_measured_by_only_when_somebody_agreed(root: Path) -> None:
    table(root, "train", "test")
    proposed = Correction(boxes=as_boxes([BOX]), sure=0.7, checked=False, by="background")
    correct(root, dict.fromkeys(("train/0.png", "test/0.png"), proposed))
    seen = entry(root, "test/0.png")
    assert (seen.boxes.tolist(), seen.class_name, seen.checked, seen.sure) == ([BOX], "cat", False, 0.7)
    test = read_dataset(root, split="test")
    assert test.samples[0].boxes.tolist() == [[2, 2, 9, 9]], "a model is not measured by another's guess"
    assert not any("put right" in note for note in test.notes)
    assert read_dataset(root).samples[0].boxes.tolist() == [BOX], "it may learn from one"
    # What somebody said of the picture's class holds all the same.
    correct(root, {"test/0.png": Correction(as_boxes([BOX]), class_name="dog", checked=False, by="background")})
    test = read_dataset(root, split="test")
    assert test.samples[0].boxes.tolist() == [[2, 2, 9, 9]]
    assert test.class_names[test.samples[0].label or 0] == "dog"
    correct(root, {"test/0.png": Correction(as_boxes([BOX]), class_name="dog", by="background")})
    assert read_dataset(root, split="test").samples[0].boxes.tolist() == [BOX]
