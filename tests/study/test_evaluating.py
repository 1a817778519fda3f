"""From a bundle and a data set to a folder of files."""

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from smallimg.data.dataset import Dataset
from smallimg.data.formats import read_dataset
from smallimg.errors import DataError
from smallimg.study.comparison import read_comparison
from smallimg.study.evaluating import Wanted, measure
from smallimg.study.rows import read_rows


@pytest.fixture
def dataset(tiny_challenge: Path) -> Dataset:
    return read_dataset(tiny_challenge, split="test")


def test_all_that_is_wanted_is_written(tiny_bundle: Path, dataset: Dataset, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    wanted = Wanted(
        str(tiny_bundle), against=str(tiny_bundle), against_background="none", lesson=True, names=("mine", "mine"),
        keep=("cutouts", "crops"),
    )  # fmt: skip
    found = measure(wanted, dataset, tmp_path, progress=lambda done, of: told.append((done, of)))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "comparison.csv", "comparison.json", "crops.zip", "cutouts.zip", "lesson.csv", "lesson.json", "metrics.json",
        "predictions.csv", "submission.csv",
    ]  # fmt: skip
    assert told == [(done, 40) for done in range(1, 41)], "once, once beside, three times for the lesson"
    rows = read_rows(tmp_path / "predictions.csv")
    assert [(row.name, row.label) for row in rows] == [(row.name, row.label) for row in found.evaluation.rows]
    assert json.loads((tmp_path / "metrics.json").read_text()) == found.evaluation.metrics
    with zipfile.ZipFile(tmp_path / "cutouts.zip") as file:
        assert sorted(file.namelist()) == [f"test/{index:04}.png" for index in range(8)]
        with file.open("test/0000.png") as stream:
            assert (Image.open(stream).mode, Image.open(stream).size) == ("RGBA", (64, 64))
    with zipfile.ZipFile(tmp_path / "crops.zip") as file:
        assert len(file.namelist()) == sum(row.box is not None for row in rows)
    comparison = read_comparison(tmp_path, name="comparison")
    assert comparison is not None
    assert [column.name for column in comparison.columns] == ["mine, background own", "mine, background none"]


def test_two_pictures_of_one_stem_keep_both_their_names(tiny_bundle: Path, tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png"):
        (tmp_path / "data").mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), "red").save(tmp_path / "data" / name)
    dataset = read_dataset(tmp_path / "data", unlabelled=True)
    measure(Wanted(str(tiny_bundle), keep=("cutouts",)), dataset, tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "out" / "cutouts.zip") as file:
        assert sorted(file.namelist()) == ["a.png", "a.png.png"]


def test_pictures_of_unknown_kinds_are_refused_or_left_out(tiny_bundle: Path, dataset: Dataset, tmp_path: Path) -> None:
    wrong = replace(dataset, class_names=("unicorn", *dataset.class_names[1:]))
    with pytest.raises(DataError, match="not trained for \\(unicorn\\)"):
        measure(Wanted(str(tiny_bundle)), wrong, tmp_path)
    found = measure(Wanted(str(tiny_bundle), known_only=True), wrong, tmp_path)
    assert found.notes == ("1 picture is left out, because the bundle does not know their class.",)
    assert found.evaluation.metrics["n"] == 7
    strange = replace(dataset, class_names=tuple(f"unicorn {place}" for place in range(len(dataset.class_names))))
    with pytest.raises(DataError, match="no picture is of a class"):
        measure(Wanted(str(tiny_bundle), known_only=True), strange, tmp_path)


def test_a_broken_picture_is_a_row_with_its_reason(tiny_bundle: Path, tiny_challenge: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_challenge, tmp_path / "data")
    dataset = read_dataset(tmp_path / "data", split="test")
    broken = dataset.samples[2].path
    broken.write_bytes(broken.read_bytes()[:700])
    measure(Wanted(str(tiny_bundle)), dataset, tmp_path / "out")
    rows = read_rows(tmp_path / "out" / "predictions.csv")
    assert [bool(row.error) for row in rows] == [False, False, True, *[False] * 5]
    assert (rows[2].truth, rows[2].label) == (dataset.class_names[dataset.samples[2].label or 0], None)


def test_a_folder_that_cannot_be_made_gets_a_sentence(tiny_bundle: Path, dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="could not be written"):
        measure(Wanted(str(tiny_bundle)), dataset, tmp_path / "file" / "out")
