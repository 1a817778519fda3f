"""Results as table, CSV and JSON: read back, they say what the predictions said."""

import csv
import io
import json

import pytest
from PIL import Image

from smallimg.results import Box, Prediction
from smallimg.ui.try_it.downloads import (
    CSV_HEADERS,
    TABLE_HEADERS,
    prediction_record,
    problem_record,
    problem_table_row,
    table_row,
    to_csv,
    to_json,
)

TIMES = {"background": 20.0, "detector": 11.0, "classifier": 4.0, "total": 36.04}
FOUND = Prediction(
    (9, 9), None, (Box(1, 2, 3.25, 4, 0.75),), Image.new("RGB", (8, 8)), {"cup": 0.8, "ball": 0.2}, TIMES
)
NOTHING = Prediction((9, 9), None, (), None, {}, {"detector": 11.0, "total": 12.0})
OFF = Prediction((9, 9), None, (), None, {}, {"total": 0.1})


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_reads_back() -> None:
    records = [
        prediction_record("a, b.png", FOUND),
        prediction_record("c.png", NOTHING),
        problem_record("d.txt", "No."),
    ]
    first, second, third = read(to_csv(records))
    assert first == {
        "image": "a, b.png", "answer": "cup", "level": "kind", "label": "cup", "known": "yes", "probability": "0.8",
        "xmin": "1", "ymin": "2", "xmax": "3.2", "ymax": "4",
        "box_score": "0.75", "milliseconds": "36.0", "problem": "",
    }  # fmt: skip
    assert {second[name] for name in ("answer", "label", "known", "xmin", "box_score", "problem")} == {""}
    assert (third["image"], third["problem"]) == ("d.txt", "No.")
    assert tuple(first) == CSV_HEADERS


def test_what_is_unknown_is_said_so() -> None:
    strange = Prediction((9, 9), None, (), None, {"cup": 1.0}, {"total": 1.0}, familiarity=0.0)
    record = prediction_record("a.png", strange)
    assert table_row("a.png", strange)[1] == "not sure (cup?)"
    [row] = read(to_csv([record]))
    assert (row["answer"], row["label"], row["known"]) == ("", "cup", "no")
    assert json.loads(to_json([record]))[0]["answer"] is None


def test_nothing_is_claimed_of_a_file_that_could_not_be_read() -> None:
    record = problem_record("a.txt", "Not a picture.")
    assert {record[key] for key in ("answer", "label", "known", "box")} == {None}
    assert read(to_csv([record]))[0]["known"] == ""


@pytest.mark.parametrize("name", ["=1+1.png", "+cmd.png", "-2.png", "@sum.png", "\tx.png"])
def test_no_cell_starts_a_formula(name: str) -> None:
    found = Prediction((9, 9), None, (), None, {name: 1.0}, {"total": 1.0})
    for row in read(to_csv([prediction_record(name, found), problem_record(name, name)])):
        assert row["image"] == f"'{name}"
        assert {row["answer"], row["label"], row["problem"]} == {f"'{name}", ""}


def test_json_holds_what_the_command_line_prints_and_the_problem() -> None:
    records = json.loads(to_json([prediction_record("ä.png", FOUND), problem_record("b.txt", "Not a picture.")]))
    assert records[0] == {**FOUND.as_dict("ä.png"), "problem": None}
    assert set(records[0]) == set(records[1])
    assert records[1]["problem"] == "Not a picture."


def test_the_table_says_in_words_what_is_missing() -> None:
    rows = [table_row(name, value) for name, value in (("found", FOUND), ("nothing", NOTHING), ("off", OFF))]
    rows = [[cell.replace("\u00a0", " ") for cell in row] for row in [*rows, problem_table_row("bad")]]
    assert {len(row) for row in rows} == {len(TABLE_HEADERS)}
    assert rows == [
        ["found", "cup", "80 %", "1, 2, 3, 4", "75 %", "36 ms"],
        ["nothing", "stage off", "", "no object found", "", "12 ms"],
        ["off", "stage off", "", "stage off", "", "0.1 ms"],
        ["bad", "not read", "", "", "", ""],
    ]
