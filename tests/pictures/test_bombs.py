"""Small files that would take a decoder minutes or gigabytes, and such as only look like them."""

import re
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_pictures import encode, encode_png, quadrants
from PIL import Image
from wrong import ends_well

from smallimg.errors import ImageError
from smallimg.pictures.bombs import MOST_BEFORE_GIF, MOST_SCANS
from smallimg.pictures.images import open_image, read_size

TAGS, BYTES = 300, 1_500_000
SLOW = r"^bomb is made in a way that takes very long to read: export it again\.$"


def tags(*first: tuple[int, int, int, int]) -> bytes:
    """A block of tags, each of whose values is the whole of it; in front a real one or several."""
    entries = [*first, *((1000 + number, 7, BYTES, 0) for number in range(TAGS))]
    block = struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + b"".join(struct.pack("<HHII", *one) for one in entries)
    return block + bytes(BYTES - len(block))


def in_jpeg(exif: bytes) -> bytes:
    """A JPEG whose EXIF block goes on over many segments."""
    jpeg, longest = encode(quadrants(), "JPEG"), 60_000
    pieces = [b"Exif\0\0" + exif[start : start + longest] for start in range(0, len(exif), longest)]
    return jpeg[:2] + b"".join(b"\xff\xe1" + struct.pack(">H", len(one) + 2) + one for one in pieces) + jpeg[2:]


TURNED = (274, 3, 1, 6)
A_TIFF = (
    (256, 4, 1, 8),
    (257, 4, 1, 8),
    (258, 3, 1, 8),
    (259, 3, 1, 1),
    (262, 3, 1, 1),
    (273, 4, 1, 0),
    (279, 4, 1, 64),
)
TAGGED: dict[str, Callable[[], bytes]] = {
    "png": lambda: encode(quadrants(), "PNG", exif=b"Exif\0\0" + tags(TURNED)),
    "webp": lambda: encode(quadrants(), "WEBP", exif=b"Exif\0\0" + tags(TURNED)),
    "jpeg": lambda: in_jpeg(tags(TURNED)),
    "avif": lambda: encode(quadrants(), "AVIF", exif=b"Exif\0\0" + tags()),
    "tiff": lambda: tags(*A_TIFF),
}


@pytest.mark.filterwarnings("ignore")  # Pillow warns where it stops
@pytest.mark.parametrize("kind", TAGGED)
def test_tags_that_all_name_the_same_bytes_take_no_more_than_the_file(kind: str) -> None:
    """0.45 GB are named by 1.5 MB."""
    data = TAGGED[kind]()
    tracemalloc.start()
    try:
        ends_well(lambda: open_image(data, name="bomb"), kind)
        assert tracemalloc.get_traced_memory()[1] < 20 * BYTES
    finally:
        tracemalloc.stop()


def progressive(scans: int, *, before: bytes = b"") -> bytes:
    """A progressive JPEG, its last scan there again until there are so many; something put before all of it."""
    jpeg = encode(quadrants(), "JPEG", progressive=True)
    starts = [found.start() for found in re.finditer(rb"\xff\xda", jpeg)]
    again = jpeg[starts[-1] : -2]
    return jpeg[:2] + before + jpeg[2:-2] + again * (scans - len(starts)) + b"\xff\xd9"


def test_a_jpeg_has_few_scans() -> None:
    assert open_image(progressive(MOST_SCANS)).size == (32, 16)
    with pytest.raises(ImageError, match=SLOW):
        open_image(progressive(MOST_SCANS + 1), name="bomb")


def test_what_is_no_scan_of_the_picture_is_not_counted() -> None:
    scan = b"\xff\xda\0\2"
    noted = b"\xff\xee" + struct.pack(">H", 2 + 4 * 1000) + scan * 1000
    film = b"\0\0\0\x18ftypmp42" + scan * 1000  # behind the picture, as phones put it
    data = progressive(20, before=noted) + film
    assert open_image(data).tobytes() == open_image(progressive(20)).tobytes()


def gif(extensions: bytes) -> bytes:
    data = encode(Image.new("P", (3, 2)), "GIF")
    at = data.index(b",")
    return data[:at] + extensions + data[at:]


def test_a_gif_has_no_long_comments(tmp_path: Path) -> None:
    said = b"!\xfe\x02ab\0"
    path = tmp_path / "short.gif"
    path.write_bytes(gif(said * 1000))
    assert read_size(path) == open_image(path).size == (3, 2)
    long = b"!\xfe" + (b"\xff" + b"a" * 255) * (MOST_BEFORE_GIF // 256 + 1) + b"\0"
    for extensions in (said * (MOST_BEFORE_GIF // len(said) + 1), long):
        with pytest.raises(ImageError, match=SLOW):
            open_image(gif(extensions), name="bomb")


@pytest.mark.parametrize(
    "data",
    [
        b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 9, 9, 8, 3) + bytes(300),
        b"\xd7\xcd\xc6\x9a\0\0" + struct.pack("<hhhhH", 0, 0, 100, 100, 96) + bytes(200),
        b"DDS |\0\0\0" + bytes(120),
        *(
            encode(Image.new("RGB", (32, 32)), kind)
            for kind in ("ICO", "ICNS", "EPS", "PDF", "TGA", "PCX", "SGI", "PPM", "JPEG2000")
        ),
    ],
)  # fmt: skip
def test_formats_that_call_programs_or_are_seldom_tried_stay_shut(data: bytes) -> None:
    with pytest.raises(ImageError, match="is not a picture smallimg can read"):
        open_image(data)


def test_a_thousand_frames_or_notes_take_no_time() -> None:
    frame = b"!\xf9\4\0\1\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    many = b"GIF89a\1\0\1\0\x80\0\0" + bytes(6) + frame * 10_000 + b";"
    chunk = encode_png(np.zeros((1, 1), np.uint8), size_wh=(1, 1), bits=8, colour_type=0, tEXt=b"k\0v")[33:48]
    plain = encode_png(np.zeros((1, 1), np.uint8), size_wh=(1, 1), bits=8, colour_type=0)
    for data in (many, plain[:33] + chunk * 60_000 + plain[33:]):
        ends_well(lambda data=data: open_image(data))
        assert open_image(data).size == (1, 1)
