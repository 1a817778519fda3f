"""A data set as a zip in another form: its splits as training uses them, and what was put right in the page."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from made_data import save

from smallimg.boxes import as_boxes
from smallimg.data.converting import as_trained, export_data
from smallimg.data.corrections import Correction, correct
from smallimg.data.dataset import split_train_validation
from smallimg.data.formats import HOLDS, read_dataset
from smallimg.errors import DataError


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Ten cats and ten dogs in folders, without splits."""
    for number in range(20):
        save(tmp_path / "pets" / ("cat", "dog")[number % 2] / f"{number:02}.png")
    return tmp_path / "pets"


def unpacked(archive: Path) -> Path:
    with zipfile.ZipFile(archive) as file:
        file.extractall(archive.with_suffix(""))
    return archive.with_suffix("")


def test_what_training_keeps_aside_becomes_a_part_of_its_own(pets: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    counts, left = export_data(
        pets, tmp_path / "out" / "pets.zip", to="folders", report=lambda *done: told.append(done)
    )
    assert (counts, left) == ({"train": 16, "validation": 4}, [])
    assert told[-1] == (20, 20)
    again = read_dataset(unpacked(tmp_path / "out" / "pets.zip"))
    _, aside = split_train_validation(read_dataset(pets))
    assert {one.path.name for one in again.validation} == {one.path.name for one in aside.samples}
    assert again.class_names == ("cat", "dog")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["pets", "pets.zip"]


@pytest.mark.parametrize("form", ["coco", "yolo", "voc", "csv", "folders"])
def test_what_was_put_right_goes_along_with_every_split(tiny_challenge: Path, tmp_path: Path, form: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(tiny_challenge, data)
    before = {part: read_dataset(data, split=part) for part in ("train", "test")}
    changed = {part: one.samples[0] for part, one in before.items()}
    names = {part: before[part].class_names for part in before}
    other = {part: next(name for at, name in enumerate(names[part]) if at != changed[part].label) for part in before}
    box = [10.0, 12.0, 60.0, 50.0]
    said = {part: Correction(as_boxes([box]), class_name=name, by="background") for part, name in other.items()}
    correct(data, {f"{part}/{one.path.name}": said[part] for part, one in changed.items()})
    counts, _ = export_data(data, tmp_path / "out.zip", to=form)
    assert sum(counts.values()) == 24
    assert counts["test"] == 8
    again = {part: read_dataset(unpacked(tmp_path / "out.zip"), split=part) for part in ("train", "test")}
    for part, one in changed.items():
        pictures = (*again[part].samples, *again[part].validation)
        [same] = [sample for sample in pictures if sample.path.name.endswith(one.path.name)]
        assert same.label is not None
        assert again[part].class_names[same.label] == other[part]
        if "boxes" in HOLDS[form]:
            assert same.boxes == pytest.approx(np.array([box]), abs=0.5)


def test_data_that_cannot_be_split_stays_whole_and_a_form_that_needs_more_says_so(tmp_path: Path) -> None:
    for name in ("cat/1.png", "cat/2.png", "dog/3.png"):
        save(tmp_path / "pets" / name)
    whole = read_dataset(tmp_path / "pets")
    assert as_trained([whole]) == [whole]
    assert export_data(tmp_path / "pets", tmp_path / "a.zip", to="folders")[0] == {"all": 3}
    with pytest.raises(DataError, match="have no box"):
        export_data(tmp_path / "pets", tmp_path / "b.zip", to="coco")
    assert not (tmp_path / "b.zip").exists()
