"""What was sent and is of no use leaves the disk; what can be used, and what was not sent, stays."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from smallimg.errors import ImageError
from smallimg.ui import api, data_choice, uploads
from smallimg.ui.train import actions, data_brought

PICTURE = Path(__file__).parents[2] / "assets" / "examples" / "cifar10" / "cat.jpg"


@pytest.fixture(autouse=True)
def folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is of no use stays for a while, and would be there in the next test."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))


def sent(content: bytes, name: str) -> Path:
    return Path(save_bytes_to_cache(content, name, cache_dir=get_upload_folder()))


def as_picture(path: Path) -> list[str]:
    try:
        return [api._uploaded({"path": str(path)})[0]]
    except ImageError as error:
        return [str(error)]


TAKE: list[Callable[[Path], Any]] = [
    as_picture,
    lambda path: data_brought.take_upload([str(path)], lambda *_, **__: None),
    lambda path: data_choice.take_upload(str(path), lambda *_, **__: None),
    lambda path: actions.bring_in(str(path)),
]


@pytest.mark.parametrize("take", TAKE)
def test_what_is_of_no_use_does_not_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, take: Callable[[Path], Any]
) -> None:
    monkeypatch.setenv("SMALLIMG_HOME", str(tmp_path))
    monkeypatch.setattr(uploads, "KEPT_S", 0.0)
    path = sent(b"This is no zip and no picture.", "pets.zip")
    take(path)
    assert not path.parent.exists()
    elsewhere = tmp_path / "pets.zip"
    elsewhere.write_bytes(b"This is no zip and no picture.")
    take(elsewhere)
    assert elsewhere.exists()


@pytest.mark.parametrize("take", TAKE)
def test_two_who_send_the_same_broken_file_hear_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, take: Callable[[Path], Any]
) -> None:
    monkeypatch.setenv("SMALLIMG_HOME", str(tmp_path))
    first, second = (sent(b"This is no zip and no picture.", "same.zip") for _ in range(2))
    assert first == second, "it lies there once"
    told = [[part for part in take(path) if isinstance(part, str) and part] for path in (first, second)]
    assert told[0]
    assert told[0] == told[1]


def test_what_was_of_no_use_goes_with_the_next_unless_it_was_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    path = sent(b"once", "once.zip")
    uploads.forget([path])
    uploads.forget([])
    assert path.exists(), "somebody may wait who has sent the same"
    monkeypatch.setattr(uploads, "KEPT_S", 0.0)
    for mark in Path(get_upload_folder(), uploads.FORGOTTEN).iterdir():
        os.utime(mark, (then := mark.stat().st_mtime - 900, then))
    uploads.forget([])
    assert path.exists(), "it is newer than the mark"
    uploads.forget([path])
    assert not path.exists()


def test_a_picture_stays() -> None:
    path = sent(PICTURE.read_bytes(), "cat.jpg")
    as_picture(path)
    assert path.exists()
    with pytest.raises(ImageError, match="was not uploaded here"):
        api._uploaded({"path": str(PICTURE)})
    assert PICTURE.exists()
