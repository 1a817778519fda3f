"""Where the "Train" tab's pictures come from: whatever is brought, it is shown, or a sentence says why not."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from smallimg.ui.train_data import SIZES, kept_choices, look_at_data, take_known, take_sample, take_upload

SHOWN = ("path", "can_train", "message", "preview", "report")
NOTHING = {"path": "", "can_train": (), "preview": ""}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of their own for data sets and downloads."""
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    return tmp_path / "data"


class Told:
    """`gr.Progress`, remembering what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, str]] = []

    def __call__(self, done: Any, *, desc: str, unit: str = "") -> None:
        self.told.append((done, desc))


def shown(answer: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(SHOWN, answer, strict=True))


def refused(answer: tuple[Any, ...]) -> str:
    """What is said of data that cannot be used."""
    parts = shown(answer)
    assert NOTHING.items() <= parts.items()
    assert parts["report"].visible is False
    assert parts["message"].startswith('<p class="si-notice" role="status">')
    return str(parts["message"])


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Ten cats and ten dogs, no two alike: sound all of it."""
    for number in range(20):
        file = tmp_path / "pets" / ("cat", "dog")[number % 2] / f"{number:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (20, 40, 3), np.uint8)).save(file)
    return tmp_path / "pets"


def test_sound_data_is_shown_without_a_report(pets: Path) -> None:
    progress = Told()
    parts = shown(look_at_data(str(pets), progress))
    assert (parts["path"], parts["can_train"], parts["message"]) == (str(pets), ("classifier",), "")
    assert "20 pictures without boxes or masks" in parts["preview"]
    assert "Every row and every picture is sound." in parts["preview"]
    assert parts["report"].visible is False
    assert progress.told[-1] == ((20, 20), "Reading every picture")


def test_what_is_wrong_is_in_the_report_and_the_rest_goes_on(pets: Path) -> None:
    (pets / "cat" / "00.png").write_text("no picture")
    parts = shown(look_at_data(str(pets), Told()))
    assert parts["path"] == str(pets)
    assert "2 things are wrong with the data." in parts["preview"]
    assert parts["report"].visible is True
    report = Path(parts["report"].constructor_args["value"]).read_text(encoding="utf-8")
    assert "00.png" in report
    assert "2 problems" in report


def test_the_sample_challenge_allows_every_stage(tiny_challenge: Path) -> None:
    parts = shown(look_at_data(str(tiny_challenge), Told()))
    assert parts["can_train"] == ("remover", "detector", "classifier")
    assert "16 pictures with boxes and masks" in parts["preview"]
    assert "8 to test on" in parts["preview"]


@pytest.mark.parametrize("path", [None, ""])
def test_nothing_chosen_is_nothing_shown(path: str | None) -> None:
    for answer in (look_at_data(path, Told()), take_upload(path, Told())):
        parts = shown(answer)
        assert NOTHING.items() <= parts.items()
        assert parts["message"] == ""
        assert parts["report"].visible is False


def test_data_that_cannot_be_used_is_a_sentence(tmp_path: Path, tiny_challenge: Path) -> None:
    assert "There is no data set at" in refused(look_at_data(str(tmp_path / "gone"), Told()))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "empty" in refused(look_at_data(str(empty), Told()))
    broken = tmp_path / "broken"
    shutil.copytree(tiny_challenge, broken)
    for picture in (broken / "train").iterdir():
        picture.write_text("no picture")
    message = refused(look_at_data(str(broken), Told()))
    assert "broken" in message
    assert "0000.jpg" in message


def test_a_zip_of_class_folders_is_kept_and_shown(pets: Path, data: Path) -> None:
    archive = shutil.make_archive(str(pets.parent / "My Pets"), "zip", pets)
    progress = Told()
    parts = shown(take_upload(archive, progress))
    assert parts["path"] == str(data / "my-pets-1")
    assert parts["can_train"] == ("classifier",)
    assert "my-pets-1" in parts["preview"]
    assert [desc for _, desc in progress.told][:2] == ["Unpacking", "Reading every picture"]
    assert kept_choices() == [("my-pets-1", str(data / "my-pets-1"))]
    assert shown(look_at_data(kept_choices()[0][1], Told()))["preview"] == parts["preview"]


def test_a_zip_that_is_none_is_a_sentence_and_leaves_nothing(tmp_path: Path, data: Path) -> None:
    notes = tmp_path / "<b>notes.zip"
    notes.write_text("milk, eggs")
    message = refused(take_upload(str(notes), Told()))
    assert "&lt;b&gt;notes.zip" in message
    assert kept_choices() == list(data.iterdir()) == []


def test_a_zip_without_pictures_is_a_sentence(tmp_path: Path, data: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.doc").write_text("milk")
    archive = shutil.make_archive(str(tmp_path / "texts"), "zip", tmp_path / "texts")
    assert "found .doc (1)" in refused(take_upload(archive, Told()))
    assert list(data.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(pets: Path, data: Path) -> None:
    data.write_text("a file is in the way")
    archive = shutil.make_archive(str(pets), "zip", pets)
    assert str(data) in refused(take_upload(archive, Told()))
    assert str(data) in refused(take_sample(next(iter(SIZES)), Told()))


def test_the_sample_is_drawn_in_the_size_asked_for(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIZES, "a little", (16, 8))
    progress = Told()
    parts = shown(take_sample("a little", progress))
    assert parts["path"] == str(data / "challenge-16-8")
    assert parts["can_train"] == ("remover", "detector", "classifier")
    assert {"Drawing", "Reading every picture"} == {desc for _, desc in progress.told}


def test_known_sets_without_a_network_are_a_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import CIFAR10

    def offline(*args: Any, **options: Any) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr(CIFAR10, "__init__", offline)
    assert "Name or service not known" in refused(take_known("CIFAR-10", 50, Told()))
    assert "choose 2, not 1" in refused(take_known("CIFAR-10", 1.0, Told()))
    assert "no set called" in refused(take_known("MNIST", 50, Told()))
    assert kept_choices() == []


def test_sizes_say_what_they_are() -> None:
    assert all(str(train) in label and str(test) in label for label, (train, test) in SIZES.items())
