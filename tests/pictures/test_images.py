"""Pictures in, plain RGB(A) out: every format against pixels known beforehand, and files that mean harm."""

import contextlib
import io
import os
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import IMAGE_SUFFIXES, flatten, list_images, open_image, read_size

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
WIDTH, HEIGHT = 32, 16


def quadrants() -> Image.Image:
    """Red and green above blue and yellow, 32×16: no turn or flip maps it onto itself."""
    image = Image.new("RGB", (WIDTH, HEIGHT), RED)
    image.paste(GREEN, (16, 0, 32, 8))
    image.paste(BLUE, (0, 8, 16, 16))
    image.paste(YELLOW, (16, 8, 32, 16))
    return image


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quadrants, row by row."""
    width, height = image.size
    return [image.getpixel((x, y)) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]


def encode(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def encode_png(
    pixels: NDArray[np.uint8], *, size_wh: tuple[int, int], bits: int, colour_type: int, **chunks: bytes
) -> bytes:
    """A PNG from its raw rows, for the kinds Pillow can read and not write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", *size_wh, bits, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    extra = b"".join(chunk(name.encode(), data) for name, data in chunks.items())
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


LOSSLESS = {
    "png": lambda image: encode(image, "PNG"),
    "webp": lambda image: encode(image, "WEBP", lossless=True),
    "bmp": lambda image: encode(image, "BMP"),
    "gif": lambda image: encode(image, "GIF"),
    "tiff": lambda image: encode(image, "TIFF"),
    "tiff lzw": lambda image: encode(image, "TIFF", compression="tiff_lzw"),
    "png palette": lambda image: encode(image.quantize(8), "PNG"),
}
LOSSY = {
    "jpeg": lambda image: encode(image, "JPEG", quality=95),
    "webp": lambda image: encode(image, "WEBP", quality=95),
    "avif": lambda image: encode(image, "AVIF", quality=95),
    "heic": lambda image: encode(image, "HEIF", quality=95),
    "tiff jpeg": lambda image: encode(image, "TIFF", compression="jpeg", quality=95),
    "multi-picture jpeg": lambda image: encode(image, "MPO", save_all=True, append_images=[image], quality=95),
}


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


RAMP16 = np.arange(65536, dtype=np.uint16).reshape(256, 256)
RAMP8 = ((RAMP16.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(file_format: str) -> None:
    image = open_image(encode(Image.fromarray(RAMP16), file_format))
    assert image.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(image), np.repeat(RAMP8[..., None], 3, axis=2))


def test_sixteen_bit_grey_with_white_at_zero() -> None:
    data = encode(Image.fromarray(RAMP16), "TIFF", tiffinfo={262: 0})
    assert np.asarray(open_image(data))[[0, -1], [0, -1], 0].tolist() == [255, 0]


def test_twelve_bit_tiff_has_its_own_white() -> None:
    # Pillow writes no 12-bit TIFF: two samples packed in three bytes, 0xFFF and 0x000.
    entries = [(256, 2), (257, 1), (258, 12), (259, 1), (262, 1), (273, 134), (277, 1), (278, 1), (279, 3)]
    directory = b"".join(struct.pack("<HHII", tag, 4 if tag == 273 else 3, 1, value) for tag, value in entries)
    header = b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory
    data = (header + struct.pack("<I", 0)).ljust(134, b"\0") + b"\xff\xf0\x00"
    assert np.asarray(open_image(data))[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),  # floats in 0 … 1 are taken at their word
        ([0.25, 0.5, 0.5], [64, 128, 128]),
        ([-1.0, 0.0, 3.0], [0, 64, 255]),  # anything wider is stretched
        ([np.nan, 0.0, 1.0], [0, 0, 255]),
        ([np.inf, 0.0, 1.0], [255, 0, 255]),
        ([5.0, 5.0, 5.0], [0, 0, 0]),
    ],
)
def test_float_tiff(values: list[float], expected: list[int]) -> None:
    data = encode(Image.fromarray(np.array([values], np.float32)), "TIFF")
    assert np.asarray(open_image(data))[0, :, 0].tolist() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0, 32768, 65535], [0, 128, 255]), ([0, 1_000_000, 4_000_000], [0, 64, 255]), ([-100, 0, 100], [0, 128, 255])],
)
def test_wide_integer_tiff(values: list[int], expected: list[int]) -> None:
    data = encode(Image.fromarray(np.array([values], np.int32)), "TIFF")
    assert np.asarray(open_image(data))[0, :, 0].tolist() == expected


def test_sixteen_bit_colour_png() -> None:
    pixels = np.array([[65535, 0, 32896, 257, 65535, 0]], ">u2")
    data = encode_png(pixels, size_wh=(2, 1), bits=16, colour_type=2)
    assert np.asarray(open_image(data)).tolist() == [[[255, 0, 128], [1, 255, 0]]]


def test_grey_and_one_bit() -> None:
    grey = Image.fromarray(np.array([[0, 100, 255]], np.uint8))
    assert np.asarray(open_image(encode(grey, "PNG"))).tolist() == [[[0] * 3, [100] * 3, [255] * 3]]
    assert np.asarray(open_image(encode(grey.convert("1", dither=0), "PNG")))[0, :, 1].tolist() == [0, 0, 255]


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF", "GIF", "AVIF", "HEIF"])
def test_alpha_survives_where_it_says_something(file_format: str) -> None:
    cut_out = quadrants().convert("RGBA")
    cut_out.paste((0, 0, 0, 0), (0, 0, 16, 8))
    image = open_image(encode(cut_out, file_format, quality=95) if file_format != "GIF" else encode(cut_out, "GIF"))
    assert image.mode == "RGBA"
    np.testing.assert_allclose(np.asarray(image)[..., 3], np.asarray(cut_out)[..., 3], atol=3)
    np.testing.assert_allclose(corners(image)[1:], corners(cut_out)[1:], atol=12)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_an_alpha_channel_without_a_hole_is_dropped(file_format: str) -> None:
    assert open_image(encode(quadrants().convert("RGBA"), file_format)).mode == "RGB"


def test_grey_with_alpha() -> None:
    grey = Image.fromarray(np.array([[[10, 255], [200, 128]]], np.uint8), "LA")
    assert np.asarray(open_image(encode(grey, "PNG"))).tolist() == [[[10, 10, 10, 255], [200, 200, 200, 128]]]


def test_palette_with_transparency() -> None:
    palette = np.array([RED, GREEN, BLUE], np.uint8).tobytes()
    one_hole = {"colour_type": 3, "bits": 8, "size_wh": (3, 1), "PLTE": palette, "tRNS": bytes([0, 128])}
    image = open_image(encode_png(np.array([[0, 1, 2]], np.uint8), **one_hole))
    assert np.asarray(image).tolist() == [[[*RED, 0], [*GREEN, 128], [*BLUE, 255]]]


def test_a_transparent_colour_in_grey_and_in_rgb() -> None:
    grey = encode_png(np.array([[7, 9]], np.uint8), size_wh=(2, 1), bits=8, colour_type=0, tRNS=struct.pack(">H", 9))
    assert np.asarray(open_image(grey))[0, :, 3].tolist() == [255, 0]
    rgb = encode_png(
        np.array([[1, 2, 3, 4, 5, 6]], np.uint8), size_wh=(2, 1), bits=8, colour_type=2, tRNS=b"\0\1\0\2\0\3"
    )
    assert np.asarray(open_image(rgb)).tolist() == [[[1, 2, 3, 0], [4, 5, 6, 255]]]


def test_premultiplied_tiff_is_divided_by_its_alpha() -> None:
    stored = Image.fromarray(np.array([[[100, 50, 0, 128], [255, 0, 0, 255]]], np.uint8), "RGBA")
    unassociated, associated = (struct.pack("<HHIHH", 338, 3, 1, kind, 0) for kind in (2, 1))  # the ExtraSamples tag
    data = encode(stored, "TIFF")
    assert unassociated in data
    data = data.replace(unassociated, associated)
    first, second = np.asarray(open_image(data))[0].tolist()
    assert second == [255, 0, 0, 255]
    np.testing.assert_allclose(first, [100 * 255 / 128, 50 * 255 / 128, 0, 128], atol=1.5)


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk(file_format: str) -> None:
    """Pillow writes CMYK JPEG inverted with Adobe's marker, as Photoshop does, and TIFF upright."""
    cmyk = Image.new("CMYK", (WIDTH, HEIGHT), (0, 255, 255, 0))
    cmyk.paste((255, 0, 0, 0), (16, 0, 32, 16))
    image = open_image(encode(cmyk, file_format))
    np.testing.assert_allclose(corners(image), [RED, (0, 255, 255)] * 2, atol=6)


def test_a_colour_profile_is_applied_and_not_kept() -> None:
    """A linear-light profile: sRGB's transfer function (IEC 61966-2-1) is the oracle."""
    icc = linear_profile()
    image = open_image(encode(Image.new("RGB", (4, 4), (55, 55, 55)), "PNG", icc_profile=icc))
    linear = 55 / 255
    expected = 255 * (1.055 * linear ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(image.getpixel((0, 0)), [expected] * 3, atol=2)
    assert image.info == {}


def test_a_colour_profile_leaves_alpha_alone() -> None:
    image = open_image(encode(Image.new("RGBA", (4, 4), (55, 55, 55, 90)), "PNG", icc_profile=linear_profile()))
    assert image.getpixel((0, 0))[0] > 100
    assert image.getpixel((0, 0))[3] == 90


@pytest.mark.parametrize(
    "icc", [b"nonsense", b"\0" * 200, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()]
)
def test_a_profile_that_does_not_fit_is_passed_over(icc: bytes) -> None:
    assert open_image(encode(quadrants(), "PNG", icc_profile=icc)).tobytes() == quadrants().tobytes()


def linear_profile() -> bytes:
    """sRGB's primaries with a straight curve: the TRC tags of Pillow's own sRGB profile, replaced by gamma 1."""
    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = struct.unpack_from(">I", icc, 128)[0]
    for entry in range(132, 132 + 12 * tags, 12):
        name, offset, _ = struct.unpack_from(">4sII", icc, entry)
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            icc[offset : offset + 12] = b"curv" + bytes(8)  # no entries: the identity
        if name == b"desc":
            end = offset + struct.unpack_from(">I", icc, entry + 8)[0]
            icc[offset:end] = icc[offset:end].replace(b"s\0R\0G\0B", b"L\0R\0G\0B")
    return bytes(icc)


# --- files that are no pictures, or mean harm ---------------------------------------------------------------------


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


# --- small helpers ------------------------------------------------------------------------------------------------


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
