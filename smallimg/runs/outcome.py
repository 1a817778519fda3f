"""What a finished run's bundle can do, as `smallimg.runs.measure` wrote it down."""

from pathlib import Path
from typing import Any

from smallimg.files import read_json
from smallimg.runs.told import fits
from smallimg.visitors.owner import is_mine

#: What is known of each picture, and of the whole, in types as `smallimg.runs.told.fits` takes them.
_PICTURE: dict[str, Any] = {
    "image": str, "truth": str | None, "label": str | None, "probability": float | None,
}  # fmt: skip
_SHARES = ("accuracy", "precision", "recall", "box_iou", "mask_iou")
_METRICS: dict[str, Any] = {
    "n": int, "answered": int, "answered_right": int, "classes": list[str], "milliseconds": dict[str, float],
    "confusion_matrix": list[list[int]] | None,
}  # fmt: skip


def read_outcome(run_path: Path) -> dict[str, Any] | None:
    """What `write_outcome` wrote; None when it has not been, the file is damaged, or the run is another's."""
    content = read_json(run_path / "results.json") if is_mine(run_path) else {}
    return content if _is_outcome(content) else None


def is_matrix(said: Any, size: int | None = None) -> bool:
    """Whether a value of JSON is a confusion matrix: as many rows as columns, of counts."""
    return (
        fits(said, list[list[int]])
        and size in (None, len(said))
        and all(len(row) == len(said) and min(row, default=0) >= 0 for row in said)
    )


def is_share(said: Any) -> bool:
    """Whether a value of JSON is a number from 0 to 1, as far as floats can tell."""
    return fits(said, float) and 0 <= said <= 1 + 1e-6


def _is_outcome(content: dict[str, Any]) -> bool:
    metrics, pictures, alone = content.get("metrics"), content.get("pictures"), content.get("classifier_alone")
    if not (isinstance(metrics, dict) and isinstance(pictures, list) and _is_place(content.get("root"))):
        return False
    matrix, classes = metrics.get("confusion_matrix"), metrics.get("classes")
    return (
        all(fits(metrics[name], kind) for name, kind in _METRICS.items() if name in metrics)
        and all(is_share(metrics[name]) for name in _SHARES if metrics.get(name) is not None)
        and 0 <= metrics.get("answered_right", 0) <= metrics.get("answered", 0) <= metrics.get("n", len(pictures))
        and ("answered" in metrics) <= ("answered_right" in metrics)
        and (not matrix or not classes or is_matrix(matrix, len(classes)))
        and all(isinstance(one, dict) and _is_picture(one) for one in pictures)
        and (not alone or (fits(alone, dict[str, float]) and is_share(alone.get("accuracy")) and "epoch" in alone))
        and isinstance(content.get("split"), str)
    )


def _is_place(said: Any) -> bool:
    """Whether a value of JSON can be a path: JSON can hold half a character."""
    return fits(said, str) and "\0" not in said and said.encode("utf-8", "ignore").decode("utf-8") == said


def _is_picture(one: dict[str, Any]) -> bool:
    return (
        one.keys() >= _PICTURE.keys()
        and _is_place(one["image"])
        and all(fits(one[name], kind) for name, kind in _PICTURE.items())
        and fits(one.get("answer"), str | None)
        and (one["probability"] is None or is_share(one["probability"]))
    )
