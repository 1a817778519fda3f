"""The sample, drawn in a process of its own: the same pictures, and nothing goes on where nobody wants it."""

import time
from pathlib import Path

import pytest

from smallimg.data.challenge import write_challenge
from smallimg.data.challenge.aside import draw_aside
from smallimg.errors import DataError, Stopped
from smallimg.visitors.wanted import wanted_while


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_it_draws_what_is_drawn_here(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    draw_aside(tmp_path / "aside", train=2, test=1, progress=lambda done, of: told.append((done, of)))
    write_challenge(tmp_path / "here", train=2, test=1, workers=1)
    assert files_of(tmp_path / "aside") == files_of(tmp_path / "here")
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_what_is_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "0.jpg").touch()
    with pytest.raises(DataError, match="full is not an empty folder"):
        draw_aside(tmp_path / "full", train=2, test=1)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="could not be written or read"):
        draw_aside(tmp_path / "file" / "set", train=2, test=1)


def test_nobody_draws_on_once_it_is_not_wanted(tmp_path: Path) -> None:
    def not_once_there_is_one() -> None:
        if [*tmp_path.rglob("*.jpg")]:
            raise Stopped("enough")

    with wanted_while(not_once_there_is_one), pytest.raises(Stopped, match="enough"):
        draw_aside(tmp_path, train=400, test=1)
    drawn = len(files_of(tmp_path))
    time.sleep(1.5)  # in which a pool of two would draw some twenty
    assert len(files_of(tmp_path)) == drawn < 200
    assert not [one for one in Path("/proc").glob("[0-9]*/cmdline") if str(tmp_path).encode() in one.read_bytes()]
