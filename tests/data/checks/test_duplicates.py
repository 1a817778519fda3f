"""Copies: of the same bytes, nearly the same, in one part and in two; and what is no copy."""

import io
import shutil
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from examining import found, names
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from smallimg.data.checks.thumbnails import hashes
from smallimg.pictures.images import flatten, list_images, open_image

EXAMPLES = Path(__file__).parents[3] / "assets" / "examples" / "cifar10"


@cache
def photos() -> dict[str, Image.Image]:
    """Real photos, some of the same kind of thing."""
    return {path.stem: ImageOps.contain(flatten(open_image(path)), (400, 400)) for path in list_images(EXAMPLES)}


def lay(root: Path, part: str = "train") -> Path:
    """The photos as two classes."""
    for number, (name, picture) in enumerate(photos().items()):
        path = root / part / f"class{number % 2}" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    return root


def as_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream)


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "saved badly": lambda one: as_jpeg(one, 40),
    "half as large": lambda one: as_jpeg(one.resize((one.width // 2, one.height // 2)), 85),
    "larger": lambda one: one.resize((one.width * 3 // 2, one.height * 3 // 2)),
    "brighter": lambda one: ImageEnhance.Brightness(one).enhance(1.1),
    "mirrored": ImageOps.mirror,
    "mirrored, darker and saved again": lambda one: as_jpeg(
        ImageOps.mirror(ImageEnhance.Brightness(one).enhance(0.9)), 75
    ),
}


def test_different_photos_are_no_copies(tmp_path: Path) -> None:
    assert not [id for id in found(lay(tmp_path)) if "duplicate" in id]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_whatever_was_done_to_it(change: str, tmp_path: Path) -> None:
    lay(tmp_path)
    for number, (name, picture) in enumerate(photos().items()):
        CHANGES[change](picture).convert("RGB").save(tmp_path / f"train/class{number % 2}/{name}_x.jpg", quality=92)
    findings = found(tmp_path)
    assert sorted(names(findings["near-duplicate"])) == sorted(f"{name}_x.jpg" for name in photos())
    assert "duplicate-picture" not in findings
    assert findings["near-duplicate"].count == len(photos())
    assert "and 5 more" in findings["near-duplicate"].message


def test_a_turned_copy_is_looked_at_upright(tmp_path: Path) -> None:
    lay(tmp_path)
    exif = Image.Exif()
    exif[274] = 6
    turned = photos()["cat"].transpose(Image.Transpose.ROTATE_90)
    turned.save(tmp_path / "train/class1/turned.jpg", exif=exif, quality=90)
    (picture,) = found(tmp_path)["near-duplicate"].pictures
    assert picture.name == "turned.jpg"


def draw_on_white(shape: str, colour: str, at: int) -> Image.Image:
    """A product on a white ground, as shops photograph them."""
    picture = Image.new("RGB", (256, 256), "white")
    draw = ImageDraw.Draw(picture)
    box = (at, at, at + 90, at + 90)
    if shape == "disc":
        draw.ellipse(box, fill=colour)
    elif shape == "square":
        draw.rectangle(box, fill=colour)
    else:
        draw.polygon([(at, at + 90), (at + 45, at), (at + 90, at + 90)], fill=colour)
    return picture


def test_products_on_one_plain_ground_are_no_copies(tmp_path: Path) -> None:
    """They differ by form, by colour or by place; their grounds, most of each picture, are the same."""
    rng = np.random.default_rng(0)
    shapes = product(("disc", "square", "triangle"), ("darkred", "navy", "black"), (60, 90))
    for number, (shape, colour, at) in enumerate(shapes):
        pixels = np.asarray(draw_on_white(shape, colour, at), np.int16) + rng.integers(-3, 3, (256, 256, 3))
        path = tmp_path / f"train/{shape}/{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path, quality=90)
    assert set(found(tmp_path)) == {"few-pictures"}


def test_plain_pictures_are_not_compared(tmp_path: Path) -> None:
    """Of sheets of paper, no hash says which is which."""
    for number in range(24):
        noise = np.random.default_rng(number).integers(200, 206, (64, 64, 3), np.uint8)
        path = tmp_path / f"train/{'ab'[number % 2]}/{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise).save(path)
    assert found(tmp_path) == {}


def test_the_hash_of_a_picture_is_that_of_a_worse_copy() -> None:
    """Against one written out, frequency by frequency."""
    grey = np.random.default_rng(1).normal(size=(16, 16)).astype(np.float32)
    grey -= grey.mean()
    x = np.arange(16) + 0.5
    low = [
        (grey * np.outer(np.cos(np.pi * down * x / 16), np.cos(np.pi * across * x / 16))).sum()
        for down in range(8)
        for across in range(8)
    ][1:]
    (number,) = hashes(grey[None])
    assert [bool(int(number) >> bit & 1) for bit in range(63)] == (np.array(low) > np.median(low)).tolist()
    (other,) = hashes((1.3 * grey)[None])
    assert other == number, "contrast does not count"


# --- parts and classes --------------------------------------------------------------------------------------------


def test_copies_between_parts_are_leaks(tmp_path: Path) -> None:
    lay(tmp_path)
    held = {"valid": ("dog", "dog.png"), "test": ("cat", "cat.png")}
    for part, (name, copy) in held.items():
        for number, other in enumerate(("x", "y")):
            noise = np.random.default_rng(10 * len(part) + number).integers(0, 255, (80, 80, 3), np.uint8)
            path = tmp_path / f"{part}/class{number}/{other}.png"
            path.parent.mkdir(parents=True)
            Image.fromarray(noise).save(path)
        number = list(photos()).index(name) % 2
        shutil.copy(tmp_path / f"train/class{number}/{name}.png", tmp_path / f"{part}/class{number}/{copy}")
    photos()["horse"].save(tmp_path / "test/class1/resaved.jpg", quality=80)
    findings = found(tmp_path)
    leak, near = findings["duplicate-between-splits"], findings["near-duplicate-between-splits"]
    assert (leak.count, leak.severity, names(leak)) == (2, "warning", ["dog.png", "cat.png"])
    assert [path.parent.parent.name for path in leak.pictures] == ["train", "train"], "what is tested on stays"
    assert "valid/class1/dog.png in the validation split is the same picture as train/class1/dog.png" in leak.message
    assert leak.remedy == "take one of them out, or the test is easier than it should be"
    assert "test/class1/resaved.jpg in the test split is nearly the same picture as" in near.message
    assert (near.count, names(near)) == (1, ["horse.png"])
    assert not {"duplicate-picture", "near-duplicate"} & findings.keys()


def test_one_picture_under_two_classes_is_no_mere_copy(tmp_path: Path) -> None:
    lay(tmp_path)
    shutil.copy(tmp_path / "train/class0/bird.png", tmp_path / "train/class1/bird.png")
    findings = found(tmp_path)
    other = findings["duplicate-of-another-class"]
    assert "train/class1/bird.png is said to show class1, and train/class0/bird.png, the same picture, class0" in (
        other.message
    )
    assert (other.count, len(other.pictures)) == (1, 2)
    assert "duplicate-picture" not in findings


def test_many_pictures_are_compared_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies are found across the blocks, too, and each is told once."""
    lay(tmp_path)
    for number, (name, picture) in enumerate(photos().items()):
        as_jpeg(picture, 60).save(tmp_path / f"train/class{number % 2}/{name}_x.jpg", quality=92)
    whole = found(tmp_path)
    monkeypatch.setattr("smallimg.data.checks.thumbnails.BLOCK", 1)
    monkeypatch.setattr("smallimg.data.checks.thumbnails.CHUNK", 1)
    assert found(tmp_path) == whole
    assert whole["near-duplicate"].count == len(photos())
