"""The "Why it fails" tab: one picture and many objects under all conditions, and what is said where that cannot be."""

import csv
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from made_jobs import work_here
from PIL import Image
from read_html import EVIL, words

from smallimg.runs.jobs import Kind
from smallimg.runs.study import STUDIES, StudyConfig
from smallimg.study.conditions.factors import CONDITIONS, CORRUPTIONS, Strengths
from smallimg.study.conditions.objects import Thing
from smallimg.study.conditions.study import Study
from smallimg.study.conditions.tried import Tried
from smallimg.ui.data_choice import KEPT, OWN, fresh_choices
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.why.actions import NOTHING, WHO, find_out, look_at_one, open_cell, read_study, show_study
from smallimg.ui.why.figures import change_figure, heat_figure
from smallimg.ui.why.view import study_head, study_tables
from smallimg.ui.why.words import WORDS

USUAL = (4.0, 0.03, 0.3, 0.02, 3)
NEVER, BUNDLE = "Never", next(iter(WHO))


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SMALLIMG_RUNS", "SMALLIMG_DATA", "GRADIO_TEMP_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path / "SMALLIMG_DATA"


def start(bundle: Path | str, source: str, kept: str | None = None, *, pasting: str = NEVER) -> tuple[str, Any]:
    """What the page is told: see `find_out`."""
    nobody = lambda *_, **__: None  # noqa: E731
    return find_out(str(bundle), 60, source, None, kept, "test", pasting, BUNDLE, True, *USUAL, progress=nobody)


def click(value: str) -> gr.SelectData:
    return SimpleNamespace(index=0, value=value)  # type: ignore[return-value]


def test_a_study_is_written_down_done_and_read_again(
    tiny_bundle: Path, tiny_challenge: Path, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Kind, "start", Kind.read)
    folders.mkdir()
    (folders / "mine").symlink_to(tiny_challenge)
    message, chosen = start(tiny_bundle, KEPT, "mine", pasting="Always")
    assert message == ""
    one = STUDIES.read(chosen.value)
    assert (one.config.title, one.config.paste, one.config.corruptions) == ("bundle on mine", True, True)
    assert show_study(one.id) == ("", None, None, "", "", ""), "nothing has come of it yet"
    done = work_here(STUDIES, one)
    n = 3 * 8
    assert (done.status, done.doing, done.done, done.of) == ("finished", "Trying", n, n)
    assert done.files == STUDIES.offered
    head, heat, drops, tables, files, opened = show_study(one.id)
    assert f"{n} objects, named by “bundle”. As asked: each is cut out and pasted" in words(head)
    text = (done.path / "results_conditions.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(int(row["n"]) for row in rows if (row["condition"], row["size"]) == ("bg_blur", "all")) == n
    assert {row["pasted_at"] for row in rows if row["size"] == "small"} == {"0.005"}
    assert text == json.loads(heat)["csv"], "what is read again gives the same figures"
    assert (done.path / "changes.csv").read_text() == json.loads(drops)["csv"]
    assert read_study(done).as_dict() == done.figures
    for name in WORDS.values():
        assert name in words(tables)
    assert "results_conditions.csv" in files
    assert opened == ""
    cell = open_cell(one.id, click("orig_crop,small"))
    assert cell.count("<img") == 8
    assert words(cell).startswith("Cropped to it: 8 small objects, ")
    for nothing in ("orig_crop,huge", "x", ""):
        assert open_cell(one.id, click(nothing)) == ""
    (done.path / "conditions.json").write_text('{"tried": [{}]}')
    assert "is damaged" in words(show_study(one.id)[0])
    assert "is damaged" in words(open_cell(one.id, click("orig_crop,small")))


def test_a_study_is_stopped_between_two_objects(tiny_bundle: Path, tiny_challenge: Path, tmp_path: Path) -> None:
    one = STUDIES.create(StudyConfig(str(tiny_bundle), str(tiny_challenge)))
    (one.path / "stop").touch()
    now = work_here(STUDIES, one)
    assert (now.status, now.done) == ("stopped", 0)
    assert not (now.path / "conditions.json").exists()


def test_what_cannot_be_studied_says_why(tiny_challenge: Path) -> None:
    now = work_here(STUDIES, STUDIES.create(StudyConfig("cifar10", str(tiny_challenge))))
    assert now.status == "failed"
    assert "no object with a box and a class that the bundle knows" in now.reason


@pytest.mark.parametrize(
    ("source", "kept", "sentence"),
    [
        (KEPT, None, "Choose some of the pictures"),
        (KEPT, "../../etc", "There is no data set"),
        (OWN, None, "Drop a zip"),
    ],
)
def test_what_cannot_be_tried_is_a_sentence(tiny_bundle: Path, source: str, kept: str | None, sentence: str) -> None:
    message, chosen = start(tiny_bundle, source, kept)
    assert sentence in words(message)
    assert chosen == gr.skip()
    assert STUDIES.all() == []


def test_models_that_are_gone_are_a_sentence(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    assert "are gone" in words(look_at_one(Pipelines(), gone, str(tmp_path / "a.png"), *USUAL)[0])
    model, data = fresh_choices(gone, "gone")
    assert model.value != gone
    assert data.value is None


def test_a_picture_is_seen_under_every_condition_with_its_answer(tiny_bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.png"
    Image.effect_noise((90, 60), 90).convert("RGB").save(file)
    rows = look_at_one(Pipelines(), str(tiny_bundle), str(file), *USUAL)
    for html, conditions in zip(rows, (CONDITIONS, CORRUPTIONS), strict=True):
        assert html.count("<img ") == len(conditions)
        assert words(html).count("%") == len(conditions)
        assert all(WORDS[name] in words(html) for name in conditions)
    harder = look_at_one(Pipelines(), str(tiny_bundle), str(file), *USUAL[:-1], 5)
    assert harder[0] == rows[0]
    assert harder[1] != rows[1]
    assert look_at_one(Pipelines(), str(tiny_bundle), None, *USUAL) == ("", NOTHING)


def test_a_file_that_is_no_picture_is_named(tiny_bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "text.png"
    file.write_text("no picture")
    assert "text.png" in words(look_at_one(Pipelines(), str(tiny_bundle), str(file), *USUAL)[0])


def made() -> Study:
    """Four small objects, of which three are named rightly but where there are fewer pixels."""
    thing = Thing(Path("a.png"), None, (0, 0, 1, 1), "cup", "small")
    tried = [Tried(thing, {name: name != "downscale" for name in CONDITIONS})] * 3
    tried.append(Tried(thing, dict.fromkeys(CONDITIONS, False)))
    return Study(tried, Strengths(), 0, EVIL, (EVIL,))


def test_figures_stand_in_their_places_and_names_are_escaped() -> None:
    html = study_head(made(), named_by=EVIL) + study_tables(made())
    assert EVIL not in html
    assert "Fewer pixels 0 of 4" in words(html)
    assert "Cropped to it 3 of 4" in words(html)
    assert "-75" in words(html)


def test_plots_show_every_figure_with_its_interval() -> None:
    study = made()
    (trace,) = heat_figure(study.cells)["data"]
    assert trace["z"] == [[one.accuracy] * 2 for one in study.cells if one.size == "small"]
    layout = heat_figure(study.cells)["layout"]
    assert layout["xaxis"]["ticktext"] == ["small<br>4", "all<br>4"]
    assert "<b>3 of 4</b>" in layout["annotations"][0]["text"]
    (points,) = change_figure(study.changes)["data"]
    small = [one for one in study.changes if one.size == "small"]
    assert points["x"] == [0, -75, 0, 0, 0]
    for place, one in enumerate(small):
        assert points["x"][place] + points["error_x"]["array"][place] == pytest.approx(100 * one.high)
        assert points["x"][place] - points["error_x"]["arrayminus"][place] == pytest.approx(100 * one.low)
