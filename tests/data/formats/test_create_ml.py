"""Create ML's JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from made_data import save

from smallimg.data.formats import list_splits, read_dataset
from smallimg.errors import DataError


def thing(label: str, x: float, y: float, width: float, height: float) -> dict[str, Any]:
    return {"label": label, "coordinates": {"x": x, "y": y, "width": width, "height": height}}


def write_json(file: Path, **pictures: list[Any]) -> None:
    for name in pictures:
        save(file.parent / f"{name}.jpg")
    file.write_text(json.dumps([{"image": f"{name}.jpg", "annotations": notes} for name, notes in pictures.items()]))


@pytest.mark.parametrize("name", ["_annotations.createml.json", "labels.json"])
def test_boxes_by_their_centre(name: str, tmp_path: Path) -> None:
    write_json(
        tmp_path / name, a=[thing("cup", 5, 5, 10, 10), thing("ball", 15, 5, 4, 2)], b=[thing("cup", 1, 1, 2, 2)], c=[]
    )
    dataset = read_dataset(tmp_path)
    assert (dataset.split, dataset.class_names, dataset.problems) == ("all", ("ball", "cup"), ())
    both, cup, nothing = dataset.samples
    assert (both.boxes.tolist(), both.label, both.box_labels) == ([[0, 0, 10, 10], [13, 4, 17, 6]], None, (1, 0))
    assert (cup.label, cup.boxes.tolist(), nothing.is_negative) == (1, [[0, 0, 2, 2]], True)


def test_splits(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        (tmp_path / split).mkdir()
        write_json(tmp_path / split / "_annotations.createml.json", **{split: [thing("cup", 5, 5, 10, 10)]})
    assert list_splits(tmp_path) == ("train", "val")
    assert [one.path.stem for one in read_dataset(tmp_path).samples] == ["train"]
    assert [one.path.stem for one in read_dataset(tmp_path, split="validation").samples] == ["valid"]


def test_what_is_wrong_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    file = tmp_path / "_annotations.createml.json"
    bad = [{"label": "cup"}, thing("cup", 15, 5, 30, 4), thing("cup", 5, 5, 4, 4)]
    write_json(file, a=bad, b=[{"label": "cup", "coordinates": []}])
    save(tmp_path / "spare.jpg")
    (tmp_path / "b.jpg").rename(tmp_path / "c.jpg")
    dataset = read_dataset(tmp_path)
    assert [one.boxes.tolist() for one in dataset.samples] == [[[3, 3, 7, 7]]]
    assert dataset.problems == (
        "_annotations.createml.json: there is no picture b.jpg",
        "2 pictures are not in _annotations.createml.json and passed over: c.jpg, spare.jpg",
        "a.jpg: {'label': 'cup'} is no label with x, y, width and height",
        "a.jpg: the box (0, 3, 30, 7) leaves the picture of 20 × 10 pixels",
    )
    file.write_text("[1, 2]")
    with pytest.raises(DataError, match="could not be read as Create ML"):
        read_dataset(tmp_path)
