"""Rows of pictures come back from their file as they were, whatever a picture is called."""

import csv
from pathlib import Path

import pytest

from smallimg.errors import DataError
from smallimg.results import Box
from smallimg.study.rows import COLUMNS, Row, read_rows, row_file, write_row

ROWS = [
    Row(
        "a.jpg", "test/a.jpg", "cup", "cup", "cup", "kind", 0.9999999, 0.9999999, sayable=True,
        box=Box(1, 2.5, 30, 40, 0.75), iou=0.5,
    ),
    Row("b, \"c\"\n.jpg", "test/b.jpg", None, "ball", "round thing", "group", 0.25),
    Row("=1+1.jpg", "'=1.jpg", "@cup", error="-it does not open"),
    Row("", "'tis.jpg"),
]  # fmt: skip


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    with row_file(tmp_path / "rows.csv") as lines:
        for row in ROWS:
            write_row(lines, row)
    assert read_rows(tmp_path / "rows.csv") == ROWS
    with (tmp_path / "rows.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@")], "nothing for a spreadsheet to compute"


def test_half_a_file_is_never_taken_for_one(tmp_path: Path) -> None:
    def break_off() -> None:
        with row_file(tmp_path / "rows.csv") as lines:
            write_row(lines, ROWS[0])
            raise KeyError

    with pytest.raises(KeyError):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_damaged_lines_are_passed_over_and_a_missing_file_has_none(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    assert read_rows(file) == []
    good = "a,a,,,,,,,,,,,,,,"
    file.write_text(f"{','.join(COLUMNS)}\nbad,bad,,,,,many,,,,,,,,,\nshort,one\n{good}\n")
    assert [row.name for row in read_rows(file)] == ["a"]
    file.write_bytes(b"\xff\xfe\0")
    assert read_rows(file) == []


def test_where_it_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="could not be written"), row_file(tmp_path / "none" / "rows.csv"):
        pass


def test_right_and_wrong_need_a_truth_and_a_name() -> None:
    told = [Row("", "", truth, label) for truth, label in (("a", "a"), ("a", "b"), (None, "a"), ("a", None))]
    assert [(row.is_right, row.is_wrong) for row in told] == [
        (True, False), (False, True), (False, False), (False, False),
    ]  # fmt: skip
