"""Files that are no pictures, are damaged, or mean harm."""

import contextlib
import os
import random
from pathlib import Path

import numpy as np
import pytest
from made_pictures import (
    HEIGHT,
    LOSSLESS,
    LOSSY,
    WIDTH,
    encode,
    encode_png,
    quadrants,
)
from PIL import Image

from smallimg.errors import ImageError
from smallimg.pictures.images import open_image


@pytest.mark.parametrize(
    "data",
    [
        b"Milk, eggs, bread\n",
        b"%PDF-1.7\n%",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"P6 1 1 255\n\0\0\0",  # PPM: Pillow would read it, smallimg does not offer it
        random.Random(0).randbytes(5000),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
    ],
)
def test_what_is_not_a_picture_gets_a_sentence(data: bytes) -> None:
    with pytest.raises(ImageError, match=r"^notes.txt is not a picture smallimg can read: use JPEG, PNG, .* HEIC\.$"):
        open_image(data, name="notes.txt")


def test_an_empty_file_gets_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(ImageError, match=r"^empty\.jpg is empty"):
        open_image(path)
    with pytest.raises(ImageError, match="is empty"):
        open_image(b"")


def test_paths_that_hold_no_file(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"nowhere\.jpg could not be opened \(No such file.*check the path"):
        open_image(tmp_path / "nowhere.jpg")
    with pytest.raises(ImageError, match="is a folder"):
        open_image(tmp_path)
    with pytest.raises(ImageError, match="could not be opened"):
        open_image("x" * 5000)
    with pytest.raises(ImageError, match="could not be opened"):
        open_image("a\0b.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")  # opening it would wait for a writer for ever
    with pytest.raises(ImageError, match="is not an ordinary file"):
        open_image(tmp_path / "pipe.jpg")


@pytest.mark.parametrize("kind", [*LOSSLESS, *LOSSY])
def test_a_file_cut_in_half_is_refused(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = {**LOSSLESS, **LOSSY}[kind](noise)
    cut = len(data) // 4 if kind == "multi-picture jpeg" else len(data) // 2  # so that the first picture is hit
    with pytest.raises(ImageError, match=r"^half (is a damaged or incomplete|is not a picture)"):
        open_image(data[:cut], name="half")


def test_the_limit_on_bytes(tmp_path: Path) -> None:
    data = encode(quadrants(), "PNG")
    path = tmp_path / "big.png"
    path.write_bytes(data)
    assert open_image(path, max_bytes=len(data)).size == (WIDTH, HEIGHT)
    for source in (path, data):
        with pytest.raises(ImageError, match=r"^big\.png has 0\.0 MB and the limit is"):
            open_image(source, name="big.png", max_bytes=len(data) - 1)


def test_the_limit_on_pixels() -> None:
    data = encode(quadrants(), "PNG")
    assert open_image(data, max_pixels=WIDTH * HEIGHT).size == (WIDTH, HEIGHT)
    with pytest.raises(ImageError, match=r"^the picture has 32 × 16 pixels and the limit is"):
        open_image(data, max_pixels=WIDTH * HEIGHT - 1)


@pytest.mark.parametrize("side", [5001, 10_000, 13_000, 60_000])
def test_a_bomb_is_refused_by_its_header(side: int) -> None:
    """A few bytes that claim up to 3.6 gigapixels: below, within and above what Pillow itself warns about."""
    bomb = encode_png(np.zeros((1, 1), np.uint8), size_wh=(side, side), bits=8, colour_type=0)
    with pytest.raises(ImageError, match=r"bomb\.png (has|is far too large).* million pixels: make it smaller"):
        open_image(bomb, name="bomb.png")


def test_a_picture_without_area_is_refused() -> None:
    with pytest.raises(ImageError, match=r"^none\.gif"):
        open_image(b"GIF89a" + bytes(7) + b",\0\0\0\0\0\0\0\0\0\x02\x02D\x01\0;", name="none.gif")


@pytest.mark.filterwarnings("ignore")  # Pillow warns about the damage it steps over
@pytest.mark.parametrize("kind", [*LOSSLESS, *LOSSY])
def test_damage_anywhere_is_an_image_error_or_a_picture(kind: str) -> None:
    data = {**LOSSLESS, **LOSSY}[kind](quadrants())
    chance = random.Random(kind)
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(chance.choice([1, 3, 10])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with contextlib.suppress(ImageError):  # nothing else may escape
            assert open_image(bytes(damaged)).mode in ("RGB", "RGBA")
