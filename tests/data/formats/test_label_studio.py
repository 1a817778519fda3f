"""Label Studio's JSON."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_data import save
from PIL import Image

from smallimg.data.formats import read_dataset
from smallimg.data.formats.label_studio_regions import brush_shape
from smallimg.errors import DataError


def rectangle(label: str, x: float, y: float, width: float, height: float, rotation: float = 0) -> dict[str, Any]:
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": rotation, "rectanglelabels": [label]}
    return {"type": "rectanglelabels", "original_width": 20, "original_height": 10, "image_rotation": 0, "value": value}


def ellipse(label: str, x: float, y: float, across: float, down: float, rotation: float = 0) -> dict[str, Any]:
    value = {"x": x, "y": y, "radiusX": across, "radiusY": down, "rotation": rotation, "ellipselabels": [label]}
    return {"type": "ellipselabels", "original_width": 20, "original_height": 10, "image_rotation": 0, "value": value}


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
    far = ellipse("cup", -30, 5, 10, 10)
    star = {"type": "starlabels", "value": {"x": 5, "y": 5, "spikes": 5, "starlabels": ["cup"]}}
    dataset = read_dataset(
        write_tasks(
            tmp_path,
            task("a.jpg", rectangle("cup", 0, 0, 25, 50), rectangle("cup", 5, 5, 0, 50, rotation=30), far, star),
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
        "a.jpg: a cup of the kind rectanglelabels cannot be read (its sides are not finite numbers above 0)",
        "a.jpg: a cup of the kind ellipselabels cannot be read (it lies outside of the picture of 20 × 10 pixels)",
        "a.jpg: a cup of the kind starlabels cannot be read (expected a rectangle, an ellipse, an outline or a brush)",
    )


def covered(corners: list[complex], size_wh: tuple[int, int]) -> np.ndarray:
    """Which pixels' middles lie within some corners in a circle, the slow way: left of no edge."""
    y, x = np.mgrid[: size_wh[1], : size_wh[0]] + 0.5
    shape = np.ones(size_wh[::-1], bool)
    for begin, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        shape &= (np.conj(end - begin) * (x + 1j * y - begin)).imag >= 0
    return shape


@pytest.mark.parametrize("turn", [90, 30, -40, 200])
def test_what_is_turned_gets_the_box_around_it_and_a_mask(turn: float, tmp_path: Path) -> None:
    """Turned around the corner at the top left, in pixels, though its sides are in per cent of either side."""
    size_wh = (80, 40)
    save(tmp_path / "a.png", size_wh)
    mark = rectangle("cup", 50, 50, 20, 25, rotation=turn) | {"original_width": 80, "original_height": 40}
    (sample,) = read_dataset(write_tasks(tmp_path, task("a.png", mark))).samples
    by = np.exp(1j * np.deg2rad(turn))
    corners = [40 + 20j + corner * by for corner in (0, 16, 16 + 10j, 10j)]
    x, y = np.real(corners), np.imag(corners)
    np.testing.assert_allclose(sample.boxes, [[x.min(), y.min(), x.max(), y.max()]], atol=1e-4)
    np.testing.assert_array_equal(np.asarray(Image.open(sample.mask)) == 255, covered(corners, size_wh))


@pytest.mark.parametrize("turn", [0, 90, 25])
def test_ellipses(turn: float, tmp_path: Path) -> None:
    size_wh = (80, 40)
    save(tmp_path / "a.png", size_wh)
    mark = ellipse("cup", 50, 50, 20, 20, rotation=turn) | {"original_width": 80, "original_height": 40}
    (sample,) = read_dataset(write_tasks(tmp_path, task("a.png", mark))).samples
    around = np.exp(1j * np.linspace(0, 2 * np.pi, 721)[:-1])  # its radii are 16 and 8 pixels
    rim = 40 + 20j + (16 * around.real + 8j * around.imag) * np.exp(1j * np.deg2rad(turn))
    x, y = rim.real, rim.imag
    np.testing.assert_allclose(sample.boxes, [[x.min(), y.min(), x.max(), y.max()]], atol=1e-2)
    np.testing.assert_array_equal(np.asarray(Image.open(sample.mask)) == 255, covered(rim.tolist(), size_wh))


def test_an_ellipse_over_the_edge_is_clipped(tmp_path: Path) -> None:
    save(tmp_path / "a.jpg")
    (sample,) = read_dataset(write_tasks(tmp_path, task("a.jpg", ellipse("cup", 100, 50, 25, 25)))).samples
    np.testing.assert_allclose(sample.boxes, [[15, 2.5, 20, 7.5]], atol=1e-5)


def test_the_short_form_says_the_same(tmp_path: Path) -> None:
    marks = [rectangle("cup", 0, 0, 25, 50), rectangle("ball", 25, 20, 25, 50)]
    short = [
        {**common(1), "image": "/data/upload/1/0a1b2c3d-a.jpg", "label": [{**one["value"], "original_width": 20,
         "original_height": 10} for one in marks]},
        {**common(2), "image": "b.jpg", "choice": "ball", "comment": "it was dark"},
        {**common(3), "image": "c.jpg"},
        {**common(4), "image": "d.jpg", "tag": [brush("cup", np.ones((10, 20), bool))["value"]]},
    ]  # fmt: skip
    for name in "abcd":
        save(tmp_path / f"{name}.jpg")
    dataset = read_dataset(write_tasks(tmp_path, *short))
    assert (dataset.form, dataset.class_names, dataset.problems) == ("labelstudio", ("ball", "cup"), ())
    both, chosen, nothing, painted = dataset.samples
    np.testing.assert_allclose(both.boxes, [[0, 0, 5, 5], [5, 2, 10, 7]], atol=1e-5)
    assert (both.label, both.box_labels) == (None, (1, 0))
    assert (chosen.label, len(chosen.boxes)) == (0, 0)
    assert nothing.is_negative
    assert (painted.label, painted.boxes.tolist()) == (1, [[0, 0, 20, 10]])
    assert painted.mask is not None


def test_several_choices_in_the_short_form_are_named(tmp_path: Path) -> None:
    save(tmp_path / "a.jpg")
    save(tmp_path / "b.jpg")
    rows = [
        {**common(1), "image": "a.jpg", "choice": {"choices": ["cup", "ball"]}},
        {**common(2), "image": "b.jpg", "choice": "cup"},
    ]
    dataset = read_dataset(write_tasks(tmp_path, *rows))
    assert dataset.problems == ("a.jpg: a result of the kind choices has several classes (cup, ball)",)


def common(number: int) -> dict[str, Any]:
    """What the short form says of every annotation."""
    return {"id": number, "annotator": 1, "annotation_id": 10 + number, "created_at": "2026-01-01T10:00:00Z",
            "updated_at": "2026-01-01T10:00:00Z", "lead_time": 3.5}  # fmt: skip
