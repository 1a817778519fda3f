"""What was sent and is of no use leaves the disk; what can be used, and what was not sent, stays."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from smallimg.errors import ImageError
from smallimg.ui import api, data_choice
from smallimg.ui.train import actions, data_brought

PICTURE = Path(__file__).parents[2] / "assets" / "examples" / "cifar10" / "cat.jpg"


def sent(content: bytes, name: str) -> Path:
    return Path(save_bytes_to_cache(content, name, cache_dir=get_upload_folder()))


def as_picture(path: Path) -> None:
    with contextlib.suppress(ImageError):
        api._uploaded({"path": str(path)})


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
    path = sent(b"This is no zip and no picture.", "pets.zip")
    take(path)
    assert not path.parent.exists()
    elsewhere = tmp_path / "pets.zip"
    elsewhere.write_bytes(b"This is no zip and no picture.")
    take(elsewhere)
    assert elsewhere.exists()


def test_a_picture_stays() -> None:
    path = sent(PICTURE.read_bytes(), "cat.jpg")
    as_picture(path)
    assert path.exists()
    with pytest.raises(ImageError, match="was not uploaded here"):
        api._uploaded({"path": str(PICTURE)})
    assert PICTURE.exists()
