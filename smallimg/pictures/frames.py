"""Which picture of a file was opened, where it has several: the frames of an animation, the pages of a document.

GIF and TIFF do not say how many they have. Pillow would count by decoding every frame, or reading all that is said of
every page; here only the places of the next ones are read.
"""

from typing import BinaryIO

from PIL import Image, ImageFile

#: More than so many are not counted: a small file can have a million.
MOST_COUNTED = 1000
#: Pieces of a GIF that are passed over in counting; a large one with real pictures has a few ten thousand.
_MOST_PIECES = 200_000
#: Formats whose decoders know the number. (Of a JPEG the further pictures are the camera's own: depth, brightness.)
_KNOWN = frozenset({"WEBP", "PNG", "AVIF", "HEIF"})
#: The name under which an opened picture carries it, in Pillow's `info`.
FRAME = "frame"


def frame_of(image: Image.Image) -> tuple[int, int] | None:
    """Which picture of its file this is, from 1, and how many are in it; None where it is the only one.

    Args:
        image: as `smallimg.pictures.images.open_image` gives it.
    """
    found = image.info.get(FRAME)
    return found if isinstance(found, tuple) else None


def find_frame(picture: ImageFile.ImageFile, stream: BinaryIO) -> tuple[int, int] | None:
    """`frame_of` for a file that was opened and decoded; pictures behind damage are not counted.

    Args:
        picture: as Pillow has opened it.
        stream: what it was opened from; where that stands afterwards is not said.
    """
    count = 1
    if picture.format == "GIF":
        count = _count_gif(stream)
    elif picture.format == "TIFF":
        count = _count_tiff(stream)
    elif picture.format in _KNOWN:
        count = min(MOST_COUNTED, int(getattr(picture, "n_frames", 1)))
    return (picture.tell() + 1, count) if count > 1 else None


def _count_gif(stream: BinaryIO) -> int:
    """Pictures that begin in a GIF (GIF89a specification, appendix B), at most `MOST_COUNTED`."""
    stream.seek(0)
    head = stream.read(13)
    stream.seek(_colours(head[10:11]), 1)
    count = pieces = 0
    while count < MOST_COUNTED and pieces < _MOST_PIECES:
        kind = stream.read(1)
        if kind == b",":
            count += 1
            stream.seek(_colours(stream.read(9)[8:]) + 1, 1)
        elif kind == b"!":
            stream.seek(1, 1)
        else:
            break
        while pieces < _MOST_PIECES and (length := stream.read(1)) not in (b"", b"\0"):
            stream.seek(length[0], 1)
            pieces += 1
        pieces += 1
    return count


def _colours(flags: bytes) -> int:
    """Bytes of the table of colours that a byte of flags announces."""
    return 3 << (flags[0] % 8 + 1) if flags and flags[0] & 0x80 else 0


def _count_tiff(stream: BinaryIO) -> int:
    """Pages of a TIFF (revision 6.0, section 2; with 64 bits as BigTIFF), at most `MOST_COUNTED`."""
    stream.seek(0)
    head = stream.read(8)
    order = "little" if head[:2] == b"II" else "big"
    is_big = 43 in (head[2], head[3])
    counted, entry, place = (8, 20, 8) if is_big else (2, 12, 4)

    def number(size: int) -> int:
        return int.from_bytes(stream.read(size), order)  # type: ignore[arg-type]

    stream.seek(8 if is_big else 4)
    seen, at = set[int](), number(place)
    while 0 < at < 1 << 62 and at not in seen and len(seen) < MOST_COUNTED:
        stream.seek(at)
        entries = number(counted)
        if not entries:  # the end of the file, or damage
            break
        seen.add(at)
        stream.seek(at + counted + entries * entry)
        at = number(place)
    return len(seen)
