"""Pictures in, plain RGB(A) out: every format and every turn against pixels known beforehand."""

from pathlib import Path

import numpy as np
import pytest
from made_pictures import HEIGHT, LOSSLESS, LOSSY, WIDTH, corners, encode, quadrants
from PIL import Image

from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import IMAGE_SUFFIXES, flatten, list_images, open_image, open_local, read_size


@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_formats_keep_every_pixel(kind: str) -> None:
    image = open_image(LOSSLESS[kind](quadrants()))
    assert image.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(image), np.asarray(quadrants()))


@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_formats_keep_the_colours(kind: str) -> None:
    image = open_image(LOSSY[kind](quadrants()))
    assert (image.mode, image.size) == ("RGB", (WIDTH, HEIGHT))
    np.testing.assert_allclose(corners(image), corners(quadrants()), atol=12)


def test_a_path_and_a_string_read_like_bytes(tmp_path: Path) -> None:
    path = tmp_path / "picture.data"  # the content decides, not the suffix
    path.write_bytes(encode(quadrants(), "PNG"))
    assert open_image(path).tobytes() == open_image(str(path)).tobytes() == quadrants().tobytes()


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_an_animation_gives_its_first_frame(file_format: str) -> None:
    second = Image.new("RGB", (WIDTH, HEIGHT), (120, 120, 120))
    options = {} if file_format in ("GIF", "PNG", "TIFF") else {"quality": 95}
    data = encode(quadrants(), file_format, save_all=True, append_images=[second], **options)
    np.testing.assert_allclose(corners(open_image(data)), corners(quadrants()), atol=12)


# The EXIF orientation n, and what the eight-fold turn does to a picture stored upright (EXIF 2.32, table 6).
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: np.rot90,  # the camera's 0th row is the right side, so upright is a quarter turn clockwise
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", STORED)
def test_every_exif_orientation_comes_out_upright(file_format: str, orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](np.asarray(quadrants()))))
    path = tmp_path / "turned"
    # AVIF and HEIC carry the turn in a box of their own, which their encoders write from the EXIF.
    path.write_bytes(encode(stored, file_format, exif=exif.tobytes()))
    image = open_image(path)
    assert image.size == read_size(path) == (WIDTH, HEIGHT)
    np.testing.assert_allclose(corners(image), corners(quadrants()), atol=60)
    assert image.info == {}
    assert not image.getexif()


def test_sixteen_bit_grey_turns_too(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    path = tmp_path / "deep.png"
    stored = Image.fromarray(np.array([[0, 65535]], np.uint16))
    path.write_bytes(encode(stored, "PNG", exif=exif))
    assert read_size(path) == (1, 2)
    np.testing.assert_array_equal(np.asarray(open_image(path))[..., 0], [[0], [255]])


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_passed_over(orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    assert open_image(encode(quadrants(), "PNG", exif=exif)).tobytes() == quadrants().tobytes()


def test_a_damaged_exif_block_does_not_cost_the_picture() -> None:
    image = open_image(encode(quadrants(), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f"))
    assert image.tobytes() == quadrants().tobytes()


def test_flatten_composites_on_a_colour() -> None:
    image = Image.fromarray(np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [255, 0, 0, 128]]], np.uint8), "RGBA")
    assert np.asarray(flatten(image)).tolist() == [[[255, 0, 0], [255, 255, 255], [255, 127, 127]]]
    assert np.asarray(flatten(image, (0, 0, 0))).tolist() == [[[255, 0, 0], [0, 0, 0], [128, 0, 0]]]
    assert flatten(quadrants()).tobytes() == quadrants().tobytes()


def test_list_images_sorts_and_passes_over_the_rest(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "deep/c.webp", "notes.txt", ".hidden.png", ".git/d.png", "__dir.png/e.gif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [path.relative_to(tmp_path).as_posix() for path in list_images(tmp_path)]
    assert names == ["__dir.png/e.gif", "a.png", "b.JPG", "deep/c.webp"]
    assert all(suffix == suffix.lower() for suffix in IMAGE_SUFFIXES)


def test_list_images_needs_a_folder_with_pictures(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no pictures"):
        list_images(tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        list_images(tmp_path / "missing")


def test_large_pictures_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.png"
    Image.new("L", (6_000, 5_000)).save(path)
    with pytest.raises(ImageError, match="the limit is 25 million pixels"):
        open_image(path)
    assert read_size(path) == open_local(path).size == (6_000, 5_000)
    monkeypatch.setenv("SMALLIMG_MAX_PIXELS", "29000000")
    for read in (open_local, read_size):
        with pytest.raises(ImageError, match="the limit is 29 million pixels"):
            read(path)


def test_a_large_jpeg_is_decoded_small_where_that_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    quadrants().resize((1600, 800), Image.Resampling.NEAREST).save(path, quality=95)
    small = open_local(path, at_least=300)
    assert small.size == (400, 200)
    np.testing.assert_allclose(corners(small), corners(quadrants()), atol=6)
    assert open_local(path, at_least=1601).size == (1600, 800)
    Image.open(path).save(path.with_suffix(".png"))
    assert open_local(path.with_suffix(".png"), at_least=300).size == (1600, 800)
