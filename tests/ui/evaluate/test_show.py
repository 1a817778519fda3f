"""What is shown of a finished evaluation."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from read_html import EVIL, tags_of, words

from smallimg.bundles.bundle import load_bundle
from smallimg.files import write_json
from smallimg.runs.evaluation import EVALUATIONS, Evaluated
from smallimg.study.rows import Row
from smallimg.ui.evaluate import show
from smallimg.ui.evaluate.sheets import contact_sheets


def click(value: str) -> gr.SelectData:
    return SimpleNamespace(index=0, value=value)  # type: ignore[return-value]


def changed(one: Evaluated, **changes: Any) -> None:
    write_json(one.path / "config.json", asdict(replace(one.config, **changes)) | {"created": 0.0})


def test_all_figures_have_their_places(one: Evaluated) -> None:
    figures, naming, matrix, table, classes, calibration, *rest, files, opened = show.show_figures(one.id)
    said = words(figures)
    assert "“mine” on 8 pictures of “little”, part “test”" in said
    assert f"{round(one.figures['accuracy'] * 8)} of 8 accuracy between" in said
    assert "box IoU" in said
    assert "mask IoU" in said
    assert naming.visible
    assert json.loads(matrix)["name"] == "confusion-matrix"
    assert "data-cell" in table
    assert "weakest first (8)" in words(classes)
    assert json.loads(calibration)["csv"].startswith("from,to,pictures")
    slider, threshold, sentence, save, _ = rest
    assert slider.value == pytest.approx(load_bundle(one.config.model).stages["classifier"].named_from, abs=0.01)
    assert json.loads(threshold)["layout"]["shapes"][0]["x0"] == slider.value
    assert "on it" in words(sentence)
    assert save.interactive
    for name in one.files:
        assert f'data-file="{name}"' in files
    assert "cutouts.zip" in files
    assert opened == ""


def test_sheets_comparison_and_lesson_are_there(one: Evaluated) -> None:
    sheets, comparison, lesson, of = show.show_pictures(one.id)
    assert of == f"evaluation:{one.id}"
    assert "<img" in sheets
    assert "mine, background none in place of mine, background own" in words(comparison)
    assert "background kept, whole picture" in words(lesson)
    assert "Newcombe" in words(lesson)
    assert show.show_pictures("gone") == ("", "", "", "")
    assert show.show_figures("gone")[0] == ""


def test_a_cell_opens_its_pictures(one: Evaluated) -> None:
    matrix = one.figures["confusion_matrix"]
    row, column = next((row, column) for row in range(8) for column in range(8) if matrix[row][column])
    opened = show.open_cell(one.id, click(f"{row},{column}"))
    assert opened.count("<img") == matrix[row][column]
    for wrong in ("", "9,9", "x"):
        assert "<img" not in show.open_cell(one.id, click(wrong))


def test_the_line_moves_and_the_words_with_it(one: Evaluated) -> None:
    drawn, said = show.move_threshold(one.id, 0.0)
    assert json.loads(drawn or "")["layout"]["shapes"][0]["x0"] == 0
    assert words(said).startswith("From 0 % on it ")
    assert "“not sure” to all 8 pictures" in words(show.move_threshold(one.id, 1.0)[1])
    assert show.move_threshold("gone", 0.5) == (None, "")


def test_a_threshold_is_saved_into_ones_own_model_alone(one: Evaluated, tiny_bundle: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(tiny_bundle, tmp_path / "own"))
    changed(one, model=str(mine))
    assert "says a name from 83 % on" in words(show.keep_threshold(one.id, 0.83))
    assert load_bundle(mine).stages["classifier"].named_from == 0.83
    changed(one, model="challenge")
    assert "stays as it is" in words(show.keep_threshold(one.id, 0.83))
    assert show.show_figures(one.id)[9].interactive is False
    changed(one, model=str(tmp_path / "gone"))
    assert "model is gone" in words(show.keep_threshold(one.id, 0.83))
    assert "Choose an evaluation" in words(show.keep_threshold("gone", 0.83))


def test_pictures_nobody_knows_anything_of_have_no_figures(one: Evaluated) -> None:
    known = {"named", "accuracy", "box_iou", "mask_iou", "confusion_matrix", "thresholds", "calibration", "by_class"}
    metrics = {name: value for name, value in one.figures.items() if name not in known and not name.startswith("map")}
    write_json(one.path / "metrics.json", metrics)
    figures, naming, matrix, table, classes, calibration, *_ = show.show_figures(one.id)
    assert "Nothing is known about these pictures" in words(figures)
    assert "accuracy" not in words(figures)
    assert (naming.visible, matrix, table, classes, calibration) == (False, None, "", "", None)
    sheets = words(show.show_pictures(one.id)[0])
    assert "Least sure" in sheets
    assert "Mistakes" not in sheets


def test_names_mean_no_harm_and_broken_pictures_are_told() -> None:
    rows = [
        Row(EVIL, EVIL, EVIL, "cup", EVIL, "kind", 0.9),
        *[Row(f"{EVIL}{place}", "", "cup", error=f"{EVIL} does not open") for place in range(22)],
    ]
    html = contact_sheets({"named": 1}, rows, "/")
    assert "onerror" not in tags_of(html)
    assert "Mistakes, the surest first (1)" in words(html)
    assert "Not measured (22)" in words(html)
    assert "and 2 more, each in predictions.csv" in words(html)
    assert "There is no mistake" in contact_sheets({"named": 1}, [Row("a", "a", "cup", "cup", probability=1.0)], "/")


def test_who_learned_from_these_pictures_is_told(one: Evaluated, folders: Path) -> None:
    from smallimg.runs.run import RunConfig, create_run

    run = create_run(RunConfig("taught", one.config.data))
    shutil.copytree(one.config.model, run.path, dirs_exist_ok=True)
    changed(one, model=str(run.path.resolve()))
    assert "learned from these pictures" not in words(show.show_figures(one.id)[0]), "from the other part"
    write_json(one.path / "about.json", {**one.about, "split": "train"})
    assert "learned from these pictures" in words(show.show_figures(EVALUATIONS.read(one.id).id)[0])
