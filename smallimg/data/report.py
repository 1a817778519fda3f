"""What a check says of a data set, for programs: one object, whatever became of it."""

from pathlib import Path
from typing import Any

from smallimg.data.checks.finding import Finding
from smallimg.data.dataset import Sample, place_below
from smallimg.data.preview import Preview

#: A finding names at most so many pictures; `count` has how many things it is about.
MOST_PICTURES = 100


def as_object(preview: Preview) -> dict[str, Any]:
    """The whole report as JSON can hold it.

    Returns:
        `form` (as `convert --to` calls it, where it can be written), `classes` (names of those that can be learned),
        `splits` (the data's own, by name → pictures that can be used), `pictures` (of all), `boxes`, `masks`,
        `negatives` (pictures that are known to show nothing), `can_train` and `findings`.
    """
    parts = _splits(preview)
    samples = [sample for part in parts.values() for sample in part]
    return {
        "form": preview.dataset.form,
        "classes": list(preview.dataset.class_names),
        "splits": {name: len(part) for name, part in parts.items()},
        "pictures": len(samples),
        "boxes": sum(len(sample.boxes) for sample in samples),
        "masks": sum(sample.mask is not None for sample in samples),
        "negatives": sum(sample.is_negative for sample in samples),
        "can_train": list(preview.can_train),
        "findings": [_finding(finding, preview.dataset.root) for finding in preview.findings],
    }


def as_unread_object(reason: str, *, path: Path) -> dict[str, Any]:
    """The same of data that cannot be read, with the reason as the one finding."""
    finding = Finding("unreadable-data", "error", reason, "bring data in one of the forms that README.md lists", 1)
    return {
        "form": None,
        "classes": [],
        "splits": {},
        "pictures": 0,
        "boxes": 0,
        "masks": 0,
        "negatives": 0,
        "can_train": [],
        "findings": [_finding(finding, path)],
    }


def _splits(preview: Preview) -> dict[str, tuple[Sample, ...]]:
    dataset = preview.dataset
    parts = {dataset.split: dataset.samples}
    if dataset.validation:
        parts["validation"] = dataset.validation
    if preview.tested is not None:
        parts["test"] = preview.tested.samples
    return parts


def _finding(finding: Finding, root: Path) -> dict[str, Any]:
    return {
        "id": finding.id,
        "severity": finding.severity,
        "message": finding.message,
        "remedy": finding.remedy,
        "count": finding.count,
        "pictures": [place_below(path, root) for path in finding.pictures[:MOST_PICTURES]],
    }
