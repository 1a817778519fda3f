"""A run goes on with the pictures that it began with, whatever was left out or added since."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg.data.dataset import place_below, split_train_validation, trainable
from smallimg.data.left_out import leave_out, take_back
from smallimg.errors import DataError
from smallimg.runs.pictures import BEGAN_WITH, read_pictures


def save(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 255, (16, 16, 3), np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for number in range(6):
        for name in ("cat", "dog"):
            save(tmp_path / f"data/train/{name}/{number}.png", number)
    return tmp_path / "data"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "run/state").mkdir(parents=True)
    return tmp_path / "run"


def parts(run: Path, data: Path) -> list[list[tuple[str, int | None]]]:
    """What it learns from and what it keeps aside, with the labels."""
    dataset = trainable(read_pictures(run, str(data), "train")[0])
    return [
        [(place_below(one.path, dataset.root), one.label) for one in part.samples]
        for part in split_train_validation(dataset, seed=1)
    ]


def learned(run: Path) -> None:
    (run / "state/classifier.pt").touch()


def test_as_long_as_nothing_was_learned_the_data_are_taken_as_they_are(run: Path, data: Path) -> None:
    read_pictures(run, str(data), "train")
    leave_out(data, [data / "train/cat/0.png"])
    assert len(read_pictures(run, str(data), "train")[0].samples) == 11
    assert len((run / BEGAN_WITH).read_text().splitlines()) == 11


def test_what_was_left_out_since_is_learned_from_all_the_same(run: Path, data: Path) -> None:
    before = parts(run, data)
    learned(run)
    leave_out(data, [data / "train/cat/0.png", data / "train/dog/3.png"])
    assert parts(run, data) == before
    _, said = read_pictures(run, str(data), "train")
    assert said == (
        "2 pictures left out since the run began, which it goes on with: a new run takes the data as they are now",
    )


def test_what_was_taken_back_or_came_since_is_not(run: Path, data: Path) -> None:
    leave_out(data, [data / "train/cat/0.png"])
    before = parts(run, data)
    learned(run)
    take_back(data)
    save(data / "train/ant/0.png", 20)  # a class before the others
    save(data / "train/ant/1.png", 21)
    assert parts(run, data) == before
    _, said = read_pictures(run, str(data), "train")
    assert said[0].startswith("3 pictures that came since the run began, which it does not learn from: a new run")


def test_nothing_is_said_where_nothing_has_changed(run: Path, data: Path) -> None:
    before = parts(run, data)
    learned(run)
    assert (parts(run, data), read_pictures(run, str(data), "train")[1]) == (before, ())


def test_a_zip_is_unpacked_elsewhere_each_time(run: Path, data: Path) -> None:
    archive = shutil.make_archive(str(data), "zip", data)
    before = parts(run, Path(archive))
    learned(run)
    assert parts(run, Path(archive)) == before


def test_all_left_out_is_no_hindrance(run: Path, data: Path) -> None:
    before = parts(run, data)
    learned(run)
    leave_out(data, (data / "train").rglob("*.png"))
    assert parts(run, data) == before


@pytest.mark.parametrize("how", ["deleted", "broken"])
def test_what_is_gone_is_named_with_a_remedy(how: str, run: Path, data: Path) -> None:
    read_pictures(run, str(data), "train")
    learned(run)
    if how == "deleted":
        (data / "train/dog/2.png").unlink()
    else:
        (data / "train/dog/2.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"1 picture .* \(train/dog/2\.png\): put them back, or start a new run"):
        read_pictures(run, str(data), "train")
