"""A look at a data set before anything is trained on it: what it holds, how it is split, what is wrong with it."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image, ImageDraw

from smallimg.datasets import Dataset, read_dataset, split_train_validation, trainable
from smallimg.errors import DataError, ImageError
from smallimg.images import flatten, open_image, read_size

FEW = 10  # pictures of a class, below which not much can be learned of it
LIMITS = {"max_files": 200_000, "max_bytes": 10_000_000_000}
BOX_COLOUR = "#e0702a"


@dataclass(frozen=True, eq=False)
class Preview:
    """What a data set holds.

    Attributes:
        dataset: the part of its training split that can be learned from.
        training, validation, test: class → number of pictures; `test` is empty when there is no such split.
        problems: a sentence for everything that is wrong, in all splits.
        has_boxes, has_masks: whether every picture to learn from has them.
        can_train: the stages that the data allows, as `smallimg.bundle_training.STAGES` names them.
        sizes: the pictures' sizes in words.
    """

    dataset: Dataset
    training: dict[str, int]
    validation: dict[str, int]
    test: dict[str, int]
    problems: tuple[str, ...]
    has_boxes: bool
    has_masks: bool
    can_train: tuple[str, ...]
    sizes: str


def read_preview(path: Path, *, seed: int = 42) -> Preview:
    """Read a data set whole, every picture to its last byte, and say what it holds.

    Raises:
        DataError: when nothing in it can be used.
    """
    whole = read_dataset(path, split="train", **LIMITS)
    dataset = trainable(whole)
    training, validation = split_train_validation(dataset, seed=seed)
    test = _test_split(path)
    problems = [*dataset.problems, *(test.problems if test else ())]
    problems += _duplicates(dataset, test)
    counts = _count(dataset)
    problems += [
        f"the class {name} has {count} pictures: expect little of it"
        for name, count in counts.items()
        if 0 < count < FEW
    ]
    has_boxes = all(len(sample.boxes) for sample in dataset.samples)
    has_masks = all(sample.mask is not None for sample in dataset.samples)
    allowed = {
        "remover": has_masks,
        "detector": any(len(sample.boxes) or sample.mask for sample in dataset.samples),
        "classifier": len(dataset.class_names) > 1 and all(sample.label is not None for sample in dataset.samples),
    }
    return Preview(
        dataset=dataset,
        training=_count(training),
        validation=_count(validation),
        test=_count(test) if test else {},
        problems=tuple(problems),
        has_boxes=has_boxes,
        has_masks=has_masks,
        can_train=tuple(stage for stage, allowed_now in allowed.items() if allowed_now),
        sizes=_sizes(dataset),
    )


def contact_sheet(dataset: Dataset, *, count: int = 24, columns: int = 8, side: int = 112) -> Image.Image:
    """Some of the pictures side by side, with their boxes and classes; as many of each class as there is room for.

    Args:
        dataset: its pictures must open, see `smallimg.datasets.trainable`.
        count: how many pictures at most.
        columns: of how many a row consists.
        side: of a picture's square in pixels.
    """
    turns: Counter[int | None] = Counter()
    places = []
    for index, sample in enumerate(dataset.samples):
        turns[sample.label] += 1
        places.append((turns[sample.label], -1 if sample.label is None else sample.label, index))
    chosen = [dataset.samples[index] for _, _, index in sorted(places)[:count]]
    chosen.sort(key=lambda sample: -1 if sample.label is None else sample.label)
    gap, caption = 6, 14
    rows = -(-len(chosen) // columns)
    sheet = Image.new("RGBA", (columns * (side + gap) - gap, rows * (side + caption + gap)), (0, 0, 0, 0))
    draw = ImageDraw.Draw(sheet)
    for place, sample in enumerate(chosen):
        left, top = place % columns * (side + gap), place // columns * (side + caption + gap)
        picture = flatten(open_image(sample.path))
        scale = side / max(picture.size)
        width, height = (max(1, round(length * scale)) for length in picture.size)
        x, y = left + (side - width) // 2, top + (side - height) // 2
        sheet.paste(picture.resize((width, height), Image.Resampling.BILINEAR), (x, y))
        for box in sample.boxes * scale + np.array([x, y, x, y]):
            draw.rectangle([round(float(value)) for value in box], outline=BOX_COLOUR, width=2)
        if sample.label is not None:
            draw.text((left + 2, top + side + 1), dataset.class_names[sample.label][:18], fill=(127, 135, 130, 255))
    return sheet


def report_text(preview: Preview) -> str:
    """The whole report as plain text."""
    dataset = preview.dataset
    lines = [f"{dataset.root.name}: {len(dataset.samples)} pictures to learn from, {preview.sizes}", ""]
    width = max((len(name) for name in dataset.class_names), default=5)
    lines.append(f"{'class':{width}}  training  validation   test")
    for name in dataset.class_names:
        parts = (preview.training, preview.validation, preview.test)
        lines.append(
            f"{name:{width}}  "
            + "  ".join(f"{part.get(name, 0):{at}}" for part, at in zip(parts, (8, 10, 5), strict=True))
        )
    lines += ["", f"{len(preview.problems)} problems" if preview.problems else "No problems", *preview.problems]
    return "\n".join(lines) + "\n"


def _test_split(path: Path) -> Dataset | None:
    try:
        test = read_dataset(path, split="test", **LIMITS)
    except DataError:
        return None
    return test if test.split == "test" else None


def _count(dataset: Dataset) -> dict[str, int]:
    counts = Counter(sample.label for sample in dataset.samples)
    if not dataset.class_names:
        return {"all": len(dataset.samples)}
    return {name: counts[label] for label, name in enumerate(dataset.class_names)}


def _duplicates(training: Dataset, test: Dataset | None) -> list[str]:
    """Files that are the same to the byte; one in training and test as well makes the test easier than it is."""
    first: dict[bytes, Path] = {}
    problems = []
    for dataset in filter(None, (training, test)):
        for sample in dataset.samples:
            digest = hashlib.sha256(sample.path.read_bytes()).digest()
            known = first.setdefault(digest, sample.path)
            if known != sample.path:
                both = f"{_below(sample.path, dataset.root)} is the same picture as {_below(known, training.root)}"
                problems.append(f"{both}: take one of them out")
    return problems


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _sizes(dataset: Dataset) -> str:
    sizes: list[tuple[int, int]] = []
    for sample in dataset.samples:
        try:
            sizes.append(read_size(sample.path))
        except ImageError:  # deleted since it was read
            continue
    if not sizes:
        return "of unknown size"
    if len(set(sizes)) == 1:
        return f"{sizes[0][0]} × {sizes[0][1]} px each"
    sides: Sequence[int] = [max(size) for size in sizes]
    return f"longer side {min(sides)} to {max(sides)} px, half of them up to {median(sides):.0f} px"
