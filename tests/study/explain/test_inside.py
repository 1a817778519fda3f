"""How heat lies on objects, and what a table makes of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg.study.explain.inside import Inside, inside, thing_of_boxes, thing_of_mask
from smallimg.study.explain.seen import Seen
from smallimg.study.explain.set_table import inside_csv, mean_interval, set_table
from smallimg.study.explain.sheet import COLUMNS, caption, least_inside_first, sheet


def seen(truth: str | None, label: str, how: Inside | None = None, name: str = "a.jpg") -> Seen:
    picture = Image.new("RGB", (40, 30))
    return Seen(Path("/data/test", name), truth, label, 0.9, how, picture)


def test_the_share_is_of_what_is_warm() -> None:
    heat = np.array([[3, 1], [0, -5]], np.float32)
    thing = np.array([[True, False], [False, True]])
    assert inside(heat, thing) == Inside(0.75, 0.5, True)
    assert inside(heat, ~thing) == Inside(0.25, 0.5, False)
    assert inside(np.zeros((2, 2), np.float32), thing) == Inside(0.0, 0.5, False)


def test_objects_are_found_in_small_copies() -> None:
    boxes = np.array([[10, 20, 30, 40], [90, 90, 120, 130]], np.float32)
    thing = thing_of_boxes(boxes, (100, 100), (50, 50))
    assert thing[10:20, 5:15].all()
    assert thing[45:, 45:].all()
    assert thing.sum() == 100 + 25
    mask = Image.new("L", (100, 100))
    mask.paste(255, (0, 0, 50, 100))
    assert thing_of_mask(mask, (10, 10)).mean() == 0.5


def test_the_table_tells_right_from_wrong_and_small_from_large() -> None:
    rows = set_table(
        [
            seen("cup", "cup", Inside(0.8, 0.3, True)),
            seen("cup", "cup", Inside(0.4, 0.005, False)),
            seen("cup", "ball", Inside(0.1, 0.02, False)),
            seen(None, "ball", Inside(0.5, 0.2, True)),
            seen("cup", "cup"),
        ]
    )
    told = {(row.answer, row.size): (row.n, round(row.share, 3), row.hits) for row in rows}
    assert told == {
        ("right", "all"): (2, 0.6, 1),
        ("right", "small"): (1, 0.4, 0),
        ("right", "large"): (1, 0.8, 1),
        ("wrong", "all"): (1, 0.1, 0),
        ("wrong", "medium"): (1, 0.1, 0),
        ("not known", "all"): (1, 0.5, 1),
        ("not known", "large"): (1, 0.5, 1),
    }


def test_the_interval_of_a_mean_is_that_of_its_theory_and_of_one_value_everything() -> None:
    values = np.random.default_rng(3).normal(0.5, 0.1, 400).tolist()
    low, high = mean_interval(values)
    assert high - low == pytest.approx(2 * 1.96 * np.std(values) / 20, rel=0.1)
    assert low < np.mean(values) < high
    assert mean_interval([0.7]) == (0.0, 1.0)


def test_the_csv_has_a_row_a_picture_and_no_formula() -> None:
    lines = inside_csv([seen("=cup", "cup", Inside(0.5, 0.02, True)), seen(None, "cup")], Path("/data")).splitlines()
    assert lines[1] == "test/a.jpg,'=cup,cup,0.9000,0.5000,0.0200,medium,yes"
    assert lines[2] == "test/a.jpg,,cup,0.9000,,,,"


def test_a_sheet_begins_with_what_looked_beside_its_object() -> None:
    pictures = [seen("cup", "cup", Inside(share, 0.1, True), f"{share}.jpg") for share in (0.9, 0.1, 0.5)]
    pictures.append(replace(pictures[0], truth="ball"))
    ordered = least_inside_first(pictures, is_right=True)
    assert [one.path.name for one in ordered] == ["0.1.jpg", "0.5.jpg", "0.9.jpg"]
    assert caption(pictures[-1]) == ["said cup 90 %", "is ball", "heat inside 90 %"]
    one_row, two_rows = sheet(ordered * 2), sheet(ordered * 3)
    assert one_row.width == two_rows.width
    assert two_rows.height > one_row.height
    assert COLUMNS == 6
