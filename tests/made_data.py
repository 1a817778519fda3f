"""Small data sets that several test files make."""

from pathlib import Path

import numpy as np
from PIL import Image

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Dataset, Sample

HEADER = "image,xmin,ymin,xmax,ymax,class"


def save(path: Path, size_wh: tuple[int, int] = (20, 10), orientation: int = 1, grey: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[274] = orientation
    Image.new("L" if path.suffix == ".png" else "RGB", size_wh, grey if path.suffix == ".png" else (grey,) * 3).save(
        path, exif=exif
    )
    return path


def write_table(root: Path, *rows: str, split: str = "train", images: int = 3, header: str = HEADER) -> Path:
    """A challenge-form data set of `images` pictures 20×10 named 0.jpg, 1.jpg, …"""
    for index in range(images):
        save(root / split / f"{index}.jpg")
    (root / f"{split}.csv").write_text("\n".join([header, *rows]) + "\n")
    return root


def contents(dataset: Dataset) -> list[tuple[bytes, list[list[float]], str | None, bytes | None]]:
    """All that a data set knows of its pictures, wherever they lie: bytes, boxes, class and mask of each, sorted."""
    return sorted(
        (
            sample.path.read_bytes(),
            sample.boxes.tolist(),
            None if sample.label is None else dataset.class_names[sample.label],
            None if sample.mask is None else sample.mask.read_bytes(),
        )
        for sample in dataset.samples
    )


def several_classes(root: Path, *, split: str = "train", masks: bool = True) -> Dataset:
    """Four pictures: of two classes, of one class twice, of nothing, and one that EXIF turns to 10×20."""
    root.mkdir(parents=True, exist_ok=True)
    names = ("both.jpg", "deep/cups.jpg", "nothing.jpg", "turned.jpg")
    paths = [
        save(root / "in" / split / name, grey=30 * number + len(split), orientation=6 if "turned" in name else 1)
        for number, name in enumerate(names)
    ]
    boxes = [[[0, 0, 5, 5], [6.25, 1, 20, 10]], [[1 / 3, 0.5, 7.7, 9.9], [10, 2, 15, 8]], [], [[2, 3, 9, 19.5]]]
    made = []
    for number, (path, corners) in enumerate(zip(paths, boxes, strict=True)):
        pixels = np.zeros((20, 10) if number == 3 else (10, 20), np.uint8)
        for x1, y1, x2, y2 in corners:
            pixels[round(y1) + 1 : round(y2) - 1, round(x1) + 1 : round(x2) - 1] = 255
        mask = root / "drawn" / split / f"{number}.png"
        mask.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(mask)
        known = mask if masks and corners else None
        labels = (1, 0) if number == 0 else ()
        label = {0: None, 1: 0, 2: None, 3: 1}[number]
        made.append(Sample(path, as_boxes(corners), label, known, box_labels=labels, is_negative=not corners))
    return Dataset(root / "in", split, ("cup", "ball"), tuple(made), (), ("cup", "ball"))


def objects_of(dataset: Dataset) -> dict[bytes, tuple[list[str], list[list[float]], bool]]:
    """Of each picture, by its bytes: the class and the corners of each box, and whether it is known to show nothing."""
    found = {}
    for sample in dataset.samples:
        labels = sample.box_labels or [sample.label] * len(sample.boxes)
        names = [dataset.class_names[label] for label in labels]
        found[sample.path.read_bytes()] = (names, sample.boxes.tolist(), sample.is_negative)
    return found


def masks_of(dataset: Dataset) -> dict[bytes, np.ndarray | None]:
    """Of each picture, by its bytes: the mask as zeros and ones, None where there is none."""
    return {
        sample.path.read_bytes(): None if sample.mask is None else np.asarray(Image.open(sample.mask)) // 255
        for sample in dataset.samples
    }


def assert_same_objects(again: Dataset, before: Dataset, *, within: float = 1e-4) -> None:
    """Hold that two data sets know the same of the same pictures, corners to within so many pixels."""
    one, other = objects_of(again), objects_of(before)
    assert one.keys() == other.keys()
    for picture, (names, boxes, is_negative) in one.items():
        assert (names, is_negative) == (other[picture][0], other[picture][2])
        np.testing.assert_allclose(np.reshape(boxes, (-1, 4)), np.reshape(other[picture][1], (-1, 4)), atol=within)
