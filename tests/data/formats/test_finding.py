"""Names find their files where one only can be meant, and are told; where two can be, that is said."""

import shutil
from pathlib import Path

import pytest
from made_data import save, write_table

from smallimg.data.formats import read_dataset


@pytest.mark.parametrize(
    ("written", "file"),
    [
        ("deep\\p0.jpg", "deep/p0.jpg"),
        ("train/p0.jpg", "p0.jpg"),
        ("data\\train\\p0.jpg", "p0.jpg"),
        ("C:\\data\\p0.jpg", "p0.jpg"),
        ("/content/data/train/p0.jpg", "p0.jpg"),
        ("./p0.jpg", "p0.jpg"),
        ("p0", "p0.jpg"),
        ("P0.JPG", "p0.jpg"),
        ("p0.jpg", "P0.JPG"),
        ("caf\u00e9.jpg", "cafe\u0301.jpg"),
        ("cafe\u0301.jpg", "caf\u00e9.jpg"),
        ("p0.jpg", "deep/p0.jpg"),
        ("p0.png", "p0.png"),
    ],
)
def test_a_name_finds_its_picture(written: str, file: str, tmp_path: Path) -> None:
    path = save(tmp_path / "train" / file)
    (tmp_path / "train.csv").write_text(f"image,class\n{written},cup\n", "utf-8")
    dataset = read_dataset(tmp_path)
    assert [(sample.path, sample.name) for sample in dataset.samples] == [(path, written)]
    renamed = written != file and not written.startswith("./")
    assert ("1 picture was found under another name than train.csv writes" in dataset.notes) == renamed
    assert dataset.problems == ()


def test_a_name_that_can_be_two_pictures_is_named(tmp_path: Path) -> None:
    write_table(tmp_path, "0,0,0,5,5,cup", "1.jpg,0,0,5,5,cup", "train/1.JPG,5,5,9,9,cup")
    save(tmp_path / "train/0.png")
    dataset = read_dataset(tmp_path)
    assert dataset.problems == (
        "train.csv line 2: 0 can be more than one picture (0.jpg, 0.png): write the name in full",
    )
    (sample,) = dataset.samples
    assert sample.boxes.tolist() == [[0, 0, 5, 5], [5, 5, 9, 9]], "two names of one picture are one picture"


@pytest.mark.parametrize(
    "mask",
    [
        "p00.png", "p00_mask.png", "p00-mask.png", "p00_gt.png", "p00.mask.png", "mask_p00.png", "P00.PNG",
        "p00.jpg.png", "p00_segmentation.png", "deep/p00.png",
    ],
)  # fmt: skip
def test_a_mask_is_found_by_its_pictures_name(mask: str, tmp_path: Path) -> None:
    save(tmp_path / "images/p00.jpg")
    save(tmp_path / "images/p01.jpg")
    save(tmp_path / "masks" / mask)
    save(tmp_path / "masks" / mask.replace("00", "01"))
    dataset = read_dataset(tmp_path)
    assert [sample.mask for sample in dataset.samples] == [
        tmp_path / "masks" / mask, tmp_path / "masks" / mask.replace("00", "01"),
    ]  # fmt: skip
    assert dataset.problems == ()
    said = mask not in ("p00.png", "p00.jpg.png")
    assert any(note.startswith("2 masks") for note in dataset.notes) == said


def test_two_pictures_of_one_stem_share_no_mask(tmp_path: Path) -> None:
    for name in ("images/a.jpg", "images/a.png", "masks/a.png", "images/b.jpg", "images/b.png", "masks/b.jpg.png"):
        save(tmp_path / name)
    dataset = read_dataset(tmp_path)
    assert [(sample.path.name, sample.mask.name) for sample in dataset.samples if sample.mask] == [
        ("b.jpg", "b.jpg.png")
    ]
    rival = "another picture differs by its ending only, so that neither's mask is known: rename one"
    assert dataset.problems == (
        f"a.jpg: {rival}", f"a.png: {rival}", f"b.png: {rival}", "the mask a.png has no picture in images/",
    )  # fmt: skip


def test_two_masks_of_one_picture_are_named(tmp_path: Path) -> None:
    for name in ("images/a.jpg", "masks/a_mask.png", "masks/a-gt.png", "images/b.jpg", "masks/b.png"):
        save(tmp_path / name)
    dataset = read_dataset(tmp_path)
    assert [sample.path.name for sample in dataset.samples] == ["b.jpg"]
    assert dataset.problems[0] == "a.jpg: more than one mask can be its own (a-gt.png, a_mask.png): leave one of them"


def test_pictures_without_a_row_are_counted(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup")
    (tmp_path / "train/b.psd").touch()
    assert read_dataset(tmp_path).notes == (
        "2 pictures were passed over without a row in train.csv (1.jpg, 2.jpg)",
        "1 file is of a kind smallimg does not read: .psd (1)",
    )


@pytest.mark.parametrize("ending", [".jfif", ".jpe", ".mpo", ".hif", ".JPG", ".dib", ".apng"])
def test_pictures_with_rarer_endings_are_read(ending: str, tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        path = save(tmp_path / name / "a.jpg")
        shutil.move(path, path.with_suffix(ending))
    assert len(read_dataset(tmp_path).samples) == 2
