"""Long work asks whether it is still wanted, wherever it is deep in it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from made_data import save, write_table

from smallimg.data.formats import read_dataset
from smallimg.data.preview import read_preview
from smallimg.data.sources import keep_upload
from smallimg.errors import Stopped
from smallimg.visitors.wanted import still_wanted, wanted_while


def after(times: int) -> Callable[[], None]:
    """A check that says yes so many times."""
    left = [times]

    def check() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Stopped("enough")

    return check


def test_all_is_wanted_where_nobody_says_otherwise() -> None:
    still_wanted()
    with wanted_while(after(1)):
        still_wanted()
        with pytest.raises(Stopped):
            still_wanted()
        others: list[str] = []
        thread = Thread(target=lambda: others.append(str(still_wanted())))
        thread.start()
        thread.join()
        assert others == ["None"]
    still_wanted()


@pytest.mark.parametrize("times", [0, 1, 7])
def test_reading_ends_in_the_midst(tmp_path: Path, times: int) -> None:
    write_table(tmp_path / "table", *(f"{one}.jpg,0,0,5,5,cup" for one in range(9)), images=9)
    for one in range(9):
        save(tmp_path / "folders" / ("cat", "dog")[one % 2] / f"{one}.png", grey=20 * one)
    for read in (read_dataset, read_preview):
        for form in ("table", "folders"):
            with wanted_while(after(times)), pytest.raises(Stopped, match="enough"):
                read(tmp_path / form)


@pytest.mark.parametrize("times", [0, 3, 12])
def test_nothing_is_left_of_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    for one in range(8):
        save(tmp_path / "pets" / ("cat", "dog")[one % 2] / f"{one}.png", grey=20 * one)
    archive = Path(shutil.make_archive(str(tmp_path / "pets"), "zip", tmp_path / "pets"))
    with wanted_while(after(times)), pytest.raises(Stopped, match="enough"):
        keep_upload(archive)
    assert [*(tmp_path / "tmp").iterdir()] == [*(tmp_path / "data").iterdir()] == []
    keep_upload(archive)
