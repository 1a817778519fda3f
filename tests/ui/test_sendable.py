"""Names of files that are no UTF-8 reach a page, as far as they are characters, and break nothing."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from brought import Told, shown
from made_data import save

from smallimg.data.dataset import trainable
from smallimg.data.formats import read_dataset
from smallimg.data.found import read_found
from smallimg.ui.sendable import sendable
from smallimg.ui.train.by_class.server import open_classes
from smallimg.ui.train.data_shown import look_at_data


def test_only_what_is_no_character_is_marked() -> None:
    value = {"a": ["naïve 🐈", "caf\udce9"], "b": [1, None, True, {"c": "\ud800x"}]}
    assert sendable(value) == {"a": ["naïve 🐈", "caf?"], "b": [1, None, True, {"c": "?x"}]}
    assert sendable("\udce9") == "?"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set that is kept, with pictures named as an old disk has them."""
    for name in ("DATA", "RUNS"):
        monkeypatch.setenv(f"SMALLIMG_{name}", str(tmp_path / name))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    root = tmp_path / "DATA" / "odd"
    for number in range(4):
        file = save(root / ("cat", "dog")[number % 2] / f"{number}.png", grey=40 * number)
        file.rename(os.fsdecode(bytes(file.parent) + b"/caf\xe9 %d.png" % number))
    return root


def sent(answer: tuple[Any, ...]) -> str:
    """What goes to the page."""
    parts = shown(answer)
    text = json.dumps(sendable([parts["preview"], parts["message"]]), ensure_ascii=False)
    text.encode("utf-8")
    return text


def test_pictures_with_such_names_are_left_out_and_named(root: Path) -> None:
    assert "4 pictures with a name that is no UTF-8 (cat/caf? 0.png" in sent(look_at_data("odd", Told()))
    for number in range(6):
        save(root / ("cat", "dog")[number % 2] / f"{number}.png", grey=30 * number + 9)
    save(root / "bird" / "0.png").rename(os.fsdecode(bytes(root / "bird") + b"/\xff.png"))
    (root / "bird").rename(os.fsdecode(bytes(root) + b"/b\xefrd"))
    assert "5 pictures with a name that is no UTF-8" in sent(look_at_data("odd", Told()))
    dataset = trainable(read_dataset(root))
    assert (dataset.class_names, len(dataset.samples)) == (("cat", "dog"), 6)
    json.dumps(read_found(root)[1], default=str, ensure_ascii=False).encode("utf-8")


def test_class_by_class_they_are_shown(root: Path) -> None:
    save(root / "cat" / "plain.png")
    said = json.dumps(open_classes({"set": "odd"}), ensure_ascii=False)
    assert "caf? 0.png" in said
    said.encode("utf-8")
