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
        name: what the data's own table calls it, where it has one; a submission calls it so too.
    """

    path: Path
    boxes: Boxes
    label: int | None
    mask: Path | None
    box_labels: tuple[int, ...] = ()
    is_negative: bool = False
    name: str | None = None


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
        notes: one sentence for each thing that was understood in another way than it was written, or passed over.
        validation: the data's own validation part, by the same labels; empty where it has none, or another is read.
        left_out: pictures of the split that are no samples, because they do not open or what is said of them is wrong.
            Nothing is learned from them or measured on them, and a submission has a row for each all the same.
    """

    root: Path
    split: str
    class_names: tuple[str, ...]
    samples: tuple[Sample, ...]
    problems: tuple[str, ...]
    class_ids: tuple[str, ...]
    notes: tuple[str, ...] = ()
    validation: tuple[Sample, ...] = ()
    left_out: tuple[Sample, ...] = ()


def split_train_validation(dataset: Dataset, *, fraction: float = 0.2, seed: int = 42) -> tuple[Dataset, Dataset]:
    """Split by picture, stratified by class: (training, validation), each in the data set's order.

    Data that brings a validation part of its own is split as it says. No class of two pictures or more is left without
    one in either part.

    Args:
        dataset: what to split.
        fraction: the validation part, 0 … 1 exclusive; raised where it would hold fewer pictures than classes.
        seed: the same seed gives the same split.

    Raises:
        DataError: when a class has a single picture, which cannot be in both parts, or there are fewer than two.
    """
    if dataset.validation:
        given = replace(dataset, split="validation", samples=dataset.validation, validation=())
        return replace(dataset, validation=()), given
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
    # Pictures without a class beside others that have one, such as those that show nothing, are dealt out on their own.
    named = [index for index, label in enumerate(labels) if label is not None]
    nameless = [index for index, label in enumerate(labels) if label is None]
    held = {index for part in (named, nameless) for index in _held_back(part, labels, fraction=fraction, seed=seed)}
    parts = (
        [index for index in range(len(labels)) if index not in held],
        sorted(held),
    )
    training, validation = (tuple(dataset.samples[index] for index in part) for part in parts)
    return replace(dataset, samples=training), replace(dataset, split="validation", samples=validation)


def _held_back(indices: list[int], labels: list[int | None], *, fraction: float, seed: int) -> list[int]:
    """Which of these pictures, all of them with a class or none, are for validation."""
    from sklearn.model_selection import train_test_split  # it takes a second: nobody waits for it who does not split

    if len(indices) < 2:
        return []
    classes = [labels[index] for index in indices]
    there = set(classes)
    # At least a picture a class on either side, which scikit-learn insists on.
    size = min(max(round(fraction * len(indices)), len(there)), len(indices) - len(there))
    stratify = None if None in there else classes
    learned, held = train_test_split(indices, test_size=size, random_state=seed, stratify=stratify)
    # Its shares are rounded over all classes, so that small ones can come away empty.
    for part, other in ((held, learned), (learned, held)):
        present = {labels[index] for index in part}
        for label in sorted(there - present - {None}, key=str):
            moved = min(index for index in other if labels[index] == label)
            part.append(moved)
            other.remove(moved)
    return list(held)


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


def report_text(problems: Sequence[str]) -> str:
    """What is wrong with a data set, a line a finding; of many the first."""
    lines = [f"\n- {problem}" for problem in problems[:REPORT_LINES]]
    rest = len(problems) - REPORT_LINES
    return "What is wrong:" + "".join(lines) + (f"\n- … and {rest:,} more" if rest > 0 else "")
