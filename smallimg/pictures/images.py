"""Open pictures nobody vouched for.

Every picture enters smallimg here and leaves as plain 8-bit sRGB: turned as its EXIF says, "RGB", or "RGBA" when some
pixel is not opaque. Size limits hold before any pixel is decoded.
"""

import io
import math
import os
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile
from PIL.Image import Transpose
from pillow_heif import register_heif_opener

from smallimg.errors import DataError, ImageError, called
from smallimg.pictures.bombs import bound_tags, is_slow_to_decode, is_slow_to_open
from smallimg.pictures.frames import FRAME, find_frame, frame_of
from smallimg.pictures.litter import walk_files
from smallimg.visitors.wanted import still_wanted

#: What a page takes from strangers.
MAX_BYTES = 10_000_000
MAX_PIXELS = 25_000_000
#: For pictures of one's own, on one's own disk: as many pixels as a panorama has, in any number of bytes.
LOCAL_PIXELS = 200_000_000
#: Another number for those, which processes that are started from this one follow as well.
PIXELS_SETTING = "SMALLIMG_MAX_PIXELS"
IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff",
     ".avif", ".avifs", ".heic", ".heics", ".heif", ".heifs", ".hif"}
)  # fmt: skip

# Pillow reads some forty formats; the others stay shut, PostScript above all.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
FORMATS_TEXT = "JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC"
TOO_SLOW = "{name} is made in a way that takes very long to read: export it again."
register_heif_opener()
bound_tags()
# Pillow's own limit warns below ours on one's own disk; `_read_header` checks each picture against the limit in force.
Image.MAX_IMAGE_PIXELS = None

# What Pillow's decoders let escape on damaged files; a `Warning` escapes where warnings are errors.
DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, EOFError, RuntimeError,
    MemoryError, struct.error, zlib.error, Image.DecompressionBombError, Warning,
)  # fmt: skip

TIFF_BITS_PER_SAMPLE, TIFF_PHOTOMETRIC = 258, 262
EXIF_ORIENTATION = 274
TURNS = {  # the transposition that brings an orientation back upright (EXIF 2.32, section 4.6.4)
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def open_image(
    source: str | Path | bytes,
    *,
    name: str | None = None,
    max_bytes: int | None = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
    at_least: int | None = None,
) -> Image.Image:
    """Open a picture from a path or from its encoded bytes; of an animation, the first frame (see `frame_of`).

    Args:
        source: a path, or the bytes of a whole file.
        name: what to call the picture in messages; the file name by default.
        max_bytes: largest encoded size, checked before anything is read; None for any.
        max_pixels: largest width × height, checked from the header before decoding.
        at_least: what is enough of the longer side, in pixels: a larger picture may come as a half, quarter or eighth
            of its size, where its format can be decoded so (JPEG), which takes that share of time and memory.

    Returns:
        An upright picture in sRGB without metadata, "RGBA" if some pixel is not opaque, otherwise "RGB".

    Raises:
        ImageError: one sentence that names the picture, says what is wrong and what to do.
    """
    with _decoded(source, name, max_bytes, max_pixels, at_least) as picture:
        image = _to_srgb(_turn(picture))
    # The colour profile is applied, and a place or a camera's owner is nobody's business.
    image.info = {FRAME: frame} if (frame := frame_of(picture)) else {}
    return image


def local_pixels() -> int:
    """Most pixels that a picture on one's own disk may have."""
    asked = os.environ.get(PIXELS_SETTING, "")
    return int(asked) if asked.isdecimal() else LOCAL_PIXELS


def open_local(path: str | Path, *, name: str | None = None, at_least: int | None = None) -> Image.Image:
    """`open_image` for what lies on one's own disk: any number of bytes, and many more pixels."""
    return open_image(path, name=name, max_bytes=None, max_pixels=local_pixels(), at_least=at_least)


def open_raw(
    source: str | Path, *, name: str | None = None, max_bytes: int | None = None, max_pixels: int | None = None
) -> Image.Image:
    """A picture upright, in the mode and with the numbers that its file has: what a mask's values are read from.

    Raises:
        ImageError: as `open_image`.
    """
    with _decoded(source, name, max_bytes, max_pixels or local_pixels(), None) as picture:
        return _turn(picture)


@contextmanager
def _decoded(
    source: str | Path | bytes, name: str | None, max_bytes: int | None, max_pixels: int, at_least: int | None
) -> Iterator[ImageFile.ImageFile]:
    name = name or ("the picture" if isinstance(source, bytes) else Path(source).name or str(source))
    with _open_stream(source, name, max_bytes) as stream:
        picture = _read_header(stream, name, max_pixels)
        if is_slow_to_decode(stream):
            raise ImageError(TOO_SLOW.format(name=name))
        try:
            if at_least is not None:
                factor = at_least / max(picture.size)
                picture.draft(None, (math.ceil(picture.width * factor), math.ceil(picture.height * factor)))
            picture.load()
            picture.info[FRAME] = find_frame(picture, stream)
            yield picture
        except DECODER_ERRORS as error:
            raise ImageError(f"{name} is a damaged or incomplete {picture.format} picture: export it again.") from error


def read_size(path: Path, *, max_bytes: int | None = None, max_pixels: int | None = None) -> tuple[int, int]:
    """Width and height that `open_image` would give, from the header alone.

    Headers are read under the limits of `open_local`, unless others are given.

    Raises:
        ImageError: as `open_image`, except for damage behind the header.
    """
    return read_turn(path, max_bytes=max_bytes, max_pixels=max_pixels)[0]


def read_turn(
    path: Path, *, max_bytes: int | None = None, max_pixels: int | None = None
) -> tuple[tuple[int, int], Transpose | None]:
    """As `read_size`, with the transposition that turns the stored picture upright; None where it is upright."""
    with _open_stream(path, path.name, max_bytes) as stream:
        picture = _read_header(stream, path.name, max_pixels or local_pixels())
        # Pillow's TIFF reader reports the turned size by itself.
        orientation = 1 if picture.format == "TIFF" else _orientation(picture)
        width, height = picture.size
    return ((height, width) if orientation >= 5 else (width, height)), TURNS.get(orientation)


def flatten(image: Image.Image, colour: tuple[int, int, int] = (255, 255, 255)) -> Image.Image:
    """An RGB or RGBA picture composited on a plain colour, RGB."""
    if image.mode == "RGB":
        return image
    ground = Image.new("RGBA", image.size, (*colour, 255))
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")


def list_images(folder: Path) -> list[Path]:
    """Every file in `folder` and below with a picture's suffix, sorted; litter is passed over, see `litter`.

    Raises:
        DataError: when the folder is missing or holds no picture.
    """
    if not folder.is_dir():
        raise DataError(f"{called(folder)} is not a folder: give the folder that holds the pictures.")
    paths = sorted(path for path in walk_files(folder) if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file())
    if not paths:
        raise DataError(f"{called(folder)} holds no pictures: expected {FORMATS_TEXT} files in it or below.")
    return paths


@contextmanager
def _open_stream(source: str | Path | bytes, name: str, max_bytes: int | None) -> Iterator[BinaryIO]:
    """The encoded picture as a binary stream, its size checked."""
    still_wanted()  # whoever opens many pictures can be stopped between two
    if isinstance(source, bytes):
        _check_bytes(len(source), name, max_bytes)
        yield io.BytesIO(source)
        return
    path = Path(source)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a folder, or a pipe or device, which could be read for ever
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not an ordinary file"
            raise ImageError(f"{name} is {kind}: give a {FORMATS_TEXT} file.")
        _check_bytes(status.st_size, name, max_bytes)
        stream = path.open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{name} could not be opened ({reason}): check the path.") from error
    with stream:
        yield stream


def _check_bytes(size: int, name: str, max_bytes: int | None) -> None:
    if size == 0:
        raise ImageError(f"{name} is empty (0 bytes): export or download it again.")
    if max_bytes is not None and size > max_bytes:
        raise ImageError(f"{name} has {size / 1e6:.1f} MB and the limit is {max_bytes / 1e6:g} MB: make it smaller.")


def _read_header(stream: BinaryIO, name: str, max_pixels: int) -> ImageFile.ImageFile:
    """The picture with its size known and its pixels not yet decoded."""
    too_large = f"the limit is {max_pixels / 1e6:g} million pixels: make it smaller."
    if is_slow_to_open(stream):
        raise ImageError(TOO_SLOW.format(name=name))
    try:
        picture = Image.open(stream, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"{name} is far too large, {too_large}") from error
    except DECODER_ERRORS as error:
        raise ImageError(f"{name} is not a picture smallimg can read: use {FORMATS_TEXT}.") from error
    width, height = picture.size
    if width * height > max_pixels:
        raise ImageError(f"{name} has {width} × {height} pixels and {too_large}")
    if width * height == 0:
        raise ImageError(f"{name} is {width} × {height} pixels, so there is nothing to see: export it again.")
    return picture


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation 1 … 8; 1 where there is none, or the EXIF block is damaged."""
    try:
        orientation = picture.getexif().get(EXIF_ORIENTATION, 1)
    except DECODER_ERRORS:
        return 1
    return orientation if orientation in TURNS else 1


def _turn(picture: Image.Image) -> Image.Image:
    # ImageOps.exif_transpose also rewrites the EXIF block, and fails on the odd values some cameras put there.
    turn = TURNS.get(_orientation(picture))
    return picture if turn is None else picture.transpose(turn)


def _to_srgb(image: Image.Image) -> Image.Image:
    """Bring any mode Pillow decodes to 8-bit RGB or, if some pixel is not opaque, RGBA."""
    if image.mode.startswith("I") or image.mode == "F":
        return _apply_profile(_scale_to_8_bit(image), image.info.get("icc_profile"))
    if not image.has_transparency_data:
        return _apply_profile(image, image.info.get("icc_profile"))
    rgba = image.convert("RGBA")
    alpha = rgba.getchannel("A")
    rgb = _apply_profile(rgba.convert("RGB"), image.info.get("icc_profile"))
    if alpha.getextrema() != (255, 255):
        rgb.putalpha(alpha)
    return rgb


def _scale_to_8_bit(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits as "L".

    16-bit grey spans 0 … 65535, and 0 … 4095 where it is 12-bit or nothing in it is lighter: many cameras and scanners
    write their 12 or 10 bits into 16 as they are. Floats span 0 … 1. Wider integers and floats outside that have no
    agreed white, so they are stretched from their minimum to their maximum.
    """
    tags = getattr(image, "tag_v2", {})
    grey: NDArray[np.float32] = np.nan_to_num(np.asarray(image, np.float32), posinf=np.inf, neginf=-np.inf)
    low, high = 0.0, 4095.0 if tags.get(TIFF_BITS_PER_SAMPLE) == (12,) else 65535.0
    top = float(grey.max(initial=0.0))
    if image.mode == "F":
        high = 1.0
    elif top > 0 and high == 65535.0:
        high = next(white for white in (255.0, 1023.0, 4095.0, 16383.0, 65535.0, np.inf) if top <= white)
        high = high if np.isfinite(high) else 65535.0
    if grey.min() < low or grey.max() > high:
        finite = grey[np.isfinite(grey)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (low, high)
    # By halves: from the least number that a float can be to the largest is more than one can be.
    scaled = np.clip((grey / 2 - low / 2) / ((high / 2 - low / 2) or 1.0), 0, 1)
    if tags.get(TIFF_PHOTOMETRIC) == 0:  # "white is zero", which Pillow heeds only up to 8 bits
        scaled = 1 - scaled
    return Image.fromarray(np.rint(scaled * 255).astype(np.uint8))


def _apply_profile(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """The picture as RGB, through its colour profile to sRGB when it has one that works."""
    plain = image.convert("RGB")
    if not icc_profile:
        return plain
    # A profile speaks of grey, CMYK or RGB; a palette's colours are RGB.
    source = image if image.mode in ("L", "CMYK") else plain
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        if ImageCms.getProfileDescription(profile).startswith("sRGB"):
            return plain
        return ImageCms.profileToProfile(source, profile, ImageCms.createProfile("sRGB"), outputMode="RGB") or plain
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return plain  # a broken profile is common in the wild, and the picture is fine without it
