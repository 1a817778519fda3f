"""A look at a data set before anything is trained on it: what it holds, how it is split, what is wrong with it."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image, ImageDraw

from smallimg.data.checks.catalogue import examine, in_order, run_checks
from smallimg.data.checks.facts import Looked
from smallimg.data.checks.finding import Finding
from smallimg.data.checks.reading import HOW_READ, left_out, line, understood
from smallimg.data.dataset import (
    Dataset,
    Sample,
    classes_in,
    skip_unreadable,
    split_train_validation,
    trainable,
)
from smallimg.data.formats import OWN_LIMITS, list_splits, read_dataset
from smallimg.data.formats.folders import bare_folder
from smallimg.data.formats.names import split_word
from smallimg.data.kept import name_of_data
from smallimg.data.wording import counted
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import flatten, open_local, read_size

BOX_COLOUR = "#d9641e"


@dataclass(frozen=True, eq=False)
class Preview:
    """What a data set holds.

    Attributes:
        dataset: the part of its training split that can be learned from.
        training, validation, test: class → number of pictures, "all" where there are no classes; `test` is empty when
            there is no such split.
        findings: all that the checks have to say, of all splits, the most severe first.
        has_boxes, has_masks: whether every picture to learn from has them, but for those where nothing is to be seen.
        can_train: the stages that the data allows, as `smallimg.training.bundle.STAGES` names them; the detector also
            where there are masks only, because boxes can be drawn around what they show.
        sizes: the pictures' sizes in words.
        tested: the test split; None where there is none.
    """

    dataset: Dataset
    training: dict[str, int]
    validation: dict[str, int]
    test: dict[str, int]
    findings: tuple[Finding, ...]
    has_boxes: bool
    has_masks: bool
    can_train: tuple[str, ...]
    sizes: str
    tested: Dataset | None = None

    @property
    def n(self) -> int:
        """How many pictures there are to learn from."""
        return len(self.dataset.samples)

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for everything that is wrong or doubtful."""
        return tuple(line(finding) for finding in self.findings if finding.severity != "note")

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for what is good to know: how the data was read where it could be read otherwise, above all."""
        return tuple(line(finding) for finding in self.findings if finding.severity == "note")

    def adding(self, findings: Sequence[Finding]) -> "Preview":
        """The same with what other checks have found."""
        return replace(self, findings=in_order([*self.findings, *findings]))


@dataclass(frozen=True, eq=False)
class SheetPicture:
    """One picture of a contact sheet.

    Attributes:
        picture: RGB, small, its boxes drawn on it.
        name: its file's name.
        class_name: None where it has no class.
    """

    picture: Image.Image
    name: str
    class_name: str | None


def read_preview(
    path: Path, *, split: str = "train", seed: int = 42, progress: Callable[[int, int], None] | None = None
) -> Preview:
    """Read a data set whole, every picture to its last byte, and say what it holds.

    Args:
        path: a folder or a zip in one of the forms of `smallimg.data.formats`.
        split: the part to learn from; what is to be tested on is always called "test".
        seed: of the split in training and validation.
        progress: called with how many pictures to learn from have been opened, and of how many.

    Raises:
        DataError: when nothing in it can be used.
    """
    whole = read_dataset(path, split=split, **OWN_LIMITS)
    looked = Looked()
    looked.look((*whole.samples, *whole.validation), whole.root, progress=progress)
    dataset = trainable(whole, look=looked.reading)
    training, validation = split_train_validation(dataset, seed=seed)
    test, unlabelled, test_problems, test_notes = _test_split(whole, looked)
    findings = [
        *left_out([*dataset.problems, *test_problems]),
        *run_checks(examine(dataset, test or unlabelled, looked)),
        *understood([*dataset.notes, *test_notes]),
    ]
    learned = (*dataset.samples, *dataset.validation)
    boxed, masked = any(len(sample.boxes) for sample in learned), any(sample.mask for sample in learned)
    has_boxes = boxed and all(len(sample.boxes) or sample.is_negative for sample in learned)
    has_masks = masked and all(sample.mask or sample.is_negative for sample in learned)
    named = all(sample.label is not None or sample.box_labels or sample.is_negative for sample in learned)
    allowed = {
        "remover": has_masks,
        "detector": boxed or masked,
        "classifier": len(dataset.class_names) > 1 and named,
    }
    if not any(allowed.values()):
        findings.append(
            Finding(
                "nothing-to-train",
                "error",
                "nothing can be trained on this",
                "a remover needs masks, a detector boxes or masks, a classifier pictures of two classes at least, and "
                f"there {_are(dataset)}",
                len(learned),
            )
        )
    tested = test or unlabelled
    return Preview(
        dataset=dataset,
        training=_count(training),
        validation=_count(validation),
        test=_count(test) if test else {},
        findings=in_order(findings),
        has_boxes=has_boxes,
        has_masks=has_masks,
        can_train=tuple(stage for stage, allowed_now in allowed.items() if allowed_now),
        sizes=_sizes([looked.facts(sample).size_wh for sample in dataset.samples]),
        tested=tested,
    )


def _are(dataset: Dataset) -> str:
    if not dataset.class_names:
        return "is nothing but pictures"
    return f"is one class ({dataset.class_names[0]}) alone" if len(dataset.class_names) == 1 else "are classes of a few"


def unreadable(dataset: Dataset, progress: Callable[[int, int], None] | None = None) -> tuple[str, ...]:
    """A sentence for each picture or mask that does not open to its last byte, which its header does not tell."""
    return skip_unreadable(dataset, progress=progress).problems[len(dataset.problems) :]


def contact_sheet(dataset: Dataset, *, count: int = 24, side: int = 160, seed: int = 0) -> tuple[SheetPicture, ...]:
    """Some of the pictures with their boxes, in the classes' order; as many of each class as there is room for.

    Args:
        dataset: pictures in it that do not open are passed over.
        count: how many pictures at most.
        side: of their longer side in pixels.
        seed: which pictures are chosen.
    """
    sheet = []
    for sample, scale, picture in _choose(dataset, count=count, side=side, seed=seed):
        draw = ImageDraw.Draw(picture)
        for box in sample.boxes * scale:
            x1, y1, x2, y2 = (round(float(value)) for value in box)
            draw.rectangle(
                (x1, y1, min(x2, picture.width - 1), min(y2, picture.height - 1)), outline=BOX_COLOUR, width=2
            )
        name = None if sample.label is None else dataset.class_names[sample.label]
        sheet.append(SheetPicture(picture, sample.path.name, name))
    return tuple(sheet)


def report_text(preview: Preview) -> str:
    """The whole report as plain text."""
    training, validation, test = preview.training, preview.validation, preview.test
    names = list(training | test)
    width = max(map(len, ["class", *names]))
    known = [what for what, there in (("boxes", preview.has_boxes), ("masks", preview.has_masks)) if there]
    count = len(preview.problems)
    notes = [finding for finding in preview.findings if finding.severity == "note"]
    lines = [
        f"{_called(preview.dataset)}: {preview.n} pictures to learn from, {preview.sizes}, "
        f"{'with ' + ' and '.join(known) if known else 'without boxes or masks'}",
        f"can train: {', '.join(preview.can_train) or 'nothing'}",
        "",
        f"{'class':{width}}  training  validation   test",
        *(
            f"{name:{width}}  {training.get(name, 0):8}  {validation.get(name, 0):10}  {test.get(name, 0):5}"
            for name in names
        ),
        "",
        "no problems" if not count else "1 problem" if count == 1 else f"{count} problems",
        *(f"- {problem}" for problem in preview.problems),
        *_listed("how it was read", [one for one in notes if one.id == HOW_READ]),
        *_listed("good to know", [one for one in notes if one.id != HOW_READ]),
    ]
    return "\n".join(lines) + "\n"


def _listed(title: str, findings: Sequence[Finding]) -> list[str]:
    return ["", title, *(f"- {line(finding)}" for finding in findings)] if findings else []


def _called(dataset: Dataset) -> str:
    return name_of_data(dataset.root) if dataset.source is None else dataset.source.stem


def _choose(dataset: Dataset, *, count: int, side: int, seed: int) -> list[tuple[Sample, float, Image.Image]]:
    """Up to `count` pictures that open, from every class in turn, put in the classes' order.

    Returns:
        (sample, scale, the picture scaled by it until its longer side is `side`); large pictures would fill the memory.
    """
    turns: Counter[int] = Counter()
    places = []
    for index in np.random.default_rng(seed).permutation(len(dataset.samples)):
        label = _label(dataset.samples[index])
        turns[label] += 1
        places.append((turns[label], label, index))
    chosen: list[tuple[Sample, float, Image.Image]] = []
    for _, _, index in sorted(places):
        if len(chosen) == count:
            break
        sample = dataset.samples[index]
        with suppress(ImageError):
            full = read_size(sample.path)
            # A few large pictures are quicker looked at when they are decoded small.
            picture = flatten(open_local(sample.path, at_least=2 * side if max(full) > 8 * side else None))
            scale = side / max(full)
            factor = side / max(picture.size)
            size_wh = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
            chosen.append((sample, scale, picture.resize(size_wh, Image.Resampling.BILINEAR)))
    return sorted(chosen, key=lambda one: _label(one[0]))


def _label(sample: Sample) -> int:
    return -1 if sample.label is None else sample.label


def _test_split(
    whole: Dataset, looked: Looked
) -> tuple[Dataset | None, Dataset | None, tuple[str, ...], tuple[str, ...]]:
    """The test split beside a data set, known or else unknown; all that is wrong with it, and how it was read."""
    is_there = "test" in map(split_word, list_splits(whole.root)) or bare_folder(whole.root, "test") is not None
    if whole.split == "test" or not is_there:
        return None, None, (), ()
    try:
        test = read_dataset(whole.root, split="test", unlabelled=True, **OWN_LIMITS)
    except DataError as error:
        reason = str(error).replace(":\n- ", ": ").replace("\n- ", "; ")
        return None, None, (f"the test split cannot be used: {reason}",), ()
    if test.split != "test":  # data without splits that has a file of that name
        return None, None, (), ()
    looked.look(test.samples, test.root)
    read = skip_unreadable(test, look=looked.reading)
    if all(sample.label is None and not (len(sample.boxes) or sample.mask) for sample in test.samples):
        pictures = counted(len(test.samples), "picture")
        note = f"the test split has {pictures} of which nothing is known: `evaluate` predicts them"
        return None, read, read.problems, (note,)
    return read, None, read.problems, read.notes


def _count(dataset: Dataset) -> dict[str, int]:
    counts = Counter(label for sample in dataset.samples for label in classes_in(sample))
    if not dataset.class_names:
        return {"all": len(dataset.samples)}
    return {name: counts[label] for label, name in enumerate(dataset.class_names)}


def _sizes(sizes: Sequence[tuple[int, int]]) -> str:
    if len(set(sizes)) == 1:
        return f"{sizes[0][0]} × {sizes[0][1]} px each"
    sides = [max(size) for size in sizes]
    return f"longer side {min(sides)} to {max(sides)} px, half of them up to {median(sides):.0f} px"
