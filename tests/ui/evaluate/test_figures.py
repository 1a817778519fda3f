"""The plots of an evaluation, and its figures as tiles and tables, by hand."""

import csv
import io
import json
from typing import Any

import pytest
from read_html import EVIL, tags_of, words

from smallimg.ui.evaluate.figures import Drawn, calibration_figure, matrix_figure, threshold_figure
from smallimg.ui.evaluate.results import class_table, figures_card, size_table, threshold_words

#: Two cups, one taken for a ball; three balls, named rightly; "hat" is neither there nor said.
METRICS: dict[str, Any] = {
    "n": 5,
    "named": 5,
    "classes": ["cup", EVIL, "hat"],
    "confusion_matrix": [[1, 1, 0], [0, 3, 0], [0, 0, 0]],
    "by_class": {
        "cup": {"n": 2, "named": 1, "right": 1, "f1": 2 / 3},
        EVIL: {"n": 3, "named": 4, "right": 3, "f1": 6 / 7},
    },
    "accuracy": 0.8,
    "precision": 0.875,
    "recall": 0.75,
    "f1": 0.76,
    "loss": 0.5,
    "calibration_error": 0.1,
    "answered": 4,
    "answered_right": 4,
    "calibration": [
        {"low": 0.5, "high": 0.6, "n": 1, "right": 0, "confidence": 0.55},
        {"low": 0.9, "high": 1.0, "n": 4, "right": 4, "confidence": 0.95},
    ],
    "thresholds": {"from": [0.0, 0.5, 1.0], "answered": [5, 4, 0], "right": [4, 4, 0]},
    "by_size": {"small": {"n": 2, "named": 2, "right": 1, "box_iou": 0.5}, "large": {"n": 3}},
}


def table(drawn: Drawn | None) -> list[list[str]]:
    assert drawn is not None
    return list(csv.reader(io.StringIO(drawn["csv"])))


def test_a_cell_is_a_share_of_its_row_and_knows_its_place() -> None:
    drawn = matrix_figure(METRICS)
    assert drawn is not None
    right, wrong = drawn["data"]
    assert (right["z"], wrong["z"]) == ([[0.5, None], [None, 1.0]], [[None, 0.5], [None, None]])
    assert right["customdata"] == [["0,0", "0,1"], ["1,0", "1,1"]]
    assert [note["text"] for note in drawn["layout"]["annotations"]] == ["1", "1", "3"]
    assert table(drawn) == [["true", "cup", EVIL], ["cup", "1", "1"], [EVIL, "0", "3"]]
    assert "<img" not in json.dumps([drawn["data"], drawn["layout"]])


def test_many_classes_have_no_numbers_and_harmless_names_in_their_table() -> None:
    names = [f"=kind {place}" for place in range(30)]
    matrix = [[int(row == column) for column in range(30)] for row in range(30)]
    drawn = matrix_figure({"classes": names, "confusion_matrix": matrix, "by_class": {name: {} for name in names}})
    assert drawn is not None
    assert drawn["layout"]["annotations"] == []
    assert table(drawn)[1][0] == "'=kind 0", "a spreadsheet would compute it"


def test_points_are_shares_with_wilsons_intervals() -> None:
    drawn = calibration_figure(METRICS)
    assert drawn is not None
    _, points = drawn["data"]
    assert (points["x"], points["y"]) == ([0.55, 0.95], [0, 1])
    assert points["error_y"]["array"][0] == pytest.approx(0.7935, abs=1e-4)
    assert points["error_y"]["arrayminus"][1] == pytest.approx(1 - 0.5101, abs=1e-4)
    assert table(drawn)[2][:5] == ["0.9", "1.0", "4", "4", "0.95"]


def test_what_a_threshold_costs_is_drawn_and_said() -> None:
    drawn = threshold_figure(METRICS, 0.5)
    assert drawn is not None
    _, precision, coverage, both = drawn["data"]
    assert (precision["x"], precision["y"]) == ([0.0, 0.5], [0.8, 1.0]), "of no name nothing can be right"
    assert (coverage["y"], both["y"]) == ([1, 0.8, 0], [0.8, 0.8, 0])
    assert drawn["layout"]["shapes"][0]["x0"] == 0.5
    assert table(drawn)[1:] == [["0.0", "5", "5", "4", "0"], ["0.5", "5", "4", "4", "1"], ["1.0", "5", "0", "0", "5"]]
    said = words(threshold_words(METRICS, 0.49))
    assert "names 4 of 5 (38–96 %) of the pictures; of these names 4 of 4 (51–100 %) are right" in said
    assert "On the other one it says “not sure”." in said
    assert "“not sure” to all 5 pictures" in threshold_words(METRICS, 0.99)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (0.0, "On the other 2 it says “not sure”, at any threshold: unlike what was learned, or two names too close"),
        (0.5, "On the other 3 it says “not sure”, on 2 of them at any threshold: unlike what was learned, or two"),
    ],
)
def test_pictures_that_no_threshold_names_are_told(at: float, said: str) -> None:
    counted = {"from": [0.0, 0.5], "answered": [3, 2], "right": [2, 2]}
    assert said in words(threshold_words({"named": 5, "thresholds": counted}, at))


@pytest.mark.parametrize("draw", [matrix_figure, calibration_figure, lambda metrics: threshold_figure(metrics, 0.5)])
def test_where_nothing_is_known_nothing_is_drawn(draw: Any) -> None:
    assert draw({"n": 5}) is None


def test_every_count_has_its_interval() -> None:
    html = figures_card(METRICS, where=EVIL, notes=[EVIL])
    said = words(html)
    assert "4 of 5 accuracy between 38 and 96 %" in said
    assert "4 of 4 of the names it said, right between 51 and 100 %" in said
    assert "1 of 5 no name said" in said
    assert "So few pictures tell little" in said
    assert "onerror" not in tags_of(html)


def test_classes_come_weakest_first_and_sizes_with_what_is_known() -> None:
    html = class_table(METRICS)
    assert words(html).index("cup 2 1 of 2") < words(html).index("3 3 of 3")
    assert "onerror" not in tags_of(html)
    never = {"by_class": {"cup": {"n": 0, "named": 0, "right": 0, "f1": None}}}
    assert "none there never said –" in words(class_table(never))
    assert "small, below 32 × 32 px 2 1 of 2 (9–91 %) 0.50" in words(size_table(METRICS))
    assert "large, from 96 × 96 px on 3 – –" in words(size_table(METRICS))
    assert class_table({}) == size_table({}) == threshold_words({}, 0.5) == ""
