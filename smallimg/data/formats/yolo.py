"""YOLO's form: for each picture a text file of its name, a row an object, in fractions of the picture's sides.

The pictures are in `images/<split>/` and the text in `labels/<split>/`, or in `<split>/images/` and `<split>/labels/`,
or beside one another. A row is `class x y width height` with the box's centre, or `class x1 y1 x2 y2 …`, an outline
(docs.ultralytics.com/datasets/detect). `data.yaml` names the classes and says where the splits are.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import yaml

from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.formats.lookup import Pictures, pictures_in
from smallimg.data.formats.marks import Marking, labels_of_boxes, require_labelled_boxes, to_dataset
from smallimg.data.formats.places import Report, copy_all, places, refuse_taken, split_to_write
from smallimg.data.formats.shapes import polygon_shape
from smallimg.data.formats.splits import SPELLINGS, choose, first_of, split_folders
from smallimg.data.formats.yolo_yaml import class_names_of, read_description, said_places
from smallimg.data.problems import About
from smallimg.data.wording import some
from smallimg.errors import DataError, ImageError, called, why
from smallimg.files import write_text
from smallimg.pictures.images import IMAGE_SUFFIXES, read_size

#: What this form can hold.
HOLDS = frozenset({"boxes", "classes"})


def splits(root: Path) -> dict[str, list[Path]]:
    """Split → where its pictures are, folders or a list of them as text; nothing where this is not the form.

    What `data.yaml` says counts where it leads to pictures below `root`: its paths are often those of another computer.
    """
    described = read_description(root)
    said = {split: said_places(root, described, split) for split in SPELLINGS}
    for split in ("val", "test"):  # examples measure on what they learned from: that is no split of its own
        if said[split] == said["train"]:
            said[split] = []
    laid = {
        split: [folder]
        for base, below in ((root / "images", ""), (root, "images"), (root, ""))
        for split, folder in ((split, folder / below) for split, folder in split_folders(base).items())
        if _has_labels(root, folder) or (described and below and folder.is_dir())
    }
    taken = [place for places in said.values() for place in places]
    found = first_of(
        [(split, places) for split, places in said.items() if places]
        + [(split, places) for split, places in laid.items() if places[0] not in taken]
    )
    if any(place.is_file() or _has_labels(root, place) for places in found.values() for place in places):
        return found
    whole = next((folder for folder in (root / "images", root) if _has_labels(root, folder)), None)
    return {WHOLE: [whole]} if whole else {}


def read(root: Path, split: str) -> Dataset:
    """The pictures of a split; one whose text is empty, or not there, is known to show nothing."""
    name, places = choose(splits(root), split, root=root)
    described = read_description(root)
    declared = class_names_of(root, described)
    has_keypoints = "kpt_shape" in described
    problems: list[str] = []
    markings: list[Marking] = []
    numbers: set[int] = set()
    texts = set()
    for path, text in _pictures(root, places, problems):
        try:
            marking = Marking(path)
        except ImageError as error:
            problems.append(About(str(error), path, is_unreadable=True))
            continue
        if text.is_file():
            texts.add(text)
            numbers |= _mark(marking, text, declared, has_keypoints=has_keypoints)
        marking.finish()
        markings.append(marking)
    if markings and not texts:
        problems.append(f"none of the {len(markings):,} pictures has a file of labels: expected labels/ beside images/")
        markings = []
    problems += _without_pictures(root, places, texts)
    class_names = declared or tuple(map(str, range(max(numbers, default=-1) + 1)))
    used = {one for marking in markings for one in marking.names}
    if declared and name in ("train", WHOLE) and (unused := [one for one in declared if one not in used]):
        problems.append(f"{len(unused)} of {len(declared)} classes have no picture: {some(unused)}")
    return to_dataset(root, name, markings, problems, class_names=class_names)


def write(dataset: Dataset, folder: Path, *, report: Report | None = None) -> None:
    """Write a data set in this form: `images/<split>/`, `labels/<split>/`, and `data.yaml`, which comes last.

    Raises:
        DataError: when a picture has no box, unless it is known to show nothing, a box has no class, the split is there
            already, or the folder names other classes.
    """
    require_labelled_boxes(dataset.samples, form="YOLO")
    split = split_to_write(dataset)
    pictures, labels, file = folder / "images" / split, folder / "labels" / split, folder / "data.yaml"
    refuse_taken(pictures, labels)
    described = read_description(folder)
    names = class_names_of(folder, described) or dataset.class_names
    if new := [name for name in dataset.class_names if name not in names]:
        raise DataError(f"{called(folder)} has the classes {some(names)}, and not {some(new)}: choose another folder.")
    number = [names.index(name) for name in dataset.class_names]
    there = places([sample.path for sample in dataset.samples])
    rows = [_rows(sample, number) for sample in dataset.samples]
    copy_all(
        {pictures / place: sample.path for place, sample in zip(there, dataset.samples, strict=True)}, report=report
    )
    for place, lines in zip(there, rows, strict=True):
        target = (labels / place).with_suffix(".txt")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    content = described | {split: f"images/{split}", "names": dict(enumerate(names))}
    write_text(file, yaml.safe_dump(content, allow_unicode=True, sort_keys=False))


def _rows(sample: Sample, number: Sequence[int]) -> list[str]:
    width, height = read_size(sample.path)
    rows = []
    for box, label in zip(np.asarray(sample.boxes, np.float64), labels_of_boxes(sample), strict=True):
        x1, y1, x2, y2 = box / (width, height, width, height)
        values = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
        rows.append(" ".join([str(number[label]), *(f"{value:.9g}" for value in values)]))
    return rows


def _mark(marking: Marking, text: Path, declared: tuple[str, ...] | None, *, has_keypoints: bool) -> set[int]:
    """Read one picture's rows; the numbers of the classes in them."""
    numbers: set[int] = set()
    try:
        lines = text.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        marking.leave_out(f"{text.name} could not be read ({why(error)}): save it as text in UTF-8")
        return numbers
    width, height = marking.size_wh
    for line, cells in enumerate(map(str.split, lines), start=1):
        if not cells:
            continue
        try:
            label, values = _numbers(cells[:5] if has_keypoints else cells)
            if declared and label >= len(declared):
                raise DataError(f"the class {label} is unknown: {len(declared)} are named, from 0 on")
            name = declared[label] if declared else str(label)
            if len(values) == 4:
                x, y, w, h = values
                box = [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height]
                marking.add(name, box)
            else:
                points = np.asarray(values).reshape(-1, 2) * (width, height)
                box = [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()]
                marking.add(name, box, polygon_shape([points.ravel().tolist()], marking.size_wh))
            numbers.add(label)
        except DataError as error:
            marking.leave_out(f"{text.name} line {line}: {error}")
    return numbers


def _numbers(cells: Sequence[str]) -> tuple[int, list[float]]:
    try:
        label, values = float(cells[0]), [float(cell) for cell in cells[1:]]
    except ValueError:
        raise DataError(f"{' '.join(cells)[:80]!r} is not numbers") from None
    if not label.is_integer() or not 0 <= label < 100_000:
        raise DataError(f"{cells[0]!r} is no number of a class")
    if len(values) != 4 and (len(values) < 6 or len(values) % 2):
        raise DataError(f"{len(values)} numbers after the class: expected 4 for a box, or the points of an outline")
    return int(label), values


def _pictures(root: Path, places: Sequence[Path], problems: list[str]) -> list[tuple[Path, Path]]:
    """The pictures of a split, each with the place of its text."""
    found = []
    for place in places:
        if place.is_dir():
            labels = _label_folder(root, place)
            paths = pictures_in(place)
        else:
            labels, paths = None, []
            lookup = Pictures(root, first=[root])
            for line in place.read_text("utf-8-sig", errors="replace").split("\n"):
                try:
                    paths += [lookup.find(line.strip())] if line.strip() else []
                except DataError as error:
                    problems.append(f"{place.name}: {error}")
        for path in paths:
            base, target = (place, labels) if labels else (path.parent, _label_folder(root, path.parent))
            found.append((path, (target / path.relative_to(base)).with_suffix(".txt")))
    return found


def _label_folder(root: Path, pictures: Path) -> Path:
    """`labels` in place of the last `images` in a folder's path; the folder itself where there is none."""
    parts = pictures.relative_to(root).parts
    for index in reversed(range(len(parts))):
        if parts[index].lower() == "images":
            base = root.joinpath(*parts[:index])
            sibling = next((entry for entry in sorted(base.iterdir()) if entry.name.lower() == "labels"), None)
            if sibling is not None:
                return sibling.joinpath(*parts[index + 1 :])
    return pictures


def _has_labels(root: Path, folder: Path) -> bool:
    """Whether there is text in the folder of labels, or beside one of the first hundred pictures."""
    if not folder.is_dir():
        return False
    labels = _label_folder(root, folder)
    if labels != folder:
        return any(labels.rglob("*.txt"))
    pictures = (path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    return any(path.with_suffix(".txt").is_file() for path in islice(pictures, 100))


def _without_pictures(root: Path, places: Sequence[Path], texts: set[Path]) -> list[str]:
    folders = {_label_folder(root, place) for place in places if place.is_dir()} - set(places)
    rest = sorted({text for folder in folders for text in folder.rglob("*.txt")} - texts)
    names = [text.name for text in rest if text.name != "classes.txt"]
    verb = "file of labels has" if len(names) == 1 else "files of labels have"
    return [f"{len(names):,} {verb} no picture: {some(names)}"] if names else []
