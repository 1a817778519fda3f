"""Answers on ordinary photos, of another origin than those that `everyday` learned from.

    python -m benchmarks.ordinary COCO_YOLO [--model everyday]

COCO_YOLO is `coco_yolo.zip`, 128 photos of COCO with many objects each. Taken are those with a main object: its box
covers a fifth of the photo at least, and twice what any object of another class covers. The bundle sees the photo only,
and finds the object itself. COCO's classes are held against the kinds of the same thing; those without are strangers.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import typer

from benchmarks.tables import print_table
from smallimg import DEFAULT_BUNDLE
from smallimg.boxes import box_area
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats import read_dataset
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.study.intervals import share_text

#: COCO's name → ours, where they differ.
SAME = {
    "car": "automobile",
    "sports ball": "ball",
    "dining table": "table",
    "remote": "remote control",
    "keyboard": "computer keyboard",
    "cell phone": "telephone",
}


def main_objects(dataset: Dataset) -> Iterator[tuple[Sample, str]]:
    """The photos that have a main object, and its class."""
    for sample in dataset.samples:
        if not len(sample.boxes):
            continue
        width, height = open_image(sample.path).size
        covered: Counter[int] = Counter()
        labels = sample.box_labels or (sample.label or 0,) * len(sample.boxes)
        for label, area in zip(labels, box_area(sample.boxes).tolist(), strict=True):
            covered[label] = max(covered[label], area / (width * height))
        (label, largest), *others = covered.most_common(2)
        if largest >= 0.2 and all(largest >= 2 * other for _, other in others):
            yield sample, dataset.class_names[label]


def main(coco_yolo: Path, model: str = DEFAULT_BUNDLE) -> None:
    """Print the table."""
    pipeline = Pipeline.load(model)
    group_of = {name: group for group, names in pipeline.bundle.groups.items() for name in names}
    rows, right = [], []
    counts: Counter[str] = Counter()
    for sample, coco_name in main_objects(read_dataset(coco_yolo)):
        found = pipeline.predict(open_image(sample.path))
        name = SAME.get(coco_name, coco_name)
        if name not in group_of:
            counts["strangers"] += 1
            counts[f"strangers {found.level}"] += 1
            continue
        right.append(found.label == name)
        counts[f"{found.level}"] += 1
        counts[f"{found.level} right"] += found.answer == (name if found.level == "kind" else group_of[name])
        counts["person"] += name == "person"
        counts["person misnamed"] += name == "person" and found.answer not in ("person", None)
    n = len(right)
    rows = [
        ["most probable kind is the true one", share_text(sum(right), n)],
        [
            "given a name; of these right",
            f"{counts['kind']} of {n}; {share_text(counts['kind right'], counts['kind'])}",
        ],
        [
            "given a group; of these right",
            f"{counts['group']} of {n}; {share_text(counts['group right'], counts['group'])}",
        ],
        ["people said to be something else", share_text(counts["person misnamed"], counts["person"])],
        ["things without a name here: given a name, a group", ""],
    ]
    rows[-1][1] = f"{counts['strangers kind']}, {counts['strangers group']} of {counts['strangers']}"
    print_table(f"Ordinary photos, {model}, n = {n}", ["", ""], rows)


if __name__ == "__main__":
    typer.run(main)
