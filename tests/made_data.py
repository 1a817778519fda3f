"""Small data sets that several test files make."""

from pathlib import Path

from PIL import Image

from smallimg.data.dataset import Dataset

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
