"""Folders named by class."""

from pathlib import Path

import numpy as np
import pytest
from command_line import run
from made_data import contents, save, several_classes
from PIL import Image

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats import class_folders, coco, read_dataset
from smallimg.errors import DataError
from smallimg.pictures.images import open_image, read_size


def test_folders_named_by_class_with_splits(tmp_path: Path) -> None:
    for name in ("train/dog/b.jpg", "train/dog/a.JPG", "train/cat/deep/a.png", "test/cat/a.jpg"):
        save(tmp_path / name)
    (tmp_path / "train/empty").mkdir()
    (tmp_path / "train/dog/broken.jpg").write_bytes(b"nothing")
    dataset = read_dataset(tmp_path)
    assert (dataset.class_names, dataset.class_ids, dataset.split) == (("cat", "dog"), ("cat", "dog"), "train")
    found = [(sample.path.relative_to(tmp_path / "train").as_posix(), sample.label) for sample in dataset.samples]
    assert found == [("cat/deep/a.png", 0), ("dog/a.JPG", 1), ("dog/b.jpg", 1)]
    (problem,) = dataset.problems
    assert problem.startswith("dog/: broken.jpg is not a picture")
    assert read_dataset(tmp_path, split="test").class_names == ("cat",)


def test_folders_named_by_class_without_splits(tmp_path: Path) -> None:
    save(tmp_path / "dog/a.jpg")
    save(tmp_path / "cat/a.jpg")
    dataset = read_dataset(tmp_path, split="test")
    assert (dataset.split, dataset.class_names) == ("all", ("cat", "dog"))
    assert all(sample.boxes.shape == (0, 4) and sample.mask is None for sample in dataset.samples)


def test_declared_classes_order_the_folders(tmp_path: Path) -> None:
    for name in ("dog", "cat", "rat"):
        save(tmp_path / name / "a.jpg")
    (tmp_path / "classes.txt").write_text("dog\ncat\n")
    dataset = read_dataset(tmp_path)
    assert [(sample.path.parent.name, sample.label) for sample in dataset.samples] == [("cat", 1), ("dog", 0)]
    assert dataset.problems == ("rat/ is none of the classes named: dog, cat",)


@pytest.mark.parametrize("splits", [("train", "test"), ("",)], ids=["splits", "none"])
def test_what_is_written_is_read_back(splits: tuple[str, ...], tmp_path: Path) -> None:
    names = [f"{name}/{place}.png" for name in ("dog", "cat", "ant") for place in ("a", "b", "deep/b")]
    for number, name in enumerate(names):
        for index, split in enumerate(splits):
            save(tmp_path / "in" / split / name, grey=10 * number + index)
    (tmp_path / "in/classes.txt").write_text("dog\nant\ncat\n")
    for split in splits:
        dataset = read_dataset(tmp_path / "in", split=split or "train")
        class_folders.write(dataset, tmp_path / "out")
        again = read_dataset(tmp_path / "out", split=split or "train")
        assert (again.split, again.class_names, again.problems) == (split or "all", ("dog", "ant", "cat"), ())
        assert contents(again) == contents(dataset)
        assert [one.path.relative_to(again.root) for one in again.samples] == [
            one.path.relative_to(dataset.root) for one in dataset.samples
        ]
        with pytest.raises(DataError, match="is there already"):
            class_folders.write(dataset, tmp_path / "out")


def test_boxes_and_masks_are_left_behind(tiny_challenge: Path, tmp_path: Path) -> None:
    dataset = read_dataset(tiny_challenge)
    class_folders.write(dataset, tmp_path)
    again = read_dataset(tmp_path)
    assert contents(again) == sorted((picture, [], name, None) for picture, _, name, _ in contents(dataset))


@pytest.mark.parametrize(
    ("class_name", "label", "sentence"),
    [
        ("cup", None, "1 of 1 pictures have no class"),
        *(
            (name, 0, "no name for a folder of pictures")
            for name in ("a/b", "..", ".cup", "masks", "cup_masks", "a\\b")
        ),
        ("two\nlines", 0, "no name for a line of classes.txt"),
    ],
)
def test_what_folders_need(class_name: str, label: int | None, sentence: str, tmp_path: Path) -> None:
    sample = Sample(save(tmp_path / "a.jpg"), as_boxes([]), label, None)
    with pytest.raises(DataError, match=sentence):
        class_folders.write(Dataset(tmp_path, "train", (class_name,), (sample,), (), (class_name,)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_of_other_classes_is_refused(tmp_path: Path) -> None:
    sample = Sample(save(tmp_path / "a.jpg"), as_boxes([]), 0, None)
    for split, name in (("train", "cup"), ("test", "cup")):
        class_folders.write(Dataset(tmp_path, split, (name,), (sample,), (), (name,)), tmp_path / "out")
    with pytest.raises(DataError, match="has the classes cup, and not hat: choose another folder"):
        class_folders.write(Dataset(tmp_path, "val", ("hat",), (sample,), (), ("hat",)), tmp_path / "out")


class TestCrops:
    def test_each_box_becomes_a_picture_of_its_class(self, tmp_path: Path) -> None:
        made = several_classes(tmp_path)
        assert class_folders.write_crops(made, tmp_path / "out") == 5
        files = {path.relative_to(tmp_path / "out").as_posix(): path for path in (tmp_path / "out").rglob("*.jpg")}
        assert sorted(files) == [
            "train/ball/both_1.jpg", "train/ball/turned_1.jpg",
            "train/cup/both_2.jpg", "train/cup/deep/cups_1.jpg", "train/cup/deep/cups_2.jpg",
        ]  # fmt: skip
        assert read_size(files["train/cup/both_2.jpg"]) == (14, 9)  # 6.25, 1, 20, 10 in whole pixels
        assert read_size(files["train/ball/turned_1.jpg"]) == (7, 17), "upright, as its box is"
        back = read_dataset(tmp_path / "out")
        assert (back.form, back.class_names, back.problems) == ("folders", ("cup", "ball"), ())

    def test_a_crop_shows_what_was_in_the_box(self, tmp_path: Path) -> None:
        pixels = np.random.default_rng(0).integers(0, 255, (10, 20, 3), np.uint8)
        (tmp_path / "in").mkdir()
        Image.fromarray(pixels).save(tmp_path / "in/a.png")
        samples = (Sample(tmp_path / "in/a.png", as_boxes([(3, 2, 9, 8)]), 0, None),)
        class_folders.write_crops(Dataset(tmp_path, "all", ("cup",), samples, (), ("cup",)), tmp_path / "out")
        np.testing.assert_array_equal(np.asarray(open_image(tmp_path / "out/cup/a_1.png")), pixels[2:8, 3:9])

    def test_pictures_of_several_classes_are_refused_whole_with_the_remedy(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"1 picture of 4 show.* \(both\.jpg\).*: --crops writes a picture of each"):
            class_folders.write(several_classes(tmp_path), tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_nothing_with_a_class_is_an_error(self, tmp_path: Path) -> None:
        samples = (Sample(save(tmp_path / "a.jpg"), as_boxes([(3, 2, 9, 8)]), None, None),)
        with pytest.raises(DataError, match="nothing in it has a class"):
            class_folders.write_crops(Dataset(tmp_path, "all", (), samples, (), ()), tmp_path / "out")

    def test_from_the_command_line(self, tmp_path: Path) -> None:
        several = several_classes(tmp_path)
        coco.write(several, tmp_path / "coco")
        result = run("convert", tmp_path / "coco", tmp_path / "out", "--to", "folders", "--crops")
        assert (result.exit_code, result.stdout) == (
            0, f"5 crops written to {tmp_path / 'out'}; their masks have no place in that form\n",
        )  # fmt: skip
        result = run("convert", tmp_path / "coco", tmp_path / "yolo", "--to", "yolo", "--crops")
        assert (result.exit_code, "--crops is for --to folders" in result.stderr) == (2, True)
