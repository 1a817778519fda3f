"""A data set as everything here wants it, whatever form it was read from: pictures and what is known of each.

What can be trained on is sorted out here, and split.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from smallimg.boxes import Boxes
from smallimg.data.kept import name_of_data
from smallimg.data.problems import About
from smallimg.data.wording import FOUND, counted, some
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import open_local
from smallimg.pictures.masks import read_mask

WHOLE = "all"  # the split of data that has none
REPORT_LINES = 20
SAYS_NOTHING = "which says nothing of an object"
#: So many findings that differ by a name or a number only become one line.
MANY_ALIKE = 6
#: What differs between findings that are alike: names of files, numbers, and what is quoted.
_ALL_BUT_WORDS = re.compile(r"'[^']*'|\([^)]*\)|\S*[/\\]\S+|\S+\.\w{2,5}\b|[-−]?\d[\d.,]*")


class MaskReading(NamedTuple):
    """How a mask was understood: `fault` and `read_as` of `smallimg.pictures.masks.Mask`."""

    fault: str
    read_as: str


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
        source: what it was read from, where that is not `root`: a zip.
        form: what it was read as, by the name that `smallimg.data.formats` has for it.
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
    source: Path | None = None
    form: str = ""

    @property
    def origin(self) -> str:
        """What people gave, as messages name it."""
        return name_of_data(self.source or self.root)


def classes_in(sample: Sample) -> set[int]:
    """The classes that a picture shows, as far as they are known."""
    return {label for label in (sample.label, *sample.box_labels) if label is not None and label >= 0}


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
    shown = Counter(label for sample in dataset.samples for label in classes_in(sample))
    used = sorted({label for label in labels if label is not None})
    lonely = [dataset.class_names[label] for label in used if shown[label] < 2]
    if lonely:
        raise DataError(
            f"{dataset.origin}: {', '.join(lonely)} with a single picture cannot be in training and validation both: "
            "add pictures, or leave the class out."
        )
    if len(labels) < 2:
        raise DataError(f"{dataset.origin} has a single picture: training and validation need one each at least.")
    # Pictures without a class beside others that have one, such as those that show nothing, are dealt out on their own.
    # So is one that is alone in its class, which others show beside their own.
    counts = Counter(labels)
    strata = [label if label is not None and counts[label] > 1 else None for label in labels]
    named = [index for index, label in enumerate(strata) if label is not None]
    nameless = [index for index, label in enumerate(strata) if label is None]
    held = {index for part in (named, nameless) for index in _held_back(part, strata, fraction=fraction, seed=seed)}
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


def skip_unreadable(
    dataset: Dataset,
    *,
    progress: Callable[[int, int], None] | None = None,
    look: Callable[[Sample], MaskReading | None] | None = None,
) -> Dataset:
    """The pictures that open to their last byte, which headers don't tell; the others are named in `problems`.

    A mask that does not open takes its picture with it: nothing could be learned from the two together. A mask that
    says nothing, being empty or full, is named, and its picture stays; how masks were understood is told in `notes`.

    Args:
        progress: called with how many pictures have been opened, and of how many.
        look: opens a picture and its mask in place of this function, or has opened them before; it tells how the mask
            was read, and raises what `open_local` does.
    """
    problems: list[str] = []
    left_out: list[Sample] = []
    faults: dict[str, list[str]] = {}
    readings: Counter[str] = Counter()
    of = len(dataset.samples) + len(dataset.validation)
    opened = 0
    look = look or (lambda sample: _open_whole(sample, dataset.root))

    def readable(sample: Sample) -> bool:
        nonlocal opened
        opened += 1
        try:
            mask = look(sample)
            if sample.mask is not None and mask is not None:
                name = place_below(sample.mask, dataset.root)
                readings[mask.read_as] += 1
                if mask.fault and not (sample.is_negative and mask.fault == "empty"):
                    faults.setdefault(mask.fault, []).append(name)
        except ImageError as error:
            problems.append(About(str(error), sample.path, is_unreadable=True))
            left_out.append(replace(sample, label=None, mask=None))
            return False
        finally:
            if progress is not None:
                progress(opened, of)
        return True

    samples, validation = (tuple(filter(readable, part)) for part in (dataset.samples, dataset.validation))
    for fault, names in faults.items():
        masks = f"{counted(len(names), 'mask')} {'is' if len(names) == 1 else 'are'}"
        shown = some(names, most=FOUND)
        problems.append(f"{masks} {fault}, {SAYS_NOTHING} ({shown}): draw it, or take the picture out")
    notes = [f"{count:,} masks are read as {reading}" for reading, count in readings.items() if reading]
    if len(readings) > 1 and "" in readings:
        notes.append(f"{readings['']:,} masks are read as greys, white on the object: look whether all should be alike")
    return replace(
        dataset,
        samples=samples,
        validation=validation,
        problems=(*dataset.problems, *problems),
        notes=(*dataset.notes, *notes),
        left_out=(*dataset.left_out, *left_out),
    )


def _open_whole(sample: Sample, root: Path) -> MaskReading | None:
    open_local(sample.path, name=place_below(sample.path, root))
    if sample.mask is None:
        return None
    mask = read_mask(sample.mask, name=place_below(sample.mask, root))
    return MaskReading(mask.fault, mask.read_as)


def place_below(path: Path, root: Path) -> str:
    """Where a file lies below the data's folder; masks that were drawn from outlines lie elsewhere."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def trainable(
    dataset: Dataset,
    *,
    opened: bool = True,
    progress: Callable[[int, int], None] | None = None,
    look: Callable[[Sample], MaskReading | None] | None = None,
) -> Dataset:
    """The part of a data set that can be trained on; what is left out is named in its `problems`.

    Left out are pictures that do not open, see `skip_unreadable`, and classes with a single picture left, which cannot
    be in training and validation both; the labels of the other classes close up. A picture of several classes stays;
    where it shows one that is left out, the classes of its boxes are no longer known.

    Args:
        opened: whether every picture is opened to its last byte; otherwise all are taken to be sound.
        progress, look: as in `skip_unreadable`.

    Raises:
        DataError: when nothing is left.
    """
    readable = skip_unreadable(dataset, progress=progress, look=look) if opened else dataset
    problems = list(readable.problems)
    before, after = (
        Counter(label for one in part.samples for label in classes_in(one)) for part in (dataset, readable)
    )
    fewest = 1 if readable.validation else 2  # where validation has pictures of its own, one is enough to learn from
    kept = [label for label in range(len(dataset.class_names)) if after[label] >= fewest]
    for label, name in enumerate(dataset.class_names):
        if after[label] == 1 and fewest == 2:
            problems.append(f"the class {name} has a single picture and is left out: two are the least, better twenty")
        elif before[label] and not after[label]:
            problems.append(f"the class {name} has no picture that opens and is left out")
    number = {label: place for place, label in enumerate(kept)}
    samples, validation = (
        tuple(renumbered(one, number) for one in part if one.label is None or one.label in number)
        for part in (readable.samples, readable.validation)
    )
    if not samples:
        raise DataError(f"{dataset.origin} holds nothing that can be trained on. " + report_text(problems))
    return replace(
        readable,
        class_names=tuple(dataset.class_names[label] for label in kept),
        class_ids=tuple(dataset.class_ids[label] for label in kept),
        samples=samples,
        validation=validation,
        problems=tuple(problems),
    )


def renumbered(sample: Sample, number: Mapping[int, int]) -> Sample:
    """A sample by other labels, which has no class but those in `number`; −1, an unknown one, stays."""
    label = None if sample.label is None else number[sample.label]
    return replace(sample, label=label, box_labels=tuple(number.get(one, -1) for one in sample.box_labels))


def only_classes(dataset: Dataset, class_names: Sequence[str]) -> Dataset:
    """The pictures of some classes: those that a bundle was trained for."""
    known = {label for label, name in enumerate(dataset.class_names) if name in class_names}
    return replace(dataset, samples=tuple(sample for sample in dataset.samples if classes_in(sample) <= known))


def together(problems: Sequence[str]) -> list[str]:
    """The same sentences, but many that say the same of one file or row after the other as one, with their number."""
    return [line for line, _ in grouped(problems)]


def grouped(problems: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The lines of `together`, each with the sentences that it stands for."""
    keys = [_ALL_BUT_WORDS.sub("·", problem) for problem in problems]
    alike: dict[str, list[str]] = {}
    for key, problem in zip(keys, problems, strict=True):
        alike.setdefault(key, []).append(problem)
    lines: list[tuple[str, list[str]]] = []
    for key, problem in zip(keys, problems, strict=True):
        count = len(alike[key])
        if count < MANY_ALIKE:
            lines.append((problem, [problem]))
        elif alike[key][0] is problem:
            lines.append((f"{problem} – and {count - 1:,} more like it", alike[key]))
    return lines


def share_classes(datasets: Sequence[Dataset]) -> list[Dataset]:
    """The same splits with one list of classes, of which each may have known a part; in the order that they come in."""
    names = dict.fromkeys(name for dataset in datasets for name in dataset.class_names)
    ids = dict(pair for dataset in datasets[::-1] for pair in zip(dataset.class_names, dataset.class_ids, strict=True))
    number = {name: label for label, name in enumerate(names)}
    shared = []
    for dataset in datasets:
        new = {label: number[name] for label, name in enumerate(dataset.class_names)}
        samples, validation = (
            tuple(renumbered(one, new) for one in part) for part in (dataset.samples, dataset.validation)
        )
        class_ids = tuple(ids[name] for name in names)
        shared.append(
            replace(dataset, class_names=tuple(names), class_ids=class_ids, samples=samples, validation=validation)
        )
    return shared


def report_text(problems: Sequence[str]) -> str:
    """What is wrong with a data set, a line a finding; of many the first."""
    shown = together(problems)
    lines = [f"\n- {problem}" for problem in shown[:REPORT_LINES]]
    rest = len(shown) - REPORT_LINES
    return "What is wrong:" + "".join(lines) + (f"\n- … and {rest:,} more" if rest > 0 else "")
