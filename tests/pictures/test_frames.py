"""Which picture of its file was opened, and how many there are: what Pillow counts, without its cost."""

import struct
import time

import pytest
from made_pictures import encode
from PIL import Image

from smallimg.pictures.frames import MOST_COUNTED, frame_of
from smallimg.pictures.images import open_image


def several(count: int) -> list[Image.Image]:
    """Pictures that differ, or an encoder makes one of them."""
    return [Image.linear_gradient("L").resize((20, 10)).rotate(18 * at).convert("RGB") for at in range(count)]


def encoded(file_format: str, count: int, **options: object) -> bytes:
    first, *others = several(count)
    more = {"save_all": True, "append_images": others} if others else {}
    return encode(first, file_format, **more, **options)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF", "HEIF"])
def test_all_pictures_of_a_file_are_counted(file_format: str) -> None:
    assert frame_of(open_image(encoded(file_format, 1))) is None
    assert frame_of(open_image(encoded(file_format, 5))) == (1, 5)


def test_a_tiff_of_64_bits_and_one_of_the_other_byte_order_have_pages_too() -> None:
    assert frame_of(open_image(encoded("TIFF", 3, big_tiff=True))) == (1, 3)
    motorola = struct.pack(">2sHI", b"MM", 42, 8)  # two pages of one pixel each
    for following in (8 + 2 + 8 * 12 + 4, 0):
        tags = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 0), (278, 1), (279, 1)]
        page = b"".join(struct.pack(">HHII", tag, 4, 1, value) for tag, value in tags)
        motorola += struct.pack(">H", len(tags)) + page + struct.pack(">I", following)
    assert frame_of(open_image(motorola)) == (1, 2)


def test_the_picture_that_a_heic_calls_its_own_is_the_one_that_was_opened() -> None:
    assert frame_of(open_image(encoded("HEIF", 3, primary_index=2))) == (3, 3)


def test_a_cameras_further_pictures_are_not_counted() -> None:
    assert frame_of(open_image(encoded("MPO", 2))) is None


def test_damage_behind_the_first_picture_does_no_harm() -> None:
    for file_format in ("GIF", "TIFF"):
        whole = encoded(file_format, 5)
        place, count = frame_of(open_image(whole[: len(whole) * 2 // 3])) or (1, 1)
        assert place == 1
        assert 1 <= count < 5


def test_a_tiff_that_leads_in_a_circle_or_nowhere_ends() -> None:
    tiff = bytearray(encoded("TIFF", 2))
    first = int.from_bytes(tiff[4:8], "little")
    behind = first + 2 + 12 * int.from_bytes(tiff[first : first + 2], "little")
    tiff[behind : behind + 4] = first.to_bytes(4, "little")
    assert frame_of(open_image(bytes(tiff))) is None
    tiff[behind : behind + 4] = b"\xff\xff\xff\xff"
    assert frame_of(open_image(bytes(tiff))) is None


def test_a_million_frames_are_not_waited_for() -> None:
    gif = encoded("GIF", 1)
    frame = gif[gif.index(b",", 13 + 3 * 256 if len(gif) > 800 else 13) : -1]
    began = time.perf_counter()
    assert frame_of(open_image(gif[:-1] + frame * 20_000 + b";")) == (1, MOST_COUNTED)
    assert time.perf_counter() - began < 2
    pieces = gif[:-1] + b"!\xfe" + b"\x01x" * 4_000_000
    began = time.perf_counter()
    assert frame_of(open_image(pieces)) is None
    assert time.perf_counter() - began < 2
