"""The "Look inside" tab: a data set looked at, its table, and what is said where there is none."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from read_html import EVIL, tags_of, words

from smallimg import DEFAULT_BUNDLE
from smallimg.data.kept import describe_data
from smallimg.study.explain.inside import Inside
from smallimg.study.explain.seen import Seen, SetSeen
from smallimg.study.explain.set_table import set_table
from smallimg.ui.data_choice import KEPT, OWN, fresh_choices
from smallimg.ui.explain.set_view import set_view
from smallimg.ui.explain.tab import look_inside, method_line
from smallimg.ui.pipelines import Pipelines


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SMALLIMG_RUNS", "SMALLIMG_DATA", "GRADIO_TEMP_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path / "SMALLIMG_DATA"


def seen(index: int, truth: str | None, label: str, name: str | None = None) -> Seen:
    picture = Image.new("RGB", (20, 20))
    return Seen(Path(name or f"{index}.jpg"), truth, label, 0.8, Inside(0.1 * index, 0.1, index > 2), picture)


SIX = (
    seen(0, "cat", "cat"),
    seen(1, "cat", "dog"),
    seen(2, "dog", "dog"),
    seen(3, "dog", "dog"),
    seen(4, "cat", "cat"),
    seen(5, None, "dog"),
)


def look(bundle: Path | str, source: str, dropped: str | None = None, kept: str | None = None) -> tuple[Any, ...]:
    nobody = lambda *_, **__: None  # noqa: E731
    return look_inside(Pipelines(), str(bundle), "layercam", 100, source, dropped, kept, None, progress=nobody)


def test_a_kept_set_has_its_table_and_its_csv(tiny_bundle: Path, tiny_challenge: Path, folders: Path) -> None:
    folders.mkdir()
    (folders / "mine").symlink_to(tiny_challenge)
    message, _, html, csv = look(tiny_bundle, KEPT, kept="mine")
    assert message == ""
    assert "8 pictures, models “bundle”, LayerCAM" in words(html)
    assert "hottest place on it" in html
    assert len(Path(csv).read_text().splitlines()) == 9


@pytest.mark.parametrize(
    ("source", "kept", "sentence"),
    [
        (KEPT, None, "Choose some of the pictures"),
        (KEPT, "../../etc", "There is no data set"),
        (OWN, None, "Drop a zip"),
    ],
)
def test_what_was_not_chosen_is_a_sentence(tiny_bundle: Path, source: str, kept: str | None, sentence: str) -> None:
    message, panel, *_ = look(tiny_bundle, source, kept=kept)
    assert sentence in message
    assert panel.visible is False


def test_models_that_are_gone_are_a_sentence(tmp_path: Path) -> None:
    assert "are gone" in look(tmp_path / "nowhere", OWN)[0]


def test_the_view_tells_wrong_from_right(folders: Path) -> None:
    html = set_view(SetSeen(SIX, 9, ("x.jpg is damaged.",)), set_table(SIX), title="Grad-CAM", model=EVIL)
    said = words(html)
    assert "6 of 9 pictures, drawn at random" in said
    assert "Named rightly: 4 of 5 (" in said
    assert "1 could not be read: x.jpg is damaged." in said
    assert said.index("Wrong answers") < said.index("Right answers")
    assert "onerror" not in tags_of(html)
    assert "where its object is nobody knows" in set_view(SetSeen(SIX, 6, ()), [], title="", model="")


def test_what_the_models_have_no_name_for_is_said_and_why(folders: Path) -> None:
    three = SetSeen(SIX, 6, (), unnamed=(EVIL, "emu", "yak"))
    html = set_view(three, set_table(SIX), title="Grad-CAM", model="m")
    assert "”, “emu” and “yak”: an answer to pictures of those is neither right nor wrong" in words(html)
    assert "onerror" not in tags_of(html)
    assert "no name for" not in set_view(SetSeen(SIX, 6, ()), set_table(SIX), title="Grad-CAM", model="m")


def test_the_lists_are_fresh(folders: Path, tiny_challenge: Path) -> None:
    folders.mkdir()
    (folders / "mine").mkdir()
    describe_data(folders / "mine", name="Mine")
    model, data = fresh_choices("nowhere", "mine")
    assert model.value == DEFAULT_BUNDLE
    assert "value" not in data.constructor_args, "another choice that was made meanwhile stays"
    assert "Zeiler" in method_line("occlusion")
