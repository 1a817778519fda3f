"""Boxes, masks and classes that are doubtful, and others that are not."""

from pathlib import Path

import numpy as np
import pytest
from examining import found, names, write_rows
from PIL import Image

SIZE = (200, 100)


def lay(root: Path, rows: dict[str, list[str]], *, fill: int = 10, split: str = "train") -> Path:
    """Pictures of noise with these rows each, and `fill` sound ones a class beside them."""
    sound = {f"{name}{number}": [f"30,20,90,80,{name}"] for name in ("cup", "hat") for number in range(fill)}
    lines = []
    for number, (name, cells) in enumerate((sound | rows).items()):
        noise = np.random.default_rng(number).integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
        path = root / split / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise).save(path)
        lines += [f"{path.name},{cell}" for cell in cells]
    write_rows(root, lines, split)
    return root


def test_sound_boxes_are_not_spoken_of(tmp_path: Path) -> None:
    """Small, long, large, side by side, one in the other, and two classes in one place."""
    rows = {
        "small": ["10,10,15,14,cup"],
        "long": ["0,50,190,60,cup"],
        "large": ["2,1,198,99,hat"],
        "beside": ["10,10,60,60,cup", "12,10,62,60,cup"],
        "inside": ["10,10,60,60,cup", "20,20,50,50,cup"],
        "both": ["10,10,60,60,cup", "10,10,60,60,hat"],
    }
    assert found(lay(tmp_path, rows)) == {}


@pytest.mark.parametrize(
    ("id", "cells", "count"),
    [
        ("tiny-box", ["10,10,13,12,cup", "50,50,51,51,cup", "100,20,150,90,cup"], 2),
        ("sliver-box", ["10,10,12,60,cup", "100,20,150,90,hat"], 1),
        ("whole-picture-box", ["0,0,200,100,cup"], 1),
        ("whole-picture-box", ["1,0,199.5,99.2,cup"], 1),
        ("box-twice", ["10,10,110,60,cup", "11,10,110,60,cup", "11,10,110,61,cup", "10,10,60,60,hat"], 2),
    ],
)
def test_a_doubtful_box_is_counted_and_its_picture_named(id: str, cells: list[str], count: int, tmp_path: Path) -> None:
    (finding,) = found(lay(tmp_path, {"odd": cells})).values()
    assert (finding.id, finding.severity, finding.count) == (id, "warning", count)
    assert names(finding) == ["odd.png"]
    assert "train/odd.png" in finding.message


def test_thousands_of_boxes_are_compared_in_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [f"{x},{y},{x + 9},{y + 9},cup" for x in range(0, 190, 10) for y in range(0, 90, 10)]
    lay(tmp_path, {"crowd": [*cells, "0.1,0,9,9,cup", "180.1,80,189,89,cup"]})
    whole = found(tmp_path)
    assert whole["box-twice"].count == 2
    monkeypatch.setattr("smallimg.data.checks.boxes.ROWS", 7)
    assert found(tmp_path) == whole


def draw_masks(root: Path, places: dict[str, tuple[int, int, int, int]]) -> None:
    """White rectangles, those of the sound pictures where their boxes are."""
    for picture in (root / "train").iterdir():
        mask = Image.new("L", SIZE)
        if place := places.get(picture.stem, (32, 21, 89, 80)):
            mask.paste(255, place)
        (root / "train_masks").mkdir(exist_ok=True)
        mask.save(root / "train_masks" / picture.name)


def test_masks_and_boxes_that_disagree(tmp_path: Path) -> None:
    rows = {
        "elsewhere": ["10,10,60,60,cup"], "twice_as_long": ["10,10,60,60,cup"], "smaller": ["0,0,100,100,cup"],
        "bare": ["10,10,60,60,cup", "100,0,120,9,hat"],
        "loose": ["10,10,60,60,cup"], "two": ["10,10,60,60,cup", "100,10,150,60,hat"],
    }  # fmt: skip
    places = {
        "elsewhere": (120, 10, 180, 60), "twice_as_long": (10, 10, 190, 60), "bare": (10, 10, 60, 60),
        "smaller": (40, 40, 60, 60), "loose": (14, 13, 58, 60), "two": (12, 12, 148, 58),
    }  # fmt: skip
    draw_masks(lay(tmp_path, rows), places)
    (finding,) = found(tmp_path).values()
    assert finding.id == "mask-and-box-disagree"
    assert sorted(names(finding)) == ["bare.png", "elsewhere.png", "smaller.png", "twice_as_long.png"]


def test_stray_pixels_do_not_move_a_mask(tmp_path: Path) -> None:
    lay(tmp_path, {})
    draw_masks(tmp_path, {})
    path = tmp_path / "train_masks/cup0.png"
    mask = Image.open(path)
    mask.putpixel((199, 99), 255)
    mask.save(path)
    assert found(tmp_path) == {}


def test_an_empty_mask_is_told_once(tmp_path: Path) -> None:
    lay(tmp_path, {})
    draw_masks(tmp_path, {})
    Image.new("L", SIZE).save(tmp_path / "train_masks/cup0.png")
    (finding,) = found(tmp_path).values()
    assert (finding.id, finding.count) == ("mask-says-nothing", 1)


def test_pictures_of_one_colour(tmp_path: Path) -> None:
    lay(tmp_path, {"black": ["10,10,60,60,cup"], "sky": ["10,10,60,60,cup"], "faint": ["10,10,60,60,cup"]})
    Image.new("RGB", SIZE).save(tmp_path / "train/black.png")
    noise = np.random.default_rng(0).integers(0, 3, (SIZE[1], SIZE[0], 3), np.uint8)
    Image.fromarray(noise + np.array([100, 150, 240], np.uint8)).save(tmp_path / "train/sky.png")
    Image.fromarray(4 * noise).save(tmp_path / "train/faint.png")
    (finding,) = found(tmp_path).values()
    assert (finding.id, names(finding)) == ("constant-picture", ["black.png", "sky.png"])


def test_uneven_classes(tmp_path: Path) -> None:
    rows = {f"more{number}": ["10,10,60,60,cup"] for number in range(80)}
    assert found(lay(tmp_path, rows)) == {}, "nine times as many are still taken"
    rows |= {f"most{number}": ["10,10,60,60,cup"] for number in range(10)}
    (finding,) = found(lay(tmp_path, rows)).values()
    assert (finding.id, finding.count, finding.pictures) == ("uneven-classes", 1, ())
    assert "cup has 100 pictures, hat 10" in finding.message


def test_few_pictures_of_several_classes_are_one_finding(tmp_path: Path) -> None:
    (finding,) = found(lay(tmp_path, {}, fill=4)).values()
    assert (finding.id, finding.count) == ("few-pictures", 8)
    assert finding.message == "2 classes have only few pictures (cup 4, hat 4)"


def test_pictures_of_a_class_that_is_only_tested(tmp_path: Path) -> None:
    lay(tmp_path, {})
    for number in range(2):
        noise = np.random.default_rng(100 + number).integers(0, 255, (40, 40, 3), np.uint8)
        (tmp_path / "test").mkdir(exist_ok=True)
        Image.fromarray(noise).save(tmp_path / f"test/{number}.png")
    write_rows(tmp_path, ["0.png,3,3,20,20,cup", "1.png,3,3,20,20,boot"], "test")
    (finding,) = found(tmp_path).values()
    assert (finding.id, names(finding)) == ("class-only-in-test", ["1.png"])
