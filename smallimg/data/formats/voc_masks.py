"""Pascal VOC's masks: `SegmentationObject/` with a number for each object, `SegmentationClass/` with one for a class.

0 is background; 255, a line around each object, is void: VOC says of it neither the one nor the other.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.data.dataset import Sample
from smallimg.data.formats.marks import labels_of_boxes
from smallimg.data.formats.shapes import Shape, open_shape, shapes_by_box
from smallimg.errors import DataError
from smallimg.pictures.images import DECODER_ERRORS, read_size

VOID = 255
VOID_COLOUR = (224, 224, 192)


def read_mask(base: Path, stem: str, size_wh: tuple[int, int]) -> Shape | None:
    """A picture's mask, bool [h, w], from either folder below `base`; None without one.

    Raises:
        DataError: when it is damaged or of another size.
        ImageError: when it is no picture.
    """
    path = next(
        (one for kind in ("Object", "Class") if (one := base / f"Segmentation{kind}" / f"{stem}.png").is_file()), None
    )
    if path is None:
        return None
    if (size := read_size(path)) != size_wh:
        raise DataError(f"its mask has {size[0]} × {size[1]} pixels, the picture {size_wh[0]} × {size_wh[1]}")
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            if picture.mode not in ("P", "L"):
                pixels = np.asarray(picture.convert("RGB"))
                return np.asarray((pixels > 0).any(axis=2) & (pixels != VOID_COLOUR).any(axis=2))
            indices: NDArray[np.uint8] = np.asarray(picture)
    except DECODER_ERRORS as error:
        raise DataError(f"its mask {path.name} is damaged: export it again") from error
    if picture.mode == "L" and not ((indices > 0) & (indices < VOID)).any():
        return indices > 0  # black and white, not numbers
    return (indices > 0) & (indices < VOID)


def write_masks(sample: Sample, folder: Path, stem: str) -> None:
    """Write the mask of a sample that has boxes, shared out among them, in both folders."""
    assert sample.mask is not None, "asked before"
    parts = shapes_by_box(open_shape(sample.mask), sample.boxes)
    # Numbers 1 … 254: of boxes that overlap the smaller is seen, drawn last.
    order = np.argsort([-part.sum() for part in parts], kind="stable")
    by_kind = {
        "SegmentationObject": range(len(parts)),
        "SegmentationClass": labels_of_boxes(sample),
    }
    for name, numbers in by_kind.items():
        indices = np.zeros(parts[0].shape, np.uint8)
        for index in order:
            indices[parts[index]] = numbers[index] % 254 + 1
        picture = Image.fromarray(indices)
        picture.putpalette(_palette())
        (folder / name).mkdir(exist_ok=True)
        picture.save(folder / name / f"{stem}.png")


def _palette() -> list[int]:
    """VOC's colours: the bits of a number dealt out to red, green and blue, the high bits first."""
    numbers = np.arange(256)
    colours = np.zeros((256, 3), np.int64)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= ((numbers >> (3 * bit + channel)) & 1) << (7 - bit)
    return [int(value) for value in colours.ravel()]
