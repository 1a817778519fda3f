"""Pictures with masks: `images/` and `masks/` with the same stems."""

from pathlib import Path

from smallimg.boxes import as_boxes
from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.formats.finding import Masks
from smallimg.data.formats.names import passed_over
from smallimg.data.formats.places import Report, copy_all, mask_places, places, refuse_taken, require
from smallimg.data.problems import About
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import IMAGE_SUFFIXES, read_size
from smallimg.pictures.litter import walk_files

#: What this form can hold.
HOLDS = frozenset({"masks"})


def read(root: Path, pictures: Path, masks: Path, split: str = WHOLE) -> Dataset:
    """The pictures in a folder that have a mask in the other, which may be called otherwise where it is the only one.

    Args:
        root: the data set.
        pictures, masks: the two folders.
        split: which part they are.
    """
    there = Masks(masks)
    paths = sorted(path for path in walk_files(pictures) if path.suffix.lower() in IMAGE_SUFFIXES)
    places_of = {path: path.relative_to(pictures) for path in paths}
    there.expect(places_of.values())
    problems: list[str] = []
    samples, left_out = [], []
    for path, place in places_of.items():
        try:
            mask = check_mask(there.claim(place), read_size(path))
        except (DataError, ImageError) as error:
            problems.append(About(f"{path.name}: {error}", path, is_unreadable=isinstance(error, ImageError)))
            left_out.append(Sample(path, as_boxes([]), None, None))
            continue
        samples.append(Sample(path, as_boxes([]), None, mask))
    problems += [f"the mask {mask.name} has no picture in {pictures.name}/" for mask in sorted(there.unclaimed)]
    notes = [*there.notes(), *passed_over(pictures), *passed_over(masks)]
    return Dataset(root, split, (), tuple(samples), tuple(problems), (), notes=tuple(notes), left_out=tuple(left_out))


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


def check_mask(mask: Path, size_wh: tuple[int, int]) -> Path:
    """The mask itself, if it is as large as its picture.

    Raises:
        DataError, ImageError: when it is not, or is no picture.
    """
    size = read_size(mask)
    if size != size_wh:
        raise DataError(f"its mask has {size[0]} × {size[1]} pixels, the picture {size_wh[0]} × {size_wh[1]}")
    return mask
