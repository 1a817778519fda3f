"""Which form a data set has, in a folder and in a zip; real sets in each."""

import json
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from made_data import assert_same_objects, save, several_classes, write_table

from smallimg.data.formats import WITHOUT_SPLITS, WRITE, list_splits, read_dataset
from smallimg.errors import DataError

SHARED_DATA = Path(__file__).parents[4] / "shared" / "data"


def test_nothing_usable_is_an_error_with_the_report(tmp_path: Path) -> None:
    write_table(tmp_path, *(f"{index}.jpg,0,0,5,5,cup" for index in range(100, 130)), images=0)
    with pytest.raises(DataError) as caught:
        read_dataset(tmp_path)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{tmp_path.name} holds nothing usable for 'train'. What is wrong:"
    assert lines[1:] == [
        "- train.csv line 2: there is no picture 100.jpg – and 29 more like it",
        "- the class cup has no picture",
    ]


def test_data_without_a_form_says_what_was_expected_and_found(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Expected train\.csv beside .* found an empty folder\."):
        read_dataset(tmp_path)
    write_table(tmp_path, "0.jpg,0,0,5,5,cup")
    with pytest.raises(DataError, match=r"for 'validation'\. .* found train\.csv, train/\."):
        read_dataset(tmp_path, split="validation")
    with pytest.raises(DataError, match="There is no data set “missing”"):
        read_dataset(tmp_path / "missing")


def test_test_pictures_are_never_taken_for_training(tmp_path: Path) -> None:
    save(tmp_path / "test/cat/a.jpg")
    with pytest.raises(DataError, match=r"for 'train'.*found test/"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("top", ["", "my data"])
def test_a_zip_reads_like_its_folder(top: str, tmp_path: Path) -> None:
    write_table(tmp_path / "zipped" / top, "0.jpg,0,0,5,5,cup", "1.jpg,0,0,5,5,ball")
    archive = Path(shutil.make_archive(str(tmp_path / "data"), "zip", tmp_path / "zipped"))
    dataset = read_dataset(archive)
    assert dataset.class_names == ("ball", "cup")
    assert all(sample.path.is_file() for sample in dataset.samples)
    with pytest.raises(DataError, match="the limit is 3"):
        read_dataset(archive, max_files=3)
    with pytest.raises(DataError, match="unpacks to more than the limit"):
        read_dataset(archive, max_bytes=700)


@pytest.mark.parametrize("form", ["coco", "yolo", "voc"])
@pytest.mark.parametrize("top", ["", "my data"])
def test_what_tools_write_is_recognised_in_a_zip(form: str, top: str, tmp_path: Path) -> None:
    for split in ("train", "val"):
        WRITE[form](several_classes(tmp_path, split=split), tmp_path / "zipped" / top)
    archive = Path(shutil.make_archive(str(tmp_path / "data"), "zip", tmp_path / "zipped"))
    dataset = read_dataset(archive, split="valid")
    assert_same_objects(dataset, several_classes(tmp_path, split="val"), within=0.5)
    with pytest.raises(DataError) as caught:
        read_dataset(archive, split="test")
    sentence = f"{top or archive.name} has no split 'test': choose one of those that are there: train, val."
    assert str(caught.value) == sentence


@pytest.mark.parametrize("form", sorted(WRITE))
def test_every_split_is_listed(form: str, tiny_challenge: Path, tmp_path: Path) -> None:
    for split in ("train", "test")[: 1 if form in WITHOUT_SPLITS else 2]:
        WRITE[form](read_dataset(tiny_challenge, split=split), tmp_path)
    assert list_splits(tmp_path) == (("all",) if form in WITHOUT_SPLITS else ("train", "test"))


def test_a_table_goes_before_what_lies_beside_it(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup")
    save(tmp_path / "test/cup/a.jpg")
    (tmp_path / "labels.json").write_text(json.dumps({"images": [], "annotations": [], "categories": []}))
    assert read_dataset(tmp_path).class_names == ("cup",)
    assert list_splits(tmp_path) == ("train",)
    (tmp_path / "labels.json").unlink()
    assert list_splits(tmp_path) == ("train", "test")


@pytest.mark.parametrize("name", ["notes.json", "notes.xml", "notes.yaml", "notes.csv"])
def test_other_files_beside_class_folders_mean_nothing(name: str, tmp_path: Path) -> None:
    for place in ("train/cat/a.jpg", "train/dog/b.jpg"):
        save(tmp_path / place)
    (tmp_path / name).write_text("[]" if name == "notes.json" else "a: 1" if name == "notes.yaml" else "<a/>")
    (tmp_path / "train" / name).write_text("")
    dataset = read_dataset(tmp_path)
    assert (dataset.class_names, dataset.problems) == (("cat", "dog"), ())


def test_what_stays_in_a_zip_is_counted(tmp_path: Path) -> None:
    write_table(tmp_path / "zipped", "0.jpg,0,0,5,5,cup", "1.jpg,0,0,5,5,ball")
    for name in ("train/7.psd", "train/8.PSD", "film.mp4", "LICENSE", ".hidden.psd", "__MACOSX/0.psd", "read.me.md"):
        file = tmp_path / "zipped" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x")
    archive = Path(shutil.make_archive(str(tmp_path / "data"), "zip", tmp_path / "zipped"))
    (note,) = (note for note in read_dataset(archive).notes if "of a kind" in note)
    assert note.startswith("4 files are of a kind smallimg does not read: .psd (2), ")
    assert {".mp4 (1)", "without an ending (1)"} <= set(note.split(": ")[1].split(", "))


def test_a_file_that_is_no_zip(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"photo\.jpg could not be unpacked"):
        read_dataset(save(tmp_path / "photo.jpg"))


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the real data sets do not lie in ../shared/data")
@pytest.mark.parametrize(
    ("name", "split", "samples", "classes"),
    [("challenge.zip", "test", 800, 8), ("saliency.zip", "train", 1896, 0), ("kinds.tar.xz", "val", 3958, 200)],
)
def test_real_sets_read_without_a_problem(name: str, split: str, samples: int, classes: int, tmp_path: Path) -> None:
    path = SHARED_DATA / name
    if path.suffix == ".xz":
        with tarfile.open(path) as archive:  # the training pictures would only take time
            archive.extractall(tmp_path, [one for one in archive if not one.name.startswith("train")], filter="data")
        path = tmp_path
    dataset = read_dataset(path, split=split, max_files=100_000)
    assert (len(dataset.samples), len(dataset.class_names), dataset.problems) == (samples, classes, ())


@pytest.mark.parametrize("form", ["coco", "yolo", "voc"])
def test_a_box_of_no_known_class_is_written_as_no_other(form: str, tmp_path: Path) -> None:
    dataset = several_classes(tmp_path)
    first, *others = dataset.samples
    half_known = replace(dataset, samples=(replace(first, box_labels=(1, -1)), *others))
    with pytest.raises(DataError, match="1 of 4 pictures have no class"):
        WRITE[form](half_known, tmp_path / "out")
    assert not (tmp_path / "out").exists()
