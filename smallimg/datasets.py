"""Read a data set from disk, check all of it, and split it.

Three forms are understood, and a zip of any of them:

- the challenge's: `<split>.csv` with the columns image, xmin, ymin, xmax, ymax, class beside a folder `<split>/` or
  `images/`; class names in `challenge.json` or `classes.txt`, true masks in `<split>_masks/`, both optional;
- folders named by class: `<split>/<class>/*.jpg`, or `<class>/*.jpg` where there are no splits;
- pictures with masks: `images/` and `masks/` with the same stems.
"""

import csv
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sklearn.model_selection import train_test_split

from smallimg.archives import extract_zip
from smallimg.boxes import Boxes, as_boxes
from smallimg.errors import DataError, ImageError
from smallimg.images import IMAGE_SUFFIXES, list_images, open_image, read_size

COLUMNS = ("image", "xmin", "ymin", "xmax", "ymax", "class")
TEXT_SUFFIXES = frozenset({".csv", ".json", ".txt"})
WHOLE = "all"  # the split of data that has none
NEVER_A_CLASS = frozenset({"train", "test", "val", "validation", "images", "masks"})
REPORT_LINES = 20


@dataclass(frozen=True, eq=False)
class Sample:
    """One picture and what is known about it.

    Attributes:
        path: the picture.
        boxes: its objects, float32 [n, 4], xyxy in pixels of the picture as opened; n = 0 when none are known.
        label: index into the data set's `class_names`, None when unknown.
        mask: a grey picture of the same size, white on the object; None when unknown.
    """

    path: Path
    boxes: Boxes
    label: int | None
    mask: Path | None


@dataclass(frozen=True, eq=False)
class Dataset:
    """The sound part of one split of a data set.

    Attributes:
        root: the folder it was read from.
        split: the split's name, "all" when the data has no splits.
        class_names: for people, by label.
        samples: one for each picture.
        problems: one sentence for each row or picture that was left out.
        class_ids: how the data's own CSV writes each class, by label: its index or its name.
    """

    root: Path
    split: str
    class_names: tuple[str, ...]
    samples: tuple[Sample, ...]
    problems: tuple[str, ...]
    class_ids: tuple[str, ...]


def read_dataset(
    path: str | Path, *, split: str = "train", max_files: int = 2_000, max_bytes: int = 200_000_000
) -> Dataset:
    """Read one split of a data set in any of the three forms, from a folder or a zip.

    All of it is checked by the pictures' headers; what is wrong is left out and named in `problems`. Data without
    splits is read whole, whichever split is asked for.

    Args:
        path: a folder, or a zip, which is unpacked to a folder that lives as long as the process.
        split: which part to read, such as "train" or "test".
        max_files: most files a zip may hold.
        max_bytes: most bytes a zip may unpack to.

    Raises:
        DataError: when the data has none of the forms, or nothing in it is usable; with the report.
    """
    source = Path(path)
    root = source
    if source.is_file():
        suffixes = IMAGE_SUFFIXES | TEXT_SUFFIXES
        root = extract_zip(source, suffixes=suffixes, max_files=max_files, max_bytes=max_bytes)
    if not root.is_dir():
        raise DataError(f"There is no data set at {source}: check the path.")
    dataset = _read_form(_skip_top_folder(root), split, source)
    if not dataset.samples:
        raise DataError(f"{source} holds nothing usable for {split!r}. " + _report(dataset.problems))
    return dataset


def split_train_validation(dataset: Dataset, *, fraction: float = 0.2, seed: int = 42) -> tuple[Dataset, Dataset]:
    """Split by picture, stratified by class: (training, validation), each in the data set's order.

    Args:
        dataset: what to split.
        fraction: the validation part, 0 … 1 exclusive; raised where it would hold fewer pictures than classes.
        seed: the same seed gives the same split.

    Raises:
        DataError: when a class has a single picture, which cannot be in both parts, or there are fewer than two.
    """
    labels = [sample.label for sample in dataset.samples]
    counts = Counter(label for label in labels if label is not None)
    lonely = [dataset.class_names[label] for label, count in sorted(counts.items()) if count < 2]
    if lonely:
        raise DataError(
            f"{dataset.root}: {', '.join(lonely)} with a single picture cannot be in training and validation both: "
            "add pictures, or leave the class out."
        )
    if len(labels) < 2:
        raise DataError(f"{dataset.root} has a single picture: training and validation need one each at least.")
    # At least a picture a class on either side, which scikit-learn insists on.
    smallest = max(len(counts), 1)
    size = min(max(round(fraction * len(labels)), smallest), len(labels) - smallest)
    parts = train_test_split(range(len(labels)), test_size=size, random_state=seed, stratify=labels if counts else None)
    training, validation = (tuple(dataset.samples[index] for index in sorted(part)) for part in parts)
    return replace(dataset, samples=training), replace(dataset, split="validation", samples=validation)


def skip_unreadable(dataset: Dataset, *, progress: Callable[[int, int], None] | None = None) -> Dataset:
    """The pictures that open to their last byte, which headers don't tell; the others are named in `problems`.

    A mask that does not open takes its picture with it: nothing could be learned from the two together.

    Args:
        progress: called with how many pictures have been opened, and of how many.
    """
    samples, problems = [], []
    for done, sample in enumerate(dataset.samples, start=1):
        try:
            for path in filter(None, (sample.path, sample.mask)):
                open_image(path, name=path.relative_to(dataset.root).as_posix())
        except ImageError as error:
            problems.append(str(error))
        else:
            samples.append(sample)
        if progress is not None:
            progress(done, len(dataset.samples))
    return replace(dataset, samples=tuple(samples), problems=(*dataset.problems, *problems))


def trainable(dataset: Dataset, *, opened: bool = True, progress: Callable[[int, int], None] | None = None) -> Dataset:
    """The part of a data set that can be trained on; what is left out is named in its `problems`.

    Left out are pictures that do not open, see `skip_unreadable`, and classes with a single picture left, which cannot
    be in training and validation both; the labels of the other classes close up.

    Args:
        opened: whether every picture is opened to its last byte; otherwise all are taken to be sound.
        progress: as in `skip_unreadable`.

    Raises:
        DataError: when nothing is left.
    """
    readable = skip_unreadable(dataset, progress=progress) if opened else dataset
    problems = list(readable.problems)
    before, after = (Counter(sample.label for sample in part.samples) for part in (dataset, readable))
    kept = [label for label in range(len(dataset.class_names)) if after[label] > 1]
    for label, name in enumerate(dataset.class_names):
        if after[label] == 1:
            problems.append(f"the class {name} has a single picture and is left out: two are the least, better twenty")
        elif before[label] and not after[label]:
            problems.append(f"the class {name} has no picture that opens and is left out")
    number = {label: place for place, label in enumerate(kept)} | {None: None}
    samples = [replace(sample, label=number[sample.label]) for sample in readable.samples if sample.label in number]
    if not samples:
        raise DataError(f"{dataset.root} holds nothing that can be trained on. " + _report(problems))
    return replace(
        dataset,
        class_names=tuple(dataset.class_names[label] for label in kept),
        class_ids=tuple(dataset.class_ids[label] for label in kept),
        samples=tuple(samples),
        problems=tuple(problems),
    )


def only_classes(dataset: Dataset, class_names: Sequence[str]) -> Dataset:
    """The pictures of some classes: those that a bundle was trained for."""
    known = {label for label, name in enumerate(dataset.class_names) if name in class_names} | {None}
    return replace(dataset, samples=tuple(sample for sample in dataset.samples if sample.label in known))


def _report(problems: Sequence[str]) -> str:
    lines = [f"\n- {problem}" for problem in problems[:REPORT_LINES]]
    rest = len(problems) - REPORT_LINES
    return "What is wrong:" + "".join(lines) + (f"\n- … and {rest:,} more" if rest > 0 else "")


def _skip_top_folder(root: Path) -> Path:
    """The folder inside, when a zip holds nothing else at its top."""
    entries = [entry for entry in root.iterdir() if not entry.name.startswith(".")]
    if len(entries) == 1 and entries[0].is_dir() and entries[0].name not in NEVER_A_CLASS:
        inside = list(entries[0].iterdir())
        if any(entry.is_dir() or entry.suffix == ".csv" for entry in inside):
            return entries[0]
    return root


def _read_form(root: Path, split: str, source: Path) -> Dataset:
    table = root / f"{split}.csv"
    if table.is_file():
        return _read_table(root, split, table)
    if folders := _class_folders(root / split):
        return _read_class_folders(root, split, folders)
    if (root / "images").is_dir() and (root / "masks").is_dir():
        return _read_masks(root)
    if not (root / split).exists() and (folders := _class_folders(root)):
        return _read_class_folders(root, WHOLE, folders)
    found = sorted(entry.name + "/" * entry.is_dir() for entry in root.iterdir() if not entry.name.startswith("."))
    raise DataError(
        f"{source} has no data smallimg knows for {split!r}. Expected {split}.csv beside {split}/ or images/, "
        f"or {split}/<class>/ or <class>/ with pictures, or images/ beside masks/; "
        f"found {', '.join(found[:8]) or 'an empty folder'}{' …' if len(found) > 8 else ''}."
    )


# --- the challenge's form -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Picture:
    """What the table's rows say about one picture."""

    path: Path
    stem: Path  # relative to its folder, by which its mask is found
    size_wh: tuple[int, int]
    boxes: list[list[float]]
    labels: set[int]


def _read_table(root: Path, split: str, table: Path) -> Dataset:
    rows = _read_rows(table)
    class_names, class_ids = _name_classes(_declared_classes(root), {cells[-1] for _, cells in rows})
    folders = [folder for folder in (root / split, root / "images") if folder.is_dir()]
    problems: list[str] = []
    pictures: dict[str, _Picture] = {}
    first_line: dict[tuple[str, ...], int] = {}
    for line, cells in rows:
        name, *corners, class_cell = cells
        try:
            if (first := first_line.setdefault(cells, line)) != line:
                raise DataError(f"the same row as line {first}")
            picture = pictures.get(name) or _find_picture(name, folders)
            box = _check_box(corners, picture.size_wh)
            label = _find_class(class_cell, class_names)
        except (DataError, ImageError) as error:
            problems.append(f"{table.name} line {line}: {error}")
            continue
        pictures[name] = picture
        picture.boxes.append(box)
        picture.labels.add(label)

    mask_folder = root / f"{split}_masks"
    masks = _by_stem(mask_folder) if mask_folder.is_dir() else None
    samples = []
    for name, picture in pictures.items():
        if len(picture.labels) > 1:
            classes = ", ".join(class_names[label] for label in sorted(picture.labels))
            problems.append(f"{table.name}: {name} has rows of several classes ({classes}), expected one")
            continue
        mask = None
        if masks is not None:
            try:
                mask = _check_mask(masks.get(picture.stem), picture.size_wh)
            except (DataError, ImageError) as error:  # the picture is still good for the other stages
                problems.append(f"{name}: {error}")
        samples.append(Sample(picture.path, as_boxes(picture.boxes), min(picture.labels), mask))
    problems += _missing_classes(class_names, samples)
    return Dataset(root, split, class_names, tuple(samples), tuple(problems), class_ids)


def _read_rows(table: Path) -> list[tuple[int, tuple[str, ...]]]:
    """(line number, the cells of COLUMNS in that order); a cell that is not there is empty."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = [cell.strip() for cell in next(reader, [])]
            if missing := [column for column in COLUMNS if column not in header]:
                raise DataError(
                    f"{table.name} lacks the column {', '.join(missing)}: expected {','.join(COLUMNS)}, "
                    f"found {','.join(header)[:200] or 'an empty file'}."
                )
            at = [header.index(column) for column in COLUMNS]
            return [
                (reader.line_num, tuple(row[index].strip() if index < len(row) else "" for index in at))
                for row in reader
                if any(row)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table.name} could not be read as a table ({error}): save it as CSV in UTF-8.") from error


def _find_picture(name: str, folders: Iterable[Path]) -> _Picture:
    relative = Path(name)
    if not 0 < len(name) < 256 or relative.is_absolute() or ".." in relative.parts or "\0" in name:
        raise DataError(f"{name[:80]!r} is no name of a picture")
    for folder in folders:
        path = folder / relative
        if path.is_file():
            return _Picture(path, relative.with_suffix(""), read_size(path), [], set())
    raise DataError(f"there is no picture {name}")


def _check_box(cells: Sequence[str], size_wh: tuple[int, int]) -> list[float]:
    text = f"the box ({', '.join(cells)})"
    try:
        x1, y1, x2, y2 = box = [float(cell) for cell in cells]
    except ValueError:
        raise DataError(f"{text} is not four numbers") from None
    if not all(map(math.isfinite, box)):
        raise DataError(f"{text} is not four finite numbers")
    if x2 <= x1 or y2 <= y1:
        raise DataError(f"{text} is empty or inverted: expected xmin < xmax and ymin < ymax")
    if x1 < 0 or y1 < 0 or x2 > size_wh[0] or y2 > size_wh[1]:
        raise DataError(f"{text} leaves the picture of {size_wh[0]} × {size_wh[1]} pixels")
    return box


# --- folders named by class ---------------------------------------------------------------------------------------


def _class_folders(base: Path) -> list[Path]:
    """The folders in `base` that can be a class: those with pictures in them or below."""
    if not base.is_dir():
        return []
    return [
        folder
        for folder in sorted(base.iterdir())
        if folder.is_dir()
        and folder.name not in NEVER_A_CLASS
        and not folder.name.startswith(".")
        and not folder.name.endswith("_masks")
        and any(path.suffix.lower() in IMAGE_SUFFIXES for path in folder.rglob("*"))
    ]


def _read_class_folders(root: Path, split: str, folders: Sequence[Path]) -> Dataset:
    class_names = _declared_classes(root) or tuple(folder.name for folder in folders)
    problems, samples = [], []
    for folder in folders:
        if folder.name not in class_names:
            problems.append(f"{folder.name}/ is none of the classes named: {_some(class_names)}")
            continue
        for path in list_images(folder):
            try:
                read_size(path)
            except ImageError as error:
                problems.append(f"{folder.name}/: {error}")
                continue
            samples.append(Sample(path, as_boxes([]), class_names.index(folder.name), None))
    problems += _missing_classes(class_names, samples)
    return Dataset(root, split, class_names, tuple(samples), tuple(problems), class_names)


# --- pictures with masks ------------------------------------------------------------------------------------------


def _read_masks(root: Path) -> Dataset:
    masks = _by_stem(root / "masks")
    problems, samples = [], []
    for stem, path in _by_stem(root / "images").items():
        try:
            mask = _check_mask(masks.pop(stem, None), read_size(path))
        except (DataError, ImageError) as error:
            problems.append(f"{path.name}: {error}")
            continue
        samples.append(Sample(path, as_boxes([]), None, mask))
    problems += [f"the mask {mask.name} has no picture in images/" for mask in masks.values()]
    return Dataset(root, WHOLE, (), tuple(samples), tuple(problems), ())


def _by_stem(folder: Path) -> dict[Path, Path]:
    """Path below the folder without its suffix → picture."""
    return {path.relative_to(folder).with_suffix(""): path for path in list_images(folder)}


def _check_mask(mask: Path | None, size_wh: tuple[int, int]) -> Path:
    if mask is None:
        raise DataError("its mask is missing")
    size = read_size(mask)
    if size != size_wh:
        raise DataError(f"its mask has {size[0]} × {size[1]} pixels, the picture {size_wh[0]} × {size_wh[1]}")
    return mask


# --- class names --------------------------------------------------------------------------------------------------


def _declared_classes(root: Path) -> tuple[str, ...] | None:
    """The class names of `challenge.json` or `classes.txt`, by index; None without either.

    Raises:
        DataError: when the file cannot be read, or its names are empty or not distinct.
    """
    try:
        if (path := root / "challenge.json").is_file():
            names = json.loads(path.read_text("utf-8"))["classes"]
        elif (path := root / "classes.txt").is_file():
            names = [line.strip() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
        else:
            return None
        if not names or not all(isinstance(name, str) and name.strip() for name in names):
            raise ValueError("not a list of names")
        if repeated := [name for name, count in Counter(names).items() if count > 1]:
            raise ValueError(f"{_some(repeated)} repeated")
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(
            f"{path.name} does not name the classes ({error}): expected distinct names in order."
        ) from error
    return tuple(name.strip() for name in names)


def _name_classes(declared: tuple[str, ...] | None, cells: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Class names, and how the table writes each: by name or by index."""
    if declared is not None:
        by_name = not cells.isdisjoint(declared)
        return declared, declared if by_name else tuple(str(index) for index in range(len(declared)))
    used = sorted(cells - {""})
    if all(map(_is_index, used)):
        used.sort(key=int)
    return tuple(used), tuple(used)


def _find_class(cell: str, class_names: Sequence[str]) -> int:
    if cell in class_names:
        return class_names.index(cell)
    if _is_index(cell) and int(cell) < len(class_names):
        return int(cell)
    raise DataError(f"the class {cell!r} is unknown: expected 0 … {len(class_names) - 1}, or {_some(class_names)}")


def _is_index(cell: str) -> bool:
    return cell.isdecimal() and len(cell) < 10


def _missing_classes(class_names: Sequence[str], samples: Iterable[Sample]) -> list[str]:
    present = {sample.label for sample in samples}
    return [f"the class {name} has no picture" for label, name in enumerate(class_names) if label not in present]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
