"""Names of files that are no UTF-8 reach a page, as far as they are characters, and break nothing."""

import json
import os
from pathlib import Path

import pytest
from brought import Told, shown
from made_data import save

from smallimg.data.found import read_found
from smallimg.ui.sendable import sendable
from smallimg.ui.train.by_class.server import open_classes
from smallimg.ui.train.data_shown import look_at_data


def test_only_what_is_no_character_is_marked() -> None:
    value = {"a": ["naïve 🐈", "caf\udce9"], "b": [1, None, True, {"c": "\ud800x"}]}
    assert sendable(value) == {"a": ["naïve 🐈", "caf?"], "b": [1, None, True, {"c": "?x"}]}
    assert sendable("\udce9") == "?"


def test_a_set_with_such_names_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "RUNS"):
        monkeypatch.setenv(f"SMALLIMG_{name}", str(tmp_path / name))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    root = tmp_path / "DATA" / "odd"
    for number in range(4):
        file = save(root / ("cat", "dog")[number % 2] / f"{number}.png", grey=40 * number)
        file.rename(os.fsdecode(bytes(file.parent) + b"/caf\xe9 %d.png" % number))
    parts = shown(look_at_data("odd", Told()))
    assert parts["path"] == "odd"
    json.dumps(sendable([parts["preview"], parts["message"]]), ensure_ascii=False).encode()
    assert all(picture.is_file() for _, pictures in [read_found(root)] for one in pictures.values() for picture in one)
    said = json.dumps(open_classes({"set": "odd"}), ensure_ascii=False)
    assert "caf? 0.png" in said
    said.encode()
