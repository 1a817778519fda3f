"""The choice of pictures that "Evaluate", "Look inside" and "Why it fails" share."""

import shutil
import zipfile
from pathlib import Path

import gradio as gr
import pytest
from PIL import Image
from read_html import words

from smallimg.data.kept import data_folder, list_data
from smallimg.errors import Stopped
from smallimg.ui.data_choice import (
    KEPT,
    OWN,
    SAMPLE,
    chosen_dataset,
    chosen_folder,
    show_data,
    show_source,
    take_upload,
)
from smallimg.visitors.wanted import wanted_while


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    return tmp_path / "data"


def nobody(*_: object, **__: object) -> None: ...


def zipped(folder: Path, file: Path) -> str:
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, path.relative_to(folder))
    return str(file)


def test_what_was_dropped_is_kept_and_told(tiny_challenge: Path, tmp_path: Path) -> None:
    data_id, line, part = take_upload(zipped(tiny_challenge, tmp_path / "My set.zip"), progress=nobody)
    assert words(line) == "8 pictures with 8 kinds, boxes and masks."
    assert (part.value, sorted(part.choices)) == ("test", [("test", "test"), ("train", "train")])
    assert chosen_folder(OWN, data_id, None) == data_folder() / data_id
    assert chosen_dataset(OWN, data_id, None, None).split == "test"
    own, _, line, part = show_source(OWN, data_id, None)
    assert (own.visible, "8 kinds" in line, part.value) == (True, True, "test"), "chosen again"


@pytest.mark.parametrize("times", [0, 3, 40])
def test_what_is_cancelled_is_not_kept(tiny_challenge: Path, tmp_path: Path, times: int) -> None:
    left = [times]

    def check() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Stopped("It was cancelled.")

    archive = zipped(tiny_challenge, tmp_path / "My set.zip")
    with wanted_while(check):
        dropped, line, part = take_upload(archive, progress=nobody)
    assert (dropped, words(line), part) == (gr.skip(), "It was cancelled.", gr.skip())
    assert list_data() == []
    assert not data_folder().exists() or [*data_folder().iterdir()] == []
    assert Path(archive).is_file()


def test_pictures_of_which_nothing_is_known_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    for place in range(2):
        Image.effect_noise((40, 30), 90).save(folder / f"{place}.png")
    data_id, line, _ = take_upload(zipped(folder, tmp_path / "some.zip"), progress=nobody)
    assert words(line) == "2 pictures, of which nothing is known."
    assert [sample.label for sample in chosen_dataset(OWN, data_id, None, None).samples] == [None, None]


def test_what_cannot_be_used_is_a_sentence(data: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.zip").write_text("no zip")
    data_id, line, part = take_upload(str(tmp_path / "notes.zip"), progress=nobody)
    assert (data_id, part.value) == ("", None)
    assert "notes.zip could not be unpacked" in words(line)
    assert take_upload(None, progress=nobody)[:2] == ("", "")
    assert "There is no data set" in words(show_data("../../etc")[0])
    assert show_data(None)[0] == ""


def test_the_sample_that_was_drawn_is_taken_and_gone_data_forgotten(data: Path, tiny_challenge: Path) -> None:
    shutil.copytree(tiny_challenge, data / "challenge")
    assert chosen_folder(SAMPLE, None, None) == data / "challenge"
    own, kept, _, part = show_source(SAMPLE, "", None)
    assert (own.visible, kept.visible, part.value) == (False, False, "test")
    _, kept, line, part = show_source(KEPT, "", "gone")
    assert (kept.visible, kept.value, line, part.value) == (True, None, "", None)
    assert part.visible is False
    assert "choices" not in part.constructor_args, "a click on its way with the part before it would be refused"
