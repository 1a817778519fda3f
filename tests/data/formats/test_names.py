"""What folders are called, and what is made of it: never a class of what is none."""

from pathlib import Path

import pytest
from made_data import save

from smallimg.data.dataset import split_train_validation
from smallimg.data.formats import read_dataset
from smallimg.data.formats.names import meaning, split_word
from smallimg.errors import DataError


def fill(root: Path, *folders: str, count: int = 2) -> Path:
    """Pictures, each unlike the others, in each of the folders."""
    for number, folder in enumerate(folders):
        for index in range(count):
            save(root / folder / f"{index}.png", grey=10 * number + index)
    return root


def classes(*splits: str) -> list[str]:
    return [f"{split}/{name}" for split in splits for name in ("cat", "dog")]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("Train", "Test"), ("TRAIN", "TEST"), ("Training", "Testing"), ("training", "testing"),
        ("seg_train", "seg_test"),        ("training_set", "test_set"), ("train-data", "test-data"),
        ("trainset", "testset"),
        ("train_images", "test_images"),
    ],
)  # fmt: skip
def test_parts_are_no_classes_in_any_spelling(train: str, test: str, tmp_path: Path) -> None:
    fill(tmp_path, *classes(train, test))
    dataset = read_dataset(tmp_path)
    assert (dataset.split, dataset.class_names, len(dataset.samples)) == ("train", ("cat", "dog"), 4)
    tested = read_dataset(tmp_path, split="test")
    assert (tested.split, tested.class_names, len(tested.samples)) == ("test", ("cat", "dog"), 4)
    assert {sample.path.relative_to(tmp_path).parts[0] for sample in tested.samples} == {test}


@pytest.mark.parametrize("name", ["valid", "val", "Validation", "VAL", "dev"])
def test_a_validation_part_is_used_as_one(name: str, tmp_path: Path) -> None:
    fill(tmp_path, *classes("train", "test"), f"{name}/dog", f"{name}/cat", f"{name}/fox")
    dataset = read_dataset(tmp_path)
    training, validation = split_train_validation(dataset)
    assert len(training.samples) == 4
    found = [(sample.path.relative_to(tmp_path).parts[:2], sample.label) for sample in validation.samples]
    assert found == [((name, "cat"), 0)] * 2 + [((name, "dog"), 1)] * 2
    assert dataset.problems == ("fox in the validation part is in no training picture and is left out",)
    assert any("validation part" in note for note in dataset.notes)


def test_a_part_zipped_into_itself(tmp_path: Path) -> None:
    fill(tmp_path, *classes("seg_train/seg_train", "seg_test/seg_test"), "seg_pred/seg_pred")
    assert read_dataset(tmp_path).class_names == ("cat", "dog")


@pytest.mark.parametrize(
    ("pictures", "masks"),
    [
        ("images", "masks"), ("Images", "Masks"), ("image", "mask"), ("img", "gt"), ("imgs", "labels"),
        ("im_aug", "gt_aug"),
        ("Imgs", "GT"), ("images", "groundtruth"), ("images", "ground_truth"), ("JPEGImages", "Annotations"),
        ("JPEGImages", "SegmentationClass"), ("DUT-OMRON-image", "pixelwiseGT-new-PNG"), ("input", "target"),
    ],
)  # fmt: skip
def test_pictures_and_masks_are_no_classes_in_any_spelling(pictures: str, masks: str, tmp_path: Path) -> None:
    fill(tmp_path, pictures, masks)
    dataset = read_dataset(tmp_path)
    assert (dataset.class_names, dataset.problems) == ((), ())
    assert [(sample.path.parent.name, sample.mask.parent.name) for sample in dataset.samples if sample.mask] == [
        (pictures, masks)
    ] * 2


@pytest.mark.parametrize(
    ("folders", "pictures"),
    [
        (("DUTS-TR-Image", "DUTS-TR-Mask", "DUTS-TE-Image", "DUTS-TE-Mask"), "DUTS-TR-Image"),
        (("train_images", "train_masks", "test_images", "test_masks"), "train_images"),
        (("train/images", "train/masks", "test/images", "test/masks"), "train/images"),
        (("images/train", "masks/train", "images/test", "masks/test"), "images/train"),
        (("DUTS-TR/DUTS-TR-Image", "DUTS-TR/DUTS-TR-Mask"), "DUTS-TR/DUTS-TR-Image"),
    ],
)
def test_pictures_and_masks_in_parts(folders: tuple[str, ...], pictures: str, tmp_path: Path) -> None:
    fill(tmp_path, *folders)
    dataset = read_dataset(tmp_path)
    assert {sample.path.parent for sample in dataset.samples} == {tmp_path / pictures}
    assert all(sample.mask for sample in dataset.samples)
    assert dataset.problems == ()


@pytest.mark.parametrize("names", [("with_mask", "without_mask"), ("mask", "no_mask"), ("test tube", "train station")])
def test_classes_whose_names_have_such_words_stay_classes(names: tuple[str, str], tmp_path: Path) -> None:
    dataset = read_dataset(fill(tmp_path, *names))
    assert dataset.class_names == names
    assert len(dataset.samples) == 4
    assert ("mask/ is taken for a class" in " ".join(dataset.notes)) == (names[0] == "mask")


def test_a_class_of_trains(tmp_path: Path) -> None:
    assert read_dataset(fill(tmp_path / "in", "train/train", "train/car")).class_names == ("car", "train")
    with pytest.raises(DataError, match="may be a part of the data or a class, like car/ beside it: put the folders"):
        read_dataset(fill(tmp_path / "beside", "train", "car"))


@pytest.mark.parametrize("beside", ["Images", "labels", "annotations"])
def test_what_cannot_be_told_apart_is_refused(beside: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"has {beside}/ beside cat/, dog/: whether .* rename it, or take it out"):
        read_dataset(fill(tmp_path, "cat", "dog", beside))


def test_two_folders_for_one_part_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="train/ and training/ may both be the train part: keep one"):
        read_dataset(fill(tmp_path, *classes("train", "training")))


def test_spellings_of_one_class_are_one(tmp_path: Path) -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    fill(tmp_path, f"train/{apart}", "train/Tea ", "train/tea")
    (tmp_path / "classes.txt").write_text(f"tea\n{composed}\n", "utf-8")
    dataset = read_dataset(tmp_path)
    assert (dataset.class_names, dataset.problems) == (("tea", composed), ())
    assert [sample.label for sample in dataset.samples] == [0, 0, 1, 1, 0, 0]
    assert "Tea , tea are taken for one class, tea" in dataset.notes


@pytest.mark.parametrize("inside", [None, ".hidden.png", "Thumbs.db", ".ipynb_checkpoints/0.png"])
def test_an_empty_folder_is_named_and_the_others_go_on(inside: str | None, tmp_path: Path) -> None:
    fill(tmp_path, "train/cat", "train/dog", "__MACOSX/train/cat", "train/@eaDir/cat")
    (tmp_path / "train/fox").mkdir()
    if inside:
        save(tmp_path / "train/fox" / inside) if inside.endswith("png") else (tmp_path / "train/fox" / inside).touch()
    dataset = read_dataset(tmp_path)
    assert (dataset.class_names, len(dataset.samples), dataset.problems) == (("cat", "dog"), 4, ())
    assert dataset.notes == ("fox/ has no picture and is left out",)


def test_what_is_passed_over_is_counted(tmp_path: Path) -> None:
    fill(tmp_path, "train/cat", "train/dog")
    save(tmp_path / "train/loose.png")
    for name in (
        "cat/a.psd",
        "cat/b.psd",
        "dog/c.svg",
        "dog/Thumbs.db",
        "dog/.DS_Store",
        "dog/._1.png",
        "dog/desktop.ini",
    ):
        (tmp_path / "train" / name).write_bytes(b"x")
    dataset = read_dataset(tmp_path)
    assert dataset.problems == ("1 picture was left out, in no class's folder (loose.png)",)
    assert dataset.notes == ("3 files are of a kind smallimg does not read: .psd (2), .svg (1)",)


def test_words_of_names() -> None:
    assert (split_word("Valid"), split_word("holiday"), split_word("TESTING")) == ("validation", "holiday", "test")
    assert (meaning("JPEGImages").kind, meaning("trainmasks").split, meaning("trainmasks").kind) == (
        "pictures", "train", "masks",
    )  # fmt: skip
    assert meaning("golden retriever").kind is None
