"""Where pictures go when a data set is written."""

from pathlib import Path

import pytest
from made_data import save

from smallimg.data.formats.places import copy_all, places
from smallimg.errors import DataError


def test_what_all_share_is_left_out_of_the_place() -> None:
    assert places([]) == []
    assert places([Path("/x/y/a.jpg")]) == [Path("a.jpg")]
    assert places([Path("/x/y/a.jpg"), Path("/x/z/deep/a.jpg")]) == [Path("y/a.jpg"), Path("z/deep/a.jpg")]


def test_no_two_places_are_alike_but_for_the_ending() -> None:
    names = ["a.jpg", "a.png", "a.png", "a-2.png", ".a.jpg", "_a.jpg"]
    found = places([Path("/x") / name for name in names])
    assert [place.as_posix() for place in found] == [
        "a.jpg", "a-2.png", "a-3.png", "a-2-2.png", "_a.jpg", "_a-2.jpg",
    ]  # fmt: skip


def test_a_file_that_would_not_be_found_again_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    sound = save(tmp_path / "a.jpg")
    strange = sound.rename(tmp_path / "a.psd")
    with pytest.raises(DataError, match=r"a\.psd: no ending of a picture"):
        copy_all({tmp_path / "out/b.jpg": save(tmp_path / "b.jpg"), tmp_path / "out/a.psd": strange})
    assert not (tmp_path / "out").exists()
