"""Depth, transparency and colour spaces: what comes out is 8-bit sRGB, whatever went in."""

import struct

import numpy as np
import pytest
from made_pictures import BLUE, GREEN, HEIGHT, RED, WIDTH, corners, encode, encode_png, quadrants
from PIL import Image, ImageCms

from smallimg.pictures.images import open_image

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


@pytest.mark.parametrize("white", [1023, 4095])
def test_ten_or_twelve_bits_in_sixteen_do_not_come_out_black(white: int) -> None:
    ramp = np.linspace(0, white, 256).astype(np.uint16).reshape(16, 16)
    found = np.asarray(open_image(encode(Image.fromarray(ramp), "PNG")))[..., 0]
    np.testing.assert_allclose(found, np.arange(256).reshape(16, 16), atol=1)
