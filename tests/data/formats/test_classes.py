"""The names of classes, by index and by name."""

from pathlib import Path

import pytest
from made_data import write_table

from smallimg.data.formats import read_dataset
from smallimg.errors import DataError


@pytest.mark.parametrize(
    ("classes", "cells", "names", "ids", "labels"),
    [
        (None, ["2", "10", "1"], ("1", "2", "10"), ("1", "2", "10"), [1, 2, 0]),
        (None, ["cup", "ball", "cup"], ("ball", "cup"), ("ball", "cup"), [1, 0, 1]),
        (None, ["cup", "3", "cup"], ("3", "cup"), ("3", "cup"), [1, 0, 1]),
        ("cup\nball\nhat\n", ["2", "1", "0"], ("cup", "ball", "hat"), ("0", "1", "2"), [2, 1, 0]),
        ("cup\nball\nhat\n", ["hat", "cup", "ball"], ("cup", "ball", "hat"), ("cup", "ball", "hat"), [2, 0, 1]),
        ("5\n7\n6\n", ["7", "6", "5"], ("5", "7", "6"), ("5", "7", "6"), [1, 2, 0]),  # a name wins over an index
    ],
)
def test_classes_by_index_and_by_name(
    classes: str | None,
    cells: list[str],
    names: tuple[str, ...],
    ids: tuple[str, ...],
    labels: list[int],
    tmp_path: Path,
) -> None:
    write_table(tmp_path, *(f"{index}.jpg,0,0,5,5,{cell}" for index, cell in enumerate(cells)))
    if classes:
        (tmp_path / "classes.txt").write_text(classes)
    dataset = read_dataset(tmp_path)
    assert (dataset.class_names, dataset.class_ids, dataset.problems) == (names, ids, ())
    assert [sample.label for sample in dataset.samples] == labels


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("challenge.json", "{"),
        ("challenge.json", "[]"),
        ("challenge.json", '{"names": []}'),
        ("challenge.json", '{"classes": "cup"}' + "x"),
        ("challenge.json", '{"classes": 3}'),
        ("challenge.json", '{"classes": ["cup", 3]}'),
        ("challenge.json", "[" * 100_000),
        ("classes.txt", "\n"),
        ("classes.txt", "cup\nball\ncup\n"),
    ],
)
def test_class_names_that_are_none(name: str, text: str, tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,0")
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=f"{name} does not name the classes"):
        read_dataset(tmp_path)
