"""Pictures with masks: `images/` and `masks/` with the same stems."""

from pathlib import Path

from smallimg.boxes import as_boxes
from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.formats.places import Report, copy_all, mask_places, places, refuse_taken, require
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import list_images, read_size

#: What this form can hold.
HOLDS = frozenset({"masks"})


def read(root: Path) -> Dataset:
    """The pictures in `images/` that have a mask; the form has no splits."""
    masks = by_stem(root / "masks")
    problems, samples = [], []
    for stem, path in by_stem(root / "images").items():
        try:
            mask = check_mask(masks.pop(stem, None), read_size(path))
        except (DataError, ImageError) as error:
            problems.append(f"{path.name}: {error}")
            continue
        samples.append(Sample(path, as_boxes([]), None, mask))
    problems += [f"the mask {mask.name} has no picture in images/" for mask in masks.values()]
    return Dataset(root, WHOLE, (), tuple(samples), tuple(problems), ())


def write(dataset: Dataset, folder: Path, *, report: Report | None = None) -> None:
    """Write a data set in this form: its masks; boxes, classes and the split's name have no place in it.

    Raises:
        DataError: when a picture has no mask, or there are pictures with masks already.
    """
    require(dataset.samples, lambda sample: sample.mask is not None, what="mask", form="this form")
    refuse_taken(folder / "images", folder / "masks")
    paths = [sample.path for sample in dataset.samples]
    there = places(paths)
    files = {folder / "images" / place: path for place, path in zip(there, paths, strict=True)}
    files |= {folder / "masks" / place: mask for place, mask in mask_places(dataset.samples, there).items()}
    copy_all(files, report=report)


def by_stem(folder: Path) -> dict[Path, Path]:
    """Path below the folder without its suffix → picture."""
    return {path.relative_to(folder).with_suffix(""): path for path in list_images(folder)}


def check_mask(mask: Path | None, size_wh: tuple[int, int]) -> Path:
    if mask is None:
        raise DataError("its mask is missing")
    size = read_size(mask)
    if size != size_wh:
        raise DataError(f"its mask has {size[0]} × {size[1]} pixels, the picture {size_wh[0]} × {size_wh[1]}")
    return mask
