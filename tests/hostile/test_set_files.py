"""What is kept beside a set, with wrong types in it: the page shows what is left, or says so."""

import json
from pathlib import Path
from typing import Any

import pytest
from brought import Told, click
from made_data import save
from wrong import ends_well, variants

from smallimg.data.corrections import CORRECTIONS
from smallimg.data.found import FOUND
from smallimg.data.invited import INVITED, find_invitation
from smallimg.data.kept import ABOUT, describe_data, list_data
from smallimg.data.moves import MOVES, read_moves
from smallimg.ui.train.by_class.server import open_classes
from smallimg.ui.train.data_shown import act_on_finding, look_at_data

BOX = [1.0, 1.0, 5.0, 5.0]
FILES: dict[str, Any] = {
    ABOUT: {"name": "pets", "brought": 1.7e9, "pictures": 4},
    CORRECTIONS: {"cat/0.png": {"boxes": [BOX], "names": ["cat"], "class": "cat", "mask": None, "sure": 0.5,
                                "checked": False, "by": "everyday"}},
    FOUND: {"root": ".", "pictures": {"0": ["cat/0.png"]}},
    MOVES: {"dog/7.png": "cat/0.png"},
    INVITED: {"secret": "s", "class": "cat", "until": 1.0},
}  # fmt: skip


@pytest.fixture
def pets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set that is kept, of four pictures."""
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    for number in range(4):
        save(tmp_path / "data" / "pets" / ("cat", "dog")[number % 2] / f"{number}.png", grey=40 * number)
    describe_data(tmp_path / "data" / "pets", name="pets")
    return tmp_path / "data" / "pets"


def use(name: str) -> None:
    """All that reads such a file, on the page."""
    assert [one.id for one in list_data()] == ["pets"]
    look_at_data("pets", Told())
    open_classes({"set": "pets"})
    if name == MOVES:
        read_moves(list_data()[0].path)
    if name == INVITED:
        find_invitation("pets", "s")


@pytest.mark.parametrize("name", FILES)
def test_a_set_outlives_what_is_wrong_beside_it(pets: Path, name: str) -> None:
    for what, content in variants(FILES[name]):
        (pets / name).write_text(json.dumps(content), encoding="utf-8")
        ends_well(lambda: use(name), f"{name}: {what}")


def test_what_was_found_is_read_as_far_as_it_can_be(pets: Path) -> None:
    for what, content in variants(FILES[FOUND]):
        for at in ("0", "", "x"):
            (pets / FOUND).write_text(json.dumps(content), encoding="utf-8")
            ends_well(lambda at=at: act_on_finding("pets", click(at), Told()), f"{what}, at {at}")  # type: ignore[misc]
            (pets / "left-out.txt").unlink(missing_ok=True)
