"""Pictures that are not to be used: written down, read by every form, told, and taken back."""

from pathlib import Path

import pytest
from made_data import several_classes
from PIL import Image

from smallimg.data.checks.reading import left_out
from smallimg.data.formats import WRITE, list_splits, read_dataset
from smallimg.data.left_out import LEFT_OUT, leave_out, read_left_out, take_back
from smallimg.data.problems import pictures_of
from smallimg.errors import DataError


def save(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 24), (200, 40, 40)).save(path)
    return path


def folders(root: Path) -> Path:
    for part in ("train", "test"):
        for name in ("cat", "dog"):
            for number in range(4):
                save(root / part / name / f"{number}.png")
    return root


def names(root: Path, split: str = "train") -> list[str]:
    return [one.path.relative_to(root).as_posix() for one in read_dataset(root, split=split).samples]


def test_what_is_left_out_is_no_sample_and_is_told(tmp_path: Path) -> None:
    folders(tmp_path)
    before = names(tmp_path)
    assert leave_out(tmp_path, [tmp_path / "train/cat/1.png", tmp_path / "test/dog/0.png"]) == 2
    assert names(tmp_path) == [name for name in before if name != "train/cat/1.png"]
    assert "test/dog/0.png" not in names(tmp_path, "test")
    dataset = read_dataset(tmp_path)
    assert any("left-out.txt: 1 picture that it names is left out" in note for note in dataset.notes)
    assert list_splits(tmp_path) == ("train", "test"), "the file is no part of the data"
    assert not dataset.problems


def test_it_is_used_again(tmp_path: Path) -> None:
    folders(tmp_path)
    before = names(tmp_path)
    leave_out(tmp_path, [tmp_path / "train/cat/1.png"])
    assert leave_out(tmp_path, [tmp_path / "train/cat/1.png", tmp_path / "train/cat/2.png"]) == 1
    assert read_left_out(tmp_path) == ("train/cat/1.png", "train/cat/2.png")
    assert take_back(tmp_path) == 2
    assert names(tmp_path) == before
    assert take_back(tmp_path) == 0


def test_a_submission_has_a_row_for_it(tmp_path: Path) -> None:
    folders(tmp_path)
    leave_out(tmp_path, [tmp_path / "test/dog/0.png"])
    test = read_dataset(tmp_path, split="test")
    assert [one.path.name for one in test.left_out] == ["0.png"]
    assert test.left_out[0].label is None


def test_a_table_is_read_without_it(tmp_path: Path) -> None:
    rows = ["image,xmin,ymin,xmax,ymax,class"]
    for number in range(4):
        save(tmp_path / f"train/{number}.png")
        rows.append(f"{number}.png,2,2,20,20,{'ab'[number % 2]}")
    (tmp_path / "train.csv").write_text("\n".join(rows))
    (tmp_path / LEFT_OUT).write_text("# seen twice\n./train\\2.png\n\n")
    assert names(tmp_path) == ["train/0.png", "train/1.png", "train/3.png"]


def test_masks_are_read_without_it(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / f"images/{number}.png")
        (tmp_path / "masks").mkdir(exist_ok=True)
        Image.new("L", (32, 24), 255).save(tmp_path / f"masks/{number}.png")
    leave_out(tmp_path, [tmp_path / "images/0.png"])
    assert names(tmp_path) == ["images/1.png", "images/2.png"]


def test_the_data_s_own_validation_part_is_read_without_it(tmp_path: Path) -> None:
    for part in ("train", "valid"):
        for name in ("cat", "dog"):
            for number in range(3):
                save(tmp_path / part / name / f"{number}.png")
    leave_out(tmp_path, [tmp_path / "valid/cat/0.png"])
    assert len(read_dataset(tmp_path).validation) == 5


def test_names_that_are_not_there_are_told(tmp_path: Path) -> None:
    folders(tmp_path)
    (tmp_path / LEFT_OUT).write_text("train/cat/77.png\n")
    assert any("names 1 that are not there (train/cat/77.png)" in note for note in read_dataset(tmp_path).notes)


def test_all_left_out_is_said(tmp_path: Path) -> None:
    folders(tmp_path)
    leave_out(tmp_path, (tmp_path / "train").rglob("*.png"))
    with pytest.raises(DataError, match=r"left-out\.txt leaves out all of its pictures"):
        read_dataset(tmp_path)


def test_pictures_from_elsewhere_are_refused(tmp_path: Path) -> None:
    folders(tmp_path / "data")
    with pytest.raises(DataError, match="Only pictures of"):
        leave_out(tmp_path / "data", [save(tmp_path / "other.png")])
    assert not (tmp_path / "data" / LEFT_OUT).exists()


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    folders(tmp_path)
    (tmp_path / LEFT_OUT).write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(DataError, match="write it as UTF-8 text"):
        read_dataset(tmp_path)


class TestWhatDoesNotOpen:
    """A file that is broken from its first byte on is never a sample, and can be left out all the same."""

    @staticmethod
    def broken(path: Path) -> Path:
        path.write_bytes(b"\xff\xd8\xff\xe0 and nothing else")
        return path

    @pytest.mark.parametrize("form", ["folders", "masks", "csv", "coco", "yolo", "voc", "with a validation part"])
    def test_it_comes_with_its_finding_and_goes_with_it(self, form: str, tmp_path: Path) -> None:
        root = tmp_path / "data"
        if form in ("coco", "yolo", "voc", "csv"):
            WRITE[form](several_classes(tmp_path), root)
            bad = self.broken(next(root.rglob("cups.jpg" if form != "voc" else "*cups.jpg")))
        elif form == "masks":
            for number in range(3):
                save(root / f"images/{number}.png")
                (root / "masks").mkdir(exist_ok=True)
                Image.new("L", (32, 24), 255).save(root / f"masks/{number}.png")
            bad = self.broken(root / "images/1.png")
        else:
            folders(root)
            bad = root / "train/dog/2.png"
            if form != "folders":
                bad = root / "valid/dog/2.png"
                for name in ("cat", "dog"):
                    save(root / "valid" / name / "1.png")
            self.broken(bad)
        found = left_out(read_dataset(root).problems)
        assert {(one.id, one.pictures) for one in found if one.pictures} == {("unreadable-picture", (bad,))}
        assert leave_out(root, [bad]) == 1
        again = read_dataset(root)
        assert not pictures_of(again.problems)
        assert "left-out.txt: 1 picture that it names is left out; delete the line to use one again" in again.notes
        assert bad in {sample.path for sample in again.left_out}

    def test_a_row_that_is_wrong_goes_with_its_picture(self, tmp_path: Path) -> None:
        rows = ["image,xmin,ymin,xmax,ymax,class"]
        for number in range(6):
            save(tmp_path / f"train/{number}.png")
            rows.append(f"{number}.png,2,2,{20 if number else 90},20,{'ab'[number % 2]}")
        (tmp_path / "train.csv").write_text("\n".join([*rows, "gone.png,2,2,20,20,a"]))
        found = left_out(read_dataset(tmp_path).problems)
        assert [(one.id, one.pictures) for one in found] == [
            ("left-out", ()), ("left-out", (tmp_path / "train/0.png",)),
        ]  # fmt: skip
        leave_out(tmp_path, found[1].pictures)
        assert [one.id for one in left_out(read_dataset(tmp_path).problems)] == ["left-out"], "gone.png is not there"
