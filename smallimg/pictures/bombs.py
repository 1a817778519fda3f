"""What decoders would do without end for a few megabytes: refused before they begin.

Three things cost far more than bytes and pixels tell. A block of tags (EXIF, TIFF) may name the same bytes as the value
of each of its 65,535 tags, and Pillow copies them for each. A JPEG may go over all its pixels again in each of many
scans. And Pillow puts a GIF's comment together anew with each of its pieces.
"""

import re
from typing import IO, Any, BinaryIO

from PIL import TiffImagePlugin

#: Encoders make ten scans, a few of them twenty; at 25 megapixels one takes 40 ms.
MOST_SCANS = 64
#: Bytes before a GIF's first picture, those of comments among them.
MOST_BEFORE_GIF = 200_000
#: Bytes of tags beside their values.
_TAGS = 65_536 * 12 + 64
#: A JPEG's next marker that is none of those within its pixels' data.
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_START_OF_SCAN, _END = 0xDA, 0xD9
#: Markers behind which there is no length.
_BARE = frozenset({0x01, 0xD8})


class _Counted:
    """A file of which no more is read than it has, however often its parts are named."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        here = file.tell()
        self._left = file.seek(0, 2) + _TAGS
        file.seek(here)

    def read(self, size: int = -1) -> bytes:
        """Some bytes.

        Raises:
            OSError: when it would be too many in all.
        """
        found = self._file.read(size)
        self._left -= len(found)
        if self._left < 0:
            raise OSError("its tags are larger than the file")
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def bound_tags() -> None:
    """From now on Pillow reads no more of a block of tags than it has: it goes on with those until there."""
    load = TiffImagePlugin.ImageFileDirectory_v2.load

    def load_counted(self: TiffImagePlugin.ImageFileDirectory_v2, fp: IO[bytes]) -> None:
        load(self, _Counted(fp))  # type: ignore[arg-type]

    TiffImagePlugin.ImageFileDirectory_v2.load = load_counted  # type: ignore[method-assign]


def is_slow_to_open(stream: BinaryIO) -> bool:
    """Whether Pillow would read a GIF's comments for long; the stream is back at its beginning then."""
    beginning = stream.read(6)
    found = beginning[:3] == b"GIF" and _is_much_before_gif(beginning + stream.read(MOST_BEFORE_GIF + 1024))
    stream.seek(0)
    return found


def is_slow_to_decode(stream: BinaryIO) -> bool:
    """Whether a JPEG has too many scans; the stream is where it was then."""
    here = stream.tell()
    stream.seek(0)
    found = False
    if stream.read(2) == b"\xff\xd8":
        jpeg = b"\xff\xd8" + stream.read()
        found = jpeg.count(bytes((0xFF, _START_OF_SCAN))) > MOST_SCANS and _scans(jpeg) > MOST_SCANS  # mostly not
    stream.seek(here)
    return found


def _scans(jpeg: bytes) -> int:
    """How many scans the first picture of a JPEG file has, counted to one more than are allowed."""
    scans, at = 0, 2
    while scans <= MOST_SCANS and (marker := _MARKER.search(jpeg, at)):
        kind, at = marker[1][0], marker.end()
        if kind == _END:
            break
        scans += kind == _START_OF_SCAN
        at += 0 if kind in _BARE else int.from_bytes(jpeg[at : at + 2])
    return scans


def _is_much_before_gif(gif: bytes) -> bool:
    """Whether a GIF's extensions go on for more than `MOST_BEFORE_GIF` bytes before its first picture."""
    flags = gif[10] if len(gif) > 10 else 0
    at = 13 + (3 << (flags % 8 + 1) if flags & 0x80 else 0)
    while at < min(len(gif), MOST_BEFORE_GIF):
        if gif[at] != ord("!"):
            return False
        at += 2  # what it is an extension of; then pieces, each behind its length, an empty one at last
        while at < len(gif) and gif[at]:
            at += 1 + gif[at]
        at += 1
    return at >= MOST_BEFORE_GIF
