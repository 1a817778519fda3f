"""What is cancelled while pictures are brought or looked at leaves the page, and the disk, as they were."""

import shutil
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from brought import Told, button_of, link, shown

from smallimg.data.kept import list_data
from smallimg.data.left_out import read_left_out
from smallimg.errors import Stopped
from smallimg.ui.train.data_brought import SIZES, take_sample, take_upload
from smallimg.ui.train.data_shown import act_on_finding, look_at_data
from smallimg.visitors.wanted import wanted_while


class Cancelling(Told):
    """`gr.Progress` of somebody who cancels at a word, such as "Reading every picture"."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self.word = word

    def check(self) -> None:
        """For `wanted_while`."""
        if any(desc == self.word for _, desc in self.told):
            raise Stopped("It was cancelled.")


def cancelled(answer: tuple[Any, ...]) -> bool:
    """Whether nothing but a sentence is new on the page."""
    parts = shown(answer)
    assert parts.pop("message") == '<p class="si-notice" role="status">It was cancelled.</p>'
    return all(part == gr.skip() for part in parts.values())


@pytest.mark.parametrize("word", ["Unpacking", "Reading every picture"])
def test_of_a_zip_that_is_cancelled_nothing_is_left(pets: Path, data: Path, word: str) -> None:
    archive = shutil.make_archive(str(pets), "zip", pets)
    progress = Cancelling(word)
    with wanted_while(progress.check):
        assert cancelled(take_upload([archive], progress))
    assert not data.exists() or [*data.iterdir()] == []
    assert Path(archive).is_file(), "others may have sent the same"


def test_loose_pictures_that_are_cancelled_leave_no_set(pets: Path) -> None:
    progress = Cancelling("Laying out")
    with wanted_while(progress.check):
        assert cancelled(take_upload([str(one) for one in sorted(pets.rglob("*.png"))], progress))
    assert list_data() == []


@pytest.mark.parametrize("word", ["Drawing", "Reading every picture"])
def test_a_sample_that_is_cancelled_is_gone(data: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setitem(SIZES, "a little", (16, 8))
    progress = Cancelling(word)
    with wanted_while(progress.check):
        assert cancelled(take_sample("a little", progress))
    assert [*data.iterdir()] == []


def test_a_sample_that_was_there_stays_when_it_is_cancelled(tiny_challenge: Path, data: Path) -> None:
    data.mkdir()
    shutil.copytree(tiny_challenge, data / "challenge")
    progress = Cancelling("Reading every picture")
    with wanted_while(progress.check):
        assert cancelled(take_sample(next(iter(SIZES)), progress))
    assert [one.id for one in list_data()] == ["challenge"]


def test_leaving_out_that_is_cancelled_leaves_nothing_out(pets: Path) -> None:
    shutil.copy(pets / "cat" / "00.png", pets / "cat" / "copy.png")
    data_id = link(pets)
    preview = shown(look_at_data(data_id, Told()))["preview"]
    progress = Cancelling("Reading every picture")
    with wanted_while(progress.check):
        assert cancelled(act_on_finding(data_id, button_of(preview, "Leave this one out"), progress))
    assert read_left_out(pets) == ()
