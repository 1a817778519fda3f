"""The "Why it fails" tab: one picture and many objects under all conditions, and what is said where that cannot be."""

import csv
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from read_html import EVIL, words

from smallimg.study.conditions.factors import CONDITIONS
from smallimg.study.conditions.findings import findings
from smallimg.study.conditions.objects import Thing
from smallimg.study.conditions.tried import Tried, cells, changes
from smallimg.ui.data_choice import KEPT, OWN, fresh_choices
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.why.tab import find_out, look_at_one
from smallimg.ui.why.view import WORDS, study_view

USUAL = (4.0, 0.03, 0.3, 0.02)


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SMALLIMG_RUNS", "SMALLIMG_DATA", "GRADIO_TEMP_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path / "SMALLIMG_DATA"


def find(bundle: Path | str, source: str, kept: str | None = None) -> tuple[str, str, Any]:
    nobody = lambda *_, **__: None  # noqa: E731
    return find_out(Pipelines(), str(bundle), 60, source, None, kept, *USUAL, progress=nobody)


def test_a_kept_set_has_its_tables_and_its_csv(tiny_bundle: Path, tiny_challenge: Path, folders: Path) -> None:
    folders.mkdir()
    (folders / "mine").symlink_to(tiny_challenge)
    message, html, button = find(tiny_bundle, KEPT, "mine")
    assert message == ""
    assert "8 objects, models “bundle”" in words(html)
    with Path(button.value["path"]).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["n"]) for row in rows if (row["condition"], row["size"]) == ("bg_blur", "all")) == 8
    for name in WORDS.values():
        assert name in words(html)


@pytest.mark.parametrize(
    ("source", "kept", "sentence"),
    [
        (KEPT, None, "Choose some of the pictures"),
        (KEPT, "../../etc", "There is no data set"),
        (OWN, None, "Drop a zip"),
    ],
)
def test_what_cannot_be_tried_is_a_sentence(tiny_bundle: Path, source: str, kept: str | None, sentence: str) -> None:
    message, html, button = find(tiny_bundle, source, kept)
    assert sentence in words(message)
    assert html == ""
    assert not button.visible


def test_models_that_are_gone_are_a_sentence(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    assert "are gone" in words(find(gone, OWN)[0])
    assert "are gone" in words(look_at_one(Pipelines(), gone, str(tmp_path / "a.png"), *USUAL))
    model, data = fresh_choices(gone, "gone")
    assert model.value != gone
    assert data.value is None


def test_a_picture_is_seen_under_every_condition_with_its_answer(tiny_bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.png"
    Image.effect_noise((90, 60), 90).convert("RGB").save(file)
    html = look_at_one(Pipelines(), str(tiny_bundle), str(file), *USUAL)
    assert html.count("<img ") == len(CONDITIONS)
    assert words(html).count("%") == len(CONDITIONS)
    assert look_at_one(Pipelines(), str(tiny_bundle), None, *USUAL) == ""


def test_a_file_that_is_no_picture_is_named(tiny_bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "text.png"
    file.write_text("no picture")
    assert "text.png" in words(look_at_one(Pipelines(), str(tiny_bundle), str(file), *USUAL))


def test_figures_stand_in_their_places_and_names_are_escaped() -> None:
    thing = Thing(Path("a.png"), None, (0, 0, 1, 1), "cup", "small")
    tried = [Tried(thing, {name: name != "downscale" for name in CONDITIONS})] * 3 + [
        Tried(thing, dict.fromkeys(CONDITIONS, False))
    ]
    table, made = cells(tried), changes(tried)
    html = study_view(table, made, findings(table, made), n=4, model=EVIL)
    assert EVIL not in html
    assert "Fewer pixels 0 of 4" in words(html)
    assert "Cropped to it 3 of 4" in words(html)
    assert "-75" in words(html)
