"""A data set as everything here wants it, whatever form it was read from: pictures and what is known of each.

What can be trained on is sorted out here, and split.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from smallimg.boxes import Boxes
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import open_image

WHOLE = "all"  # the split of data that has none
REPORT_LINES = 20


@dataclass(frozen=True, eq=False)
class Sample:
    """One picture and what is known about it.

    Attributes:
        path: the picture.
        boxes: its objects, float32 [n, 4], xyxy in pixels of the picture as opened; n = 0 when none are known.
        label: index into the data set's `class_names`, None when unknown.
        mask: a grey picture of the same size, white on the object; None when unknown.
        box_labels: the class of each box, where boxes have classes of their own, one for each row of `boxes`; empty
            where every box has the picture's `label`. Boxes of several classes leave `label` None.
        is_negative: somebody has looked, and there is no object: no boxes then does not mean that none are known.
    """

    path: Path
    boxes: Boxes
    label: int | None
    mask: Path | None
    box_labels: tuple[int, ...] = ()
    is_negative: bool = False


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


def classes_in(sample: Sample) -> set[int]:
    """The classes that a picture shows, as far as they are known."""
    return set(sample.box_labels) if sample.label is None else {sample.label}


def split_train_validation(dataset: Dataset, *, fraction: float = 0.2, seed: int = 42) -> tuple[Dataset, Dataset]:
    """Split by picture, stratified by class: (training, validation), each in the data set's order.

    Args:
        dataset: what to split.
        fraction: the validation part, 0 … 1 exclusive; raised where it would hold fewer pictures than classes.
        seed: the same seed gives the same split.

    Raises:
        DataError: when a class has a single picture, which cannot be in both parts, or there are fewer than two.
    """
    from sklearn.model_selection import train_test_split  # it takes a second: nobody waits for it who does not split

    labels = [sample.label for sample in dataset.samples]
    shown = Counter(label for sample in dataset.samples for label in classes_in(sample))
    used = sorted({label for label in labels if label is not None})
    lonely = [dataset.class_names[label] for label in used if shown[label] < 2]
    if lonely:
        raise DataError(
            f"{dataset.root}: {', '.join(lonely)} with a single picture cannot be in training and validation both: "
            "add pictures, or leave the class out."
        )
    if len(labels) < 2:
        raise DataError(f"{dataset.root} has a single picture: training and validation need one each at least.")
    # At least a picture a class on either side, which scikit-learn insists on.
    strata = _strata(labels)
    smallest = len(set(strata))
    size = min(max(round(fraction * len(labels)), smallest), len(labels) - smallest)
    by = strata if smallest > 1 or strata[0] is not None else None
    parts = train_test_split(range(len(labels)), test_size=size, random_state=seed, stratify=by)
    training, validation = (tuple(dataset.samples[index] for index in sorted(part)) for part in parts)
    return replace(dataset, samples=training), replace(dataset, split="validation", samples=validation)


def _strata(labels: Sequence[int | None]) -> list[int | None]:
    """What is divided evenly: each class, and in one heap the pictures of none, of several, or alone in theirs."""
    counts = Counter(label for label in labels if label is not None)
    if not counts:
        return [None] * len(labels)
    strata: list[int | None] = [label if label is not None and counts[label] > 1 else -1 for label in labels]
    if strata.count(-1) == 1:  # a heap of one could not be divided
        strata[strata.index(-1)] = counts.most_common(1)[0][0]
    return strata


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
                # Masks that were drawn from outlines lie elsewhere.
                inside = path.is_relative_to(dataset.root)
                open_image(path, name=path.relative_to(dataset.root).as_posix() if inside else path.name)
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
    be in training and validation both; the labels of the other classes close up. A picture of several classes stays;
    where it shows one that is left out, the classes of its boxes are no longer known.

    Args:
        opened: whether every picture is opened to its last byte; otherwise all are taken to be sound.
        progress: as in `skip_unreadable`.

    Raises:
        DataError: when nothing is left.
    """
    readable = skip_unreadable(dataset, progress=progress) if opened else dataset
    problems = list(readable.problems)
    before, after = (
        Counter(label for sample in part.samples for label in classes_in(sample)) for part in (dataset, readable)
    )
    kept = [label for label in range(len(dataset.class_names)) if after[label] > 1]
    for label, name in enumerate(dataset.class_names):
        if after[label] == 1:
            problems.append(f"the class {name} has a single picture and is left out: two are the least, better twenty")
        elif before[label] and not after[label]:
            problems.append(f"the class {name} has no picture that opens and is left out")
    number = {label: place for place, label in enumerate(kept)}
    samples = [
        replace(
            sample,
            label=None if sample.label is None else number[sample.label],
            box_labels=tuple(number[label] for label in sample.box_labels) if {*sample.box_labels} <= {*kept} else (),
        )
        for sample in readable.samples
        if sample.label is None or sample.label in number
    ]
    if not samples:
        raise DataError(f"{dataset.root} holds nothing that can be trained on. " + report_text(problems))
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


def share_classes(datasets: Sequence[Dataset]) -> list[Dataset]:
    """The same splits with one list of classes, of which each may have known a part; in the order that they come in."""
    names = dict.fromkeys(name for dataset in datasets for name in dataset.class_names)
    ids = dict(pair for dataset in datasets[::-1] for pair in zip(dataset.class_names, dataset.class_ids, strict=True))
    number = {name: label for label, name in enumerate(names)}
    shared = []
    for dataset in datasets:
        new = [number[name] for name in dataset.class_names]
        samples = tuple(
            replace(
                sample,
                label=None if sample.label is None else new[sample.label],
                box_labels=tuple(new[label] for label in sample.box_labels),
            )
            for sample in dataset.samples
        )
        class_ids = tuple(ids[name] for name in names)
        shared.append(replace(dataset, class_names=tuple(names), class_ids=class_ids, samples=samples))
    return shared


def report_text(problems: Sequence[str]) -> str:
    """What is wrong with a data set, a line a finding; of many the first."""
    lines = [f"\n- {problem}" for problem in problems[:REPORT_LINES]]
    rest = len(problems) - REPORT_LINES
    return "What is wrong:" + "".join(lines) + (f"\n- … and {rest:,} more" if rest > 0 else "")
