"""What the checks want to know of a picture: little of each, gathered in a pass that opens every picture once.

Pictures are decoded on all cores (Pillow lets go of Python's lock while it decodes), large JPEGs at a part of their
size. What is kept of one takes half a kilobyte, however large it is.
"""

import hashlib
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smallimg.boxes import Boxes
from smallimg.data.checks.thumbnails import Thumbnail, thumbnail
from smallimg.data.dataset import MaskReading, Sample, place_below
from smallimg.errors import ImageError
from smallimg.pictures.images import flatten, open_local, read_size
from smallimg.pictures.masks import read_mask

#: A larger JPEG is decoded at a half, quarter or eighth of its size, but no smaller than this, which thumbnails of
#: copies in several sizes need to be alike.
DECODED = 128
#: How far the pixels of a picture of one colour may differ, which lossy formats do to them.
ONE_COLOUR = 3
#: What of a mask, at each of its sides, is taken for stray pixels.
STRAY = 0.005
Key = tuple[Path, Path | None]


@dataclass(frozen=True, eq=False, slots=True)
class MaskFacts:
    """What is known of a picture's mask.

    Attributes:
        reading: how it was understood.
        inside: the share of its white that lies in the picture's boxes, 0 … 1; 1 where there are no boxes.
        bare_boxes: how many boxes hold no white at all.
        box_xyxy: around nearly all of its white, in pixels; None where it is empty.
    """

    reading: MaskReading
    inside: float = 1.0
    bare_boxes: int = 0
    box_xyxy: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Facts:
    """What is known of a picture that opens to its last byte.

    Attributes:
        size_wh: width and height in pixels, as it opens.
        digest: SHA-256 of its file.
        thumbnail: by which it is compared with others.
        is_constant: whether all of it is one colour.
        mask: None where it has none.
    """

    size_wh: tuple[int, int]
    digest: bytes
    thumbnail: Thumbnail
    is_constant: bool
    mask: MaskFacts | None


class Looked:
    """The facts of the pictures that were opened, and the errors of those that could not be."""

    def __init__(self) -> None:
        self._found: dict[Key, Facts | ImageError] = {}

    def look(
        self, samples: Sequence[Sample], root: Path, *, progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Open these pictures and their masks, on all cores; what was opened before is not opened again.

        Args:
            root: the data's folder, which messages name places below.
            progress: called with how many pictures have been opened, and of how many.
        """
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

        def attempt(sample: Sample) -> Facts | ImageError:
            key = (sample.path, sample.mask)
            if key in self._found:
                return self._found[key]
            try:
                return gather(sample, root)
            except ImageError as error:
                return error

        with ThreadPoolExecutor(cores) as pool:
            try:
                for number, (sample, found) in enumerate(
                    zip(samples, pool.map(attempt, samples), strict=True), start=1
                ):
                    self._found[sample.path, sample.mask] = found
                    if progress is not None:
                        progress(number, len(samples))
            finally:  # whoever stopped it waits for no picture but those that are being opened
                pool.shutdown(cancel_futures=True)

    def facts(self, sample: Sample) -> Facts:
        """Of a picture that was looked at.

        Raises:
            ImageError: when it could not be opened.
        """
        found = self._found[sample.path, sample.mask]
        if isinstance(found, ImageError):
            raise found
        return found

    def reading(self, sample: Sample) -> MaskReading | None:
        """How a picture's mask was understood, as `smallimg.data.dataset.skip_unreadable` asks for it.

        Raises:
            ImageError: when the picture or its mask could not be opened.
        """
        mask = self.facts(sample).mask
        return None if mask is None else mask.reading


def gather(sample: Sample, root: Path) -> Facts:
    """Open a picture and its mask, and keep what the checks want of them.

    Raises:
        ImageError: when one of them does not open to its last byte.
    """
    name = place_below(sample.path, root)
    picture = open_local(sample.path, name=name, at_least=DECODED)
    # A draft is smaller than the picture; only then is its header read once more.
    size_wh = picture.size if max(picture.size) < DECODED else read_size(sample.path)
    with sample.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    plain = flatten(picture)
    return Facts(
        size_wh=size_wh,
        digest=digest,
        thumbnail=thumbnail(plain),
        is_constant=bool((np.ptp(np.asarray(plain), axis=(0, 1)) <= ONE_COLOUR).all()),
        mask=None if sample.mask is None else _mask_facts(sample.mask, sample.boxes, root),
    )


def _mask_facts(path: Path, boxes: Boxes, root: Path) -> MaskFacts:
    mask = read_mask(path, name=place_below(path, root))
    reading = MaskReading(mask.fault, mask.read_as)
    white = np.asarray(mask.picture) >= 128
    whole = int(np.count_nonzero(white))
    if not whole:
        return MaskFacts(reading)
    x1, x2 = _middle(white.sum(axis=0))
    y1, y2 = _middle(white.sum(axis=1))
    covered = np.zeros_like(white)
    bare = 0
    for left, top, right, bottom in boxes:
        part = (slice(math.floor(top), math.ceil(bottom)), slice(math.floor(left), math.ceil(right)))
        covered[part] = True
        bare += not white[part].any()
    inside = np.count_nonzero(white & covered) / whole if len(boxes) else 1.0
    return MaskFacts(reading, inside, bare, (x1, y1, x2, y2))


def _middle(counts: NDArray[np.int64]) -> tuple[float, float]:
    """Where all but a few of the counted pixels begin and end."""
    sums = np.cumsum(counts)
    begin, end = np.searchsorted(sums, [STRAY * sums[-1], (1 - STRAY) * sums[-1]], side="left")
    return float(begin), float(end + 1)
