"""Pictures whose every pixel is known, in each format."""

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
