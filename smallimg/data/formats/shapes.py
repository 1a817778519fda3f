"""Outlines and run lengths as masks: files of labels hold them as numbers, and a sample's mask is a picture."""

import atexit
import hashlib
import io
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.errors import DataError
from smallimg.files import whole
from smallimg.pictures.images import open_image

Shape = NDArray[np.bool_]
#: How far a mark may leave the picture, in pixels: tools round, and some count from 1.
SLACK = 2


def polygon_shape(polygons: Sequence[Sequence[float]], size_wh: tuple[int, int]) -> Shape:
    """What some outlines cover together, bool [h, w], by COCO's own rule for the pixels on an edge.

    Args:
        polygons: each x1, y1, x2, y2, … in pixels, three points at least.
        size_wh: of the picture.

    Raises:
        DataError: when one is no outline, or leaves the picture by more than two pixels.
    """
    width, height = size_wh
    clipped = []
    for polygon in polygons:
        try:
            points = np.asarray(polygon, np.float64).reshape(-1, 2)
        except (ValueError, TypeError, OverflowError):
            raise DataError("its outline is not pairs of numbers") from None
        if len(points) < 3 or not np.isfinite(points).all():
            raise DataError("its outline is not three points or more")
        if (points < -SLACK).any() or (points > (width + SLACK, height + SLACK)).any():
            raise DataError(f"its outline leaves the picture of {width} × {height} pixels")
        # pycocotools walks along every edge, however far it leads.
        clipped.append(np.clip(points, 0, size_wh).ravel().tolist())
    coco = coco_masks()
    return rle_shape(coco.merge(coco.frPyObjects(clipped, height, width))["counts"], size_wh)


def rle_shape(counts: object, size_wh: tuple[int, int]) -> Shape:
    """COCO's run lengths, down the columns: a list of them, or its compressed string, bool [h, w].

    Raises:
        DataError: when they are damaged or of a picture of another size.
    """
    width, height = size_wh
    damaged = DataError(f"its run lengths do not make {width} × {height} pixels")
    if isinstance(counts, str | bytes):
        counts = _uncompressed(counts.encode("ascii", "replace") if isinstance(counts, str) else counts)
    try:
        runs = np.asarray(counts, np.int64)
    except (ValueError, TypeError, OverflowError):
        raise damaged from None
    if runs.ndim != 1 or (runs < 0).any() or (runs > width * height).any() or runs.sum() != width * height:
        raise damaged
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(width, height).T


def _uncompressed(text: bytes) -> list[int]:
    """The run lengths of a compressed string: five bits a character, from the third on the difference to two before."""
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = character - 48
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    return counts


def encode_rle(shape: Shape) -> dict[str, Any]:
    """A mask [h, w] as COCO's compressed run lengths: size [height, width] and counts."""
    rle = coco_masks().encode(np.asfortranarray(shape.astype(np.uint8)))
    return {"size": [int(side) for side in rle["size"]], "counts": rle["counts"].decode("ascii")}


def coco_masks() -> Any:
    """`pycocotools.mask`, which comes with what training needs.

    Raises:
        DataError: when it is not installed.
    """
    try:
        from pycocotools import mask  # a base install predicts without it  # noqa: PLC0415
    except ImportError as error:
        raise DataError("Outlines become masks with pycocotools: pip install 'smallimg[train]'.") from error
    return mask


def save_shape(shape: Shape) -> Path:
    """A mask [h, w] as a PNG, white on the object, in a folder that lives as long as the process.

    It is named by what it shows: a data set that is read again takes no more room.
    """
    buffer = io.BytesIO()
    Image.fromarray(np.where(shape, np.uint8(255), np.uint8(0))).save(buffer, "PNG", compress_level=1)
    path = _folder() / f"{hashlib.sha256(buffer.getvalue()).hexdigest()[:32]}.png"
    if not path.exists():
        with whole(path) as temporary:
            temporary.write_bytes(buffer.getvalue())
    return path


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="smallimg-masks-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def open_shape(mask: Path) -> Shape:
    """A sample's mask as bool [h, w]: true where it is more white than black."""
    return np.asarray(open_image(mask).convert("L")) > 127


def shapes_by_box(shape: Shape, boxes: NDArray[np.float32]) -> list[Shape]:
    """A picture's mask shared out among its boxes, [h, w] each; what lies in none goes to the largest.

    Together they are the mask again: a form that keeps a mask for each object gives back what it was given.
    """
    parts = []
    rest = shape.copy()
    for x1, y1, x2, y2 in boxes:
        rows = slice(int(np.floor(y1)), int(np.ceil(y2)))
        columns = slice(int(np.floor(x1)), int(np.ceil(x2)))
        part = np.zeros_like(shape)
        part[rows, columns] = shape[rows, columns]
        rest[rows, columns] = False
        parts.append(part)
    sizes = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    parts[int(sizes.argmax())] |= rest
    return parts
