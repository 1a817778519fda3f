"""Label Studio's JSON."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_data import save
from PIL import Image

from smallimg.data.formats import read_dataset
from smallimg.data.formats.label_studio import brush_shape
from smallimg.errors import DataError


def rectangle(label: str, x: float, y: float, width: float, height: float, rotation: float = 0) -> dict[str, Any]:
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": rotation, "rectanglelabels": [label]}
    return {"type": "rectanglelabels", "original_width": 20, "original_height": 10, "image_rotation": 0, "value": value}


def task(picture: str, *results: dict[str, Any], number: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": number, "data": {"image": picture}, "annotations": [{"id": 9, "result": [*results], **more}]}


def write_tasks(root: Path, *tasks: dict[str, Any]) -> Path:
    (root / "project-1.json").write_text(json.dumps(tasks))
    return root


def encode(values: list[int], counts: tuple[int, int, int, int] = (3, 4, 8, 16)) -> list[int]:
    """@thi.ng/rle-pack, the plain way: runs of two or more, anything else one by one."""
    bits = f"{len(values):032b}" + f"{7:05b}" + "".join(f"{count - 1:04b}" for count in counts)
    start = 0
    while start < len(values):
        end = start + 1
        while end < len(values) and values[end] == values[start] and end - start < 1 << counts[3]:
            end += 1
        is_run = end - start > 1
        if not is_run:
            while end < len(values) and values[end] != values[end - 1] and end - start < 1 << counts[3]:
                end += 1
        size = next(index for index, count in enumerate(counts) if end - start - 1 < 1 << count)
        bits += f"{int(is_run)}{size:02b}" + f"{end - start - 1:0{counts[size]}b}"
        bits += f"{values[start]:08b}" if is_run else "".join(f"{value:08b}" for value in values[start:end])
        start = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]


def brush(label: str, shape: np.ndarray) -> dict[str, Any]:
    values = np.repeat(np.where(shape, 255, 0).ravel(), 4).tolist()
    return {"type": "brushlabels", "value": {"format": "rle", "rle": encode(values), "brushlabels": [label]}}


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/data/upload/1/0a1b2c3d-my%20cup.jpg", "0a1b2c3d-my cup.jpg"),
        ("/data/upload/1/0a1b2c3d-my%20cup.jpg", "images/my cup.jpg"),
        ("/data/local-files/?d=some/folder/cup.jpg", "deep/cup.jpg"),
        ("s3://bucket/set/cup.jpg", "cup.jpg"),
        ("https://example.org/cup.jpg?token=1", "cup.jpg"),
        ("C:\\pictures\\cup.jpg", "cup.jpg"),
    ],
)
def test_pictures_are_found_by_the_end_of_their_address(address: str, file: str, tmp_path: Path) -> None:
    save(tmp_path / file)
    dataset = read_dataset(write_tasks(tmp_path, task(address, rectangle("cup", 10, 20, 50, 40))))
    assert (dataset.split, dataset.problems) == ("all", ())
    (sample,) = dataset.samples
    assert sample.path == tmp_path / file
    np.testing.assert_allclose(sample.boxes, [[2, 2, 12, 6]], atol=1e-5)


def test_rectangles_outlines_and_choices(tmp_path: Path) -> None:
    for name in "abcd":
        save(tmp_path / f"{name}.jpg")
    points = [[10, 10], [60, 20], [30, 95]]
    outline = {"type": "polygonlabels", "value": {"points": points, "polygonlabels": ["ball"]}}
    twin = {"x": 0, "y": 0, "width": 100, "height": 100, "rotation": 0}
    dataset = read_dataset(
        write_tasks(
            tmp_path,
            task("a.jpg", rectangle("cup", 0, 0, 25, 50), outline),
            task("b.jpg", {"type": "choices", "value": {"choices": ["ball"]}}),
            task("c.jpg"),
            task(
                "d.jpg", {"type": "rectangle", "value": twin}, {"type": "labels", "value": twin | {"labels": ["hat"]}}
            ),
        )
    )
    assert (dataset.class_names, dataset.problems) == (("ball", "cup", "hat"), ())
    both, chosen, nothing, twins = dataset.samples
    np.testing.assert_allclose(both.boxes, [[0, 0, 5, 5], [2, 1, 12, 9.5]], atol=1e-5)
    assert (both.label, both.box_labels, both.mask) == (None, (1, 0), None)
    assert (chosen.label, len(chosen.boxes), chosen.is_negative) == (0, 0, False)
    assert (nothing.label, nothing.is_negative) == (None, True)
    assert (twins.label, twins.boxes.tolist()) == (2, [[0, 0, 20, 10]])


def test_brush_strokes_become_masks_and_boxes(tmp_path: Path) -> None:
    save(tmp_path / "a.jpg")
    rng = np.random.default_rng(0)
    one, other = np.zeros((2, 10, 20), bool)
    one[2:7, 3:9] = rng.random((5, 6)) > 0.3
    one[2, 3] = one[6, 8] = True
    other[1:4, 12:18] = True
    dataset = read_dataset(write_tasks(tmp_path, task("a.jpg", brush("cup", one), brush("cup", other))))
    (sample,) = dataset.samples
    assert (dataset.problems, sample.boxes.tolist()) == ((), [[3, 2, 9, 7], [12, 1, 18, 4]])
    np.testing.assert_array_equal(np.asarray(Image.open(sample.mask)) == 255, one | other)


@pytest.mark.parametrize("counts", [(1, 2, 3, 4), (3, 4, 8, 16), (8, 8, 8, 16)])
def test_brush_strokes_of_half_tones_in_any_packing(counts: tuple[int, int, int, int]) -> None:
    rng = np.random.default_rng(1)
    pixels = np.repeat(rng.integers(0, 256, (6, 5, 4)), 2, axis=1)
    shape = brush_shape(encode(pixels.ravel().tolist(), counts), (10, 6))
    np.testing.assert_array_equal(shape, pixels[:, :, 3] > 127)


@pytest.mark.parametrize("rle", [[], [1], [0, 0, 3, 32, 0], [300], "text", None, encode([255] * 800)[:9]])
def test_damaged_brush_strokes(rle: Any) -> None:
    with pytest.raises(DataError, match="its brush strokes are not of 20 × 10 pixels"):
        brush_shape(rle, (20, 10))


def test_what_is_wrong_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    for name in "abcde":
        save(tmp_path / f"{name}.jpg", size_wh=(10, 20) if name == "b" else (20, 10))
    twice = task("c.jpg", rectangle("cup", 0, 0, 50, 50), number=3)
    twice["annotations"] *= 2
    ellipse = {"type": "ellipselabels", "value": {"x": 5, "y": 5, "radiusX": 3, "radiusY": 3, "ellipselabels": ["cup"]}}
    dataset = read_dataset(
        write_tasks(
            tmp_path,
            task("a.jpg", rectangle("cup", 0, 0, 25, 50), rectangle("cup", 5, 5, 50, 50, rotation=30), ellipse),
            task("b.jpg", rectangle("cup", 0, 0, 25, 50), number=2),
            twice,
            task("d.jpg", rectangle("cup", 0, 0, 50, 50), was_cancelled=True),
            {"id": 5, "data": {"image": "e.jpg"}, "annotations": [], "predictions": [{"result": []}]},
            task("z.jpg", number=6),
            task("no picture", number=7),
            {"id": 8, "data": [], "annotations": 5},
        )
    )
    assert [(one.path.stem, len(one.boxes)) for one in dataset.samples] == [("a", 1), ("c", 1)]
    assert dataset.problems == (
        "project-1.json, task 2: b.jpg was labelled as 20 × 10 pixels, and it opens as 10 × 20: label it as "
        "it is shown",
        "c.jpg was annotated 2 times: the first time is used",
        "project-1.json, task 6: there is no picture z.jpg",
        "project-1.json, task 7: its data names no picture",
        "project-1.json: 3 tasks are not annotated",
        "a.jpg: a cup of the kind rectanglelabels cannot be read (it is turned by 30°: draw it upright)",
        "a.jpg: a cup of the kind ellipselabels cannot be read (expected a rectangle, an outline or a brush)",
    )
