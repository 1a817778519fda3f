"""COCO's form: a file of JSON for each split with images, annotations and categories (cocodataset.org/#format-data).

The file is `annotations/instances_<split>.json`, Roboflow's `<split>/_annotations.coco.json`, or any at the top that
has those three lists; a name such as `instances_train2017.json` says its split. The pictures are beside it, in a folder
called like the split, or in `images/`.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.formats.lookup import Pictures, pictures_in, unlisted
from smallimg.data.formats.marks import Marking, labels_of_boxes, require_labelled_boxes, to_dataset
from smallimg.data.formats.places import Report, copy_all, places, refuse_taken, split_to_write
from smallimg.data.formats.shapes import (
    Shape,
    encode_rle,
    open_shape,
    polygon_shape,
    rle_shape,
    shapes_by_box,
)
from smallimg.data.formats.splits import choose, exact_split, first_of, split_files, split_folders, split_of
from smallimg.data.problems import about
from smallimg.errors import DataError, ImageError, why
from smallimg.files import write_text
from smallimg.pictures.images import read_size

#: What this form can hold.
HOLDS = frozenset({"boxes", "classes", "masks"})
ROBOFLOW = "_annotations.coco.json"
LISTS = ("images", "annotations", "categories")


def splits(root: Path) -> dict[str, Path]:
    """Split → its file; nothing where this is not the form."""
    if found := split_files(root, ROBOFLOW):
        return found
    files = [path for path in _json_files(root) if _is_coco(path)]
    # Keypoints and captions of the same pictures lie beside the instances.
    files = [path for path in files if path.name.startswith("instances")] or files
    parts = first_of((split_of(path.stem) or path.stem, path) for path in files)
    if len(files) == 1 and split_of(files[0].stem) is None:
        return {WHOLE: files[0]}
    return parts


def read(root: Path, split: str) -> Dataset:
    """The pictures that the split's file lists; those without an annotation are known to show nothing.

    Categories that nothing is marked as are left out, such as the row 0 that Roboflow writes. Crowds are no boxes.
    """
    name, file = choose(splits(root), split, root=root)
    content = _load(file)
    own_folders = _own_folders(root, file, name)
    pictures = Pictures(root, first=[*own_folders, root / "images", root])
    # Numbers are compared as text: some tools write them so, in one place and not in the other.
    categories = {str(row.get("id")): str(row.get("name", row.get("id"))).strip() for row in content["categories"]}
    annotations: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in content["annotations"]:
        annotations[str(row.get("image_id"))].append(row)

    problems: list[str] = []
    markings: dict[Path, Marking] = {}
    listed: set[Path] = set()
    for row in content["images"]:
        rows = annotations.pop(str(row.get("id")), [])
        path = None
        try:
            path = pictures.find(str(row.get("file_name", "")))
            listed.add(path)
            if path in markings:
                raise DataError(f"{path.name} is listed twice, the second time with {len(rows)} annotations")
            marking = Marking(path, said_wh=_said_size(row))
        except DataError as error:
            problems.append(about(f"{file.name}: {error}", path))
        except ImageError as error:
            problems.append(about(str(error), path, is_unreadable=True))
        else:
            markings[path] = _mark(marking, rows, categories)
    if left := sum(map(len, annotations.values())):
        what = "annotation is of a picture" if left == 1 else "annotations are of pictures"
        problems.append(f"{file.name}: {left:,} {what} that it does not list")
    there = [path for folder in own_folders for path in pictures_in(folder)]
    problems += unlisted(there, listed, where=file.name)
    used = {one for marking in markings.values() for one in marking.names}
    # Names need not be distinct; the first of each keeps its place.
    class_names = tuple(one for one in dict.fromkeys(categories.values()) if one in used)
    return to_dataset(root, name, markings.values(), problems, class_names=class_names)


def write(dataset: Dataset, folder: Path, *, report: Report | None = None) -> None:
    """Write a data set in this form: `images/<split>/` and `annotations/instances_<split>.json`, which comes last.

    A mask is shared out among the boxes of its picture as run lengths; they have no place for half-tones.

    Raises:
        DataError: when a picture has no box, unless it is known to show nothing, a box has no class, or the split is
            there already.
    """
    require_labelled_boxes(dataset.samples, form="COCO")
    split = split_to_write(dataset)
    target, file = folder / "images" / split, folder / "annotations" / f"instances_{split}.json"
    refuse_taken(target, file)
    there = places([sample.path for sample in dataset.samples])
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, (sample, place) in enumerate(zip(dataset.samples, there, strict=True), start=1):
        width, height = read_size(sample.path)
        images.append({"id": number, "file_name": place.as_posix(), "width": width, "height": height})
        for row in _annotations(sample):
            annotations.append({"id": len(annotations) + 1, "image_id": number, **row})
    categories = [{"id": label, "name": name} for label, name in enumerate(dataset.class_names, start=1)]
    copy_all({target / place: sample.path for place, sample in zip(there, dataset.samples, strict=True)}, report=report)
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"info": {}, "licenses": [], "images": images, "annotations": annotations, "categories": categories}
    write_text(file, json.dumps(content, ensure_ascii=False))


def _annotations(sample: Sample) -> Iterator[dict[str, Any]]:
    shapes: list[Shape | None] = [None] * len(sample.boxes)
    if sample.mask is not None and len(sample.boxes):
        shapes = [*shapes_by_box(open_shape(sample.mask), sample.boxes)]
    for box, label, shape in zip(sample.boxes, labels_of_boxes(sample), shapes, strict=True):
        # The shortest decimals that are read as the same float32.
        x1, y1, x2, y2 = (float(np.format_float_positional(value)) for value in box)
        row: dict[str, Any] = {"category_id": label + 1, "bbox": [x1, y1, x2 - x1, y2 - y1], "iscrowd": 0}
        if shape is None:
            yield row | {"area": (x2 - x1) * (y2 - y1), "segmentation": []}
        else:
            yield row | {"area": int(shape.sum()), "segmentation": encode_rle(shape)}


def _mark(marking: Marking, rows: list[dict[str, Any]], categories: dict[str, str]) -> Marking:
    for row in rows:
        try:
            shape = _shape(row.get("segmentation"), marking.size_wh)
        except DataError as error:  # the box is still good
            marking.say(f"annotation {row.get('id')}: {error}")
            shape = None
        category = categories.get(str(row.get("category_id")))
        box = row.get("bbox")
        if row.get("iscrowd"):
            marking.crowd(shape)
        elif category is None:
            marking.leave_out(
                f"annotation {row.get('id')} has the category {row.get('category_id')}, which is not named"
            )
        elif not box:
            marking.add(category, None, shape)
        elif not isinstance(box, list) or len(box) != 4 or not all(isinstance(one, int | float) for one in box):
            marking.leave_out(f"annotation {row.get('id')} has the box {str(box)[:80]}: expected x, y, width, height")
        else:
            marking.add(category, (box[0], box[1], box[0] + box[2], box[1] + box[3]), shape)
    marking.finish()
    return marking


def _shape(segmentation: Any, size_wh: tuple[int, int]) -> Shape | None:
    if not segmentation:
        return None
    if isinstance(segmentation, dict):
        size = segmentation.get("size")
        if size != [size_wh[1], size_wh[0]]:
            raise DataError(f"its run lengths are of {size} pixels, the picture has {[size_wh[1], size_wh[0]]} [h, w]")
        return rle_shape(segmentation.get("counts"), size_wh)
    if not isinstance(segmentation, list) or not all(isinstance(one, list) for one in segmentation):
        raise DataError("its segmentation is neither outlines nor run lengths")
    return polygon_shape(segmentation, size_wh)


def _said_size(row: dict[str, Any]) -> tuple[float, float] | None:
    try:
        return float(row["width"]), float(row["height"])
    except (LookupError, TypeError, ValueError, OverflowError):
        return None


def _own_folders(root: Path, file: Path, split: str) -> list[Path]:
    """The folders whose pictures are this split's alone."""
    if file.name == ROBOFLOW:
        return [file.parent]
    wanted = exact_split(split)
    folders = [split_folders(base).get(wanted) for base in (root, root / "images")] if wanted else []
    return [folder for folder in folders if folder is not None]


def _json_files(root: Path) -> list[Path]:
    return [path for base in (root / "annotations", root) if base.is_dir() for path in sorted(base.glob("*.json"))]


def _is_coco(path: Path) -> bool:
    """Whether the three lists are in it, without taking a large file apart."""
    text = path.read_bytes()
    return text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and all(f'"{name}"'.encode() in text for name in LISTS)


def _load(file: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        content: dict[str, list[dict[str, Any]]] = json.loads(file.read_text("utf-8-sig"))
        for name in LISTS:
            if not isinstance(content[name], list) or not all(isinstance(row, dict) for row in content[name]):
                raise ValueError(f"{name} is not a list of objects")
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(f"{file.name} could not be read as COCO ({why(error)}): export the labels again.") from error
    return content
