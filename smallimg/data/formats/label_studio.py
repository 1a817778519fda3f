"""Label Studio's export as JSON: a list of tasks, each a picture with what people marked in it.

Rectangles, ellipses and outlines are in per cent of the picture, brush strokes run lengths of its pixels, choices a
class of the whole picture. The file is any JSON at the top, in its long form or the short one, “JSON-MIN”; the pictures
are found by the end of their address. It is read and not written (labelstud.io/guide/task_format).
"""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from smallimg.data.dataset import WHOLE, Dataset
from smallimg.data.formats.label_studio_regions import region
from smallimg.data.formats.lookup import Pictures
from smallimg.data.formats.marks import Marking, to_dataset
from smallimg.data.formats.splits import choose
from smallimg.data.problems import about
from smallimg.errors import DataError, ImageError, why
from smallimg.pictures.images import IMAGE_SUFFIXES

#: What this form can hold.
HOLDS = frozenset({"boxes", "classes", "masks"})
#: How the short form calls a class of the whole picture; who labels can call it anything, and text is no class.
_CHOICE = re.compile(r"choice|class|label|categor|kind|type", re.IGNORECASE)
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
        path = None
        try:
            path = _find(task, pictures)
            if path in markings:
                raise DataError(f"{path.name} is in two tasks: the first is used")
            marking = Marking(path)
            _check_sizes(results, marking)
        except (DataError, ImageError) as error:
            sentence = f"{file.name}, task {task.get('id')}: {error}"
            problems.append(about(sentence, path, is_unreadable=isinstance(error, ImageError)))
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
    if kind in ("rectangle", "ellipse", "polygon", "brush"):
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
        box, shape = region(value, marking.size_wh)
    except (DataError, LookupError, TypeError, ValueError, OverflowError) as error:
        marking.leave_out(f"a {class_name} of the kind {kind} cannot be read ({error})")
        return
    marking.add(class_name, box, shape)


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
    names = [_name(cell) for cell in cells if _is_picture(cell)]
    if not names:
        raise DataError("its data names no picture")
    name = names[0]
    try:
        return pictures.find(name)
    except DataError:
        if name[UPLOAD_PREFIX - 1 : UPLOAD_PREFIX] != "-":
            raise
        return pictures.find(name[UPLOAD_PREFIX:])


def _is_picture(address: str) -> bool:
    return Path(_name(address)).suffix.lower() in IMAGE_SUFFIXES


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
    is_long = b'"data"' in text and (b'"annotations"' in text or b'"completions"' in text)
    return is_list and (is_long or (b'"annotation_id"' in text and b'"annotator"' in text))


def _load(file: Path) -> list[dict[str, Any]]:
    """The tasks, in the long form."""
    try:
        content = json.loads(file.read_text("utf-8-sig"))
        if not isinstance(content, list) or not all(isinstance(task, dict) for task in content):
            raise ValueError("not a list of tasks")
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{file.name} could not be read as Label Studio's ({why(error)}): export it again.") from error
    return [task if "data" in task or "annotation_id" not in task else _lengthened(task) for task in content]


def _lengthened(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the short form, an annotation with its picture's address beside it, as a task of the long one."""
    results: list[dict[str, Any]] = []
    for name, value in row.items():
        choices = value.get("choices") if isinstance(value, dict) else value
        if isinstance(value, dict) and choices:
            results.append({"type": "choices", "value": {"choices": choices}})
        elif isinstance(value, str) and _CHOICE.search(name) and not _is_picture(value):
            results.append({"type": "choices", "value": {"choices": [value]}})
        for mark in _objects(value):
            kind = next((key for key in mark if key.endswith("labels")), "")
            sizes: dict[str, Any] = {key: mark[key] for key in ("original_width", "original_height") if key in mark}
            results.append({"type": kind, "value": mark, **sizes})
    return {"id": row.get("id"), "data": row, "annotations": [{"result": results}]}
