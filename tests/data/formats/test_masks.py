"""Pictures with masks."""

from pathlib import Path

import pytest
from made_data import contents, save

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats import masks, read_dataset
from smallimg.errors import DataError


def test_pictures_with_masks(tmp_path: Path) -> None:
    for name in ("images/a.jpg", "images/b.jpg", "images/deep/a.jpg", "masks/a.png", "masks/deep/a.png", "masks/z.png"):
        save(tmp_path / name)
    dataset = read_dataset(tmp_path)
    assert (dataset.split, dataset.class_names, dataset.class_ids) == ("all", (), ())
    assert [(sample.path, sample.mask, sample.label) for sample in dataset.samples] == [
        (tmp_path / "images/a.jpg", tmp_path / "masks/a.png", None),
        (tmp_path / "images/deep/a.jpg", tmp_path / "masks/deep/a.png", None),
    ]
    assert dataset.problems == ("b.jpg: its mask is missing", "the mask z.png has no picture in images/")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    for number, name in enumerate(("a", "b", "deep/a")):
        save(tmp_path / "in/images" / f"{name}.jpg", grey=10 * number)
        save(tmp_path / "in/masks" / f"{name}.png", grey=255 - number)
    dataset = read_dataset(tmp_path / "in")
    masks.write(dataset, tmp_path / "out")
    again = read_dataset(tmp_path / "out")
    assert (again.split, again.problems, contents(again)) == ("all", (), contents(dataset))
    assert [one.path.relative_to(again.root) for one in again.samples] == [
        one.path.relative_to(dataset.root) for one in dataset.samples
    ]
    with pytest.raises(DataError, match="images is there already"):
        masks.write(dataset, tmp_path / "out")


def test_boxes_and_classes_are_left_behind(tiny_challenge: Path, tmp_path: Path) -> None:
    dataset = read_dataset(tiny_challenge)
    masks.write(dataset, tmp_path)
    again = read_dataset(tmp_path)
    assert contents(again) == sorted((picture, [], None, mask) for picture, _, _, mask in contents(dataset))


def test_pictures_that_differ_by_their_ending_keep_their_own_masks(tmp_path: Path) -> None:
    samples = tuple(
        Sample(save(tmp_path / name, grey=number), as_boxes([]), None, save(tmp_path / f"{number}.png", grey=number))
        for number, name in enumerate(("a.jpg", "a.png", "a.jpeg", "a-2.jpg"))
    )
    dataset = Dataset(tmp_path, "train", (), samples, (), ())
    masks.write(dataset, tmp_path / "out")
    assert contents(read_dataset(tmp_path / "out")) == contents(dataset)


def test_every_picture_needs_a_mask(tmp_path: Path) -> None:
    samples = tuple(
        Sample(save(tmp_path / name), as_boxes([]), None, mask)
        for name, mask in (("a.jpg", None), ("b.jpg", save(tmp_path / "b.png")))
    )
    with pytest.raises(DataError, match=r"1 of 2 pictures have no mask \(a\.jpg\)"):
        masks.write(Dataset(tmp_path, "train", (), samples, (), ()), tmp_path / "out")
    assert not (tmp_path / "out").exists()
