"""Label Studio's export as JSON: a list of tasks, each a picture with what people marked in it.

Rectangles and outlines are in per cent of the picture, brush strokes run lengths of its pixels, choices a class of the
whole picture. The file is any JSON at the top; the pictures are found by the end of their address. It is read and not
written (labelstud.io/guide/task_format).
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from smallimg.data.dataset import WHOLE, Dataset
from smallimg.data.formats.lookup import Pictures
from smallimg.data.formats.marks import Marking, to_dataset
from smallimg.data.formats.shapes import Shape, polygon_shape
from smallimg.data.formats.splits import choose
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import IMAGE_SUFFIXES

#: What this form can hold.
HOLDS = frozenset({"boxes", "classes", "masks"})
UPLOAD_PREFIX = 9  # eight characters and a hyphen, which Label Studio puts before a name


def splits(root: Path) -> dict[str, Path]:
    """The one file, as the whole; nothing where this is not the form."""
    file = next((path for path in sorted(root.glob("*.json")) if _is_export(path)), None)
    return {WHOLE: file} if file else {}


def read(root: Path, split: str) -> Dataset:
    """The pictures of the tasks that somebody has finished; where nothing was marked, there is nothing."""
    name, file = choose(splits(root), split, root=root)
    pictures = Pictures(root, first=[root / "images", root])
    problems: list[str] = []
    markings: dict[Path, Marking] = {}
    open_tasks = 0
    for task in _load(file):
        done = task.get("annotations", task.get("completions"))
        done = [one for one in _objects(done) if not one.get("was_cancelled")]
        if not done:
            open_tasks += 1
            continue
        results = _objects(done[0].get("result"))
        try:
            path = _find(task, pictures)
            if path in markings:
                raise DataError(f"{path.name} is in two tasks: the first is used")
            marking = Marking(path)
            _check_sizes(results, marking)
        except (DataError, ImageError) as error:
            problems.append(f"{file.name}, task {task.get('id')}: {error}")
            continue
        if len(done) > 1:
            problems.append(f"{path.name} was annotated {len(done)} times: the first time is used")
        for row in results:
            _mark(marking, row)
        marking.finish()
        markings[path] = marking
    if open_tasks:
        problems.append(f"{file.name}: {open_tasks:,} {'tasks are' if open_tasks > 1 else 'task is'} not annotated")
    return to_dataset(root, name, markings.values(), problems)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _mark(marking: Marking, row: dict[str, Any]) -> None:
    """One result: a mark on the picture, or a choice about it."""
    kind, value = str(row.get("type", "")).lower(), row.get("value")
    value = value if isinstance(value, dict) else {}
    if kind in ("rectangle", "polygon", "brush"):
        return  # its twin of the kind "labels" has the same region and the class too
    names = value.get(kind)
    if not isinstance(names, list) or not names:
        marking.leave_out(f"a result of the kind {kind or 'none'} has no class")
        return
    if len(names) > 1:
        marking.leave_out(f"a result of the kind {kind} has several classes ({', '.join(map(str, names))[:80]})")
        return
    class_name = str(names[0]).strip()
    if kind == "choices":
        if marking.class_name not in (None, class_name):
            marking.leave_out(f"it has the classes {marking.class_name} and {class_name}, expected one")
        marking.class_name = marking.class_name or class_name
        return
    try:
        box, shape = _region(value, marking.size_wh)
    except (DataError, LookupError, TypeError, ValueError, OverflowError) as error:
        marking.leave_out(f"a {class_name} of the kind {kind} cannot be read ({error})")
        return
    marking.add(class_name, box, shape)


def _region(value: dict[str, Any], size_wh: tuple[int, int]) -> tuple[list[float] | None, Shape | None]:
    """The box in pixels, the shape, or both, of what was marked."""
    width, height = size_wh
    if value.get("format") == "rle":
        return None, brush_shape(value["rle"], size_wh)
    if "points" in value:
        points = np.asarray(value["points"], np.float64).reshape(-1, 2) / 100 * (width, height)
        shape = polygon_shape([points.ravel().tolist()], size_wh)
        return [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()], shape
    if "radiusX" in value or not {"x", "y", "width", "height"} <= value.keys():
        raise DataError("expected a rectangle, an outline or a brush")
    if float(value.get("rotation") or 0) % 360:
        raise DataError(f"it is turned by {value['rotation']}°: draw it upright")
    x, y, w, h = (float(value[key]) / 100 for key in ("x", "y", "width", "height"))
    return [x * width, y * height, (x + w) * width, (y + h) * height], None


def brush_shape(rle: list[int], size_wh: tuple[int, int]) -> Shape:
    """Label Studio's brush strokes as bool [h, w].

    They are bytes of @thi.ng/rle-pack: 32 bits say how many values follow, 5 how long one is, four times 4 how long a
    count can be; then runs of one value (a bit 1, which length of count, the count less one, the value) in turn with
    values one by one (a bit 0, likewise, the values). The values are red, green, blue and alpha of each pixel.

    Raises:
        DataError: when they are damaged, or of a picture of another size.
    """
    width, height = size_wh
    wrong = DataError(f"its brush strokes are not of {width} × {height} pixels")
    try:
        bits = "".join(f"{byte:08b}" for byte in bytes(rle))
        at = 0

        def take(count: int) -> int:
            nonlocal at
            at += count
            return int(bits[at - count : at], 2)

        if take(32) != 4 * width * height:
            raise wrong
        word, counts = take(5) + 1, [take(4) + 1 for _ in range(4)]
        values = np.zeros(4 * width * height, np.int64)
        start = 0
        while start < len(values):
            is_run = take(1)
            end = start + 1 + take(counts[take(2)])
            if end > len(values):
                raise wrong
            values[start:end] = take(word) if is_run else [take(word) for _ in range(start, end)]
            start = end
    except (TypeError, ValueError):  # the bits come to an end, or were none
        raise wrong from None
    return np.asarray(values.reshape(height, width, 4)[:, :, 3] > 127)


def _check_sizes(results: list[dict[str, Any]], marking: Marking) -> None:
    """Per cent are right at every scale, but not of a picture that was turned."""
    for row in results:
        wide, high = row.get("original_width"), row.get("original_height")
        if isinstance(wide, int | float) and isinstance(high, int | float) and min(wide, high) > 0:
            width, height = marking.size_wh
            if abs(wide * height - high * width) > 2 * max(wide, high, width, height):
                raise DataError(
                    f"{marking.path.name} was labelled as {wide} × {high} pixels, and it opens as "
                    f"{width} × {height}: label it as it is shown"
                )
        if row.get("image_rotation"):
            raise DataError(
                f"{marking.path.name} was turned by {row['image_rotation']}° to label it: turn the file itself"
            )


def _find(task: dict[str, Any], pictures: Pictures) -> Path:
    """The picture by the end of its address, with or without what Label Studio puts before an upload's name."""
    data = task.get("data")
    cells = [one for one in (data.values() if isinstance(data, dict) else []) if isinstance(one, str)]
    names = [name for name in map(_name, cells) if Path(name).suffix.lower() in IMAGE_SUFFIXES]
    if not names:
        raise DataError("its data names no picture")
    name = names[0]
    try:
        return pictures.find(name)
    except DataError:
        if name[UPLOAD_PREFIX - 1 : UPLOAD_PREFIX] != "-":
            raise
        return pictures.find(name[UPLOAD_PREFIX:])


def _name(address: str) -> str:
    """`name.jpg` of `/data/upload/1/name.jpg`, `/data/local-files/?d=folder/name.jpg` or `s3://bucket/name.jpg`."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    inside = parse_qs(parts.query).get("d", [""])[0]
    return (inside or unquote(parts.path)).replace("\\", "/").rsplit("/", 1)[-1]


def _is_export(path: Path) -> bool:
    text = path.read_bytes()
    is_list = text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    return is_list and b'"data"' in text and (b'"annotations"' in text or b'"completions"' in text)


def _load(file: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(file.read_text("utf-8-sig"))
        if not isinstance(content, list) or not all(isinstance(task, dict) for task in content):
            raise ValueError("not a list of tasks")
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{file.name} could not be read as Label Studio's ({error}): export it again.") from error
    return content
