"""What files of labels say of pictures, gathered object by object and checked, and the data set that comes of it."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from smallimg.boxes import as_boxes, mask_to_box
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats.places import require
from smallimg.data.formats.shapes import SLACK, Shape, save_shape
from smallimg.data.problems import About, pictures_of
from smallimg.errors import DataError
from smallimg.pictures.images import read_size
from smallimg.visitors.wanted import still_wanted


class Marking:
    """One picture and its objects.

    Attributes:
        path: the picture.
        size_wh: as it opens, turned as EXIF says: tools show pictures turned, and their labels speak of what they show.
        names, boxes: the class and the corners (xyxy) of each sound object.
        class_name: of the picture as a whole, where it has no boxes.
        mask: all objects together, once `finish` was called; None where some have no shape.
        problems: a sentence for each object that was left out.
    """

    def __init__(self, path: Path, *, said_wh: tuple[float, float] | None = None) -> None:
        """Args: `said_wh` is the size that the labels give the picture, if they do.

        Raises:
            ImageError: when it is no picture.
            DataError: when the labels speak of a picture of another size.
        """
        self.path = path
        self.size_wh = read_size(path)
        self.names: list[str] = []
        self.boxes: list[list[float]] = []
        self.class_name: str | None = None
        self.mask: Path | None = None
        self.problems: list[str] = []
        self._seen: set[tuple[str, ...]] = set()
        self._count = 0
        self._shape: Shape | None = None
        self._has_all_shapes = True
        if said_wh is not None and min(said_wh) > 0 and said_wh != self.size_wh:
            said = " × ".join(f"{side:g}" for side in said_wh)
            turned = ", because EXIF turns it" if said_wh == self.size_wh[::-1] else ""
            raise DataError(
                f"{path.name}: its labels are of {said} pixels, and it opens as {self.size_wh[0]} × {self.size_wh[1]}"
                f"{turned}: label it as it is shown, or export pictures and labels together"
            )

    def add(self, class_name: str, box_xyxy: Sequence[float] | None, shape: Shape | None = None) -> None:
        """One object; without corners they are those of its shape. One that is wrong is named, and left out."""
        still_wanted()
        self._count += 1
        try:
            if box_xyxy is None:
                around = None if shape is None else mask_to_box(shape)
                if around is None:
                    raise DataError(f"a {class_name} has neither a box nor an outline")
                box_xyxy = around.tolist()
            box = check_box(box_xyxy, self.size_wh)
            row = (class_name, *map(str, box))
            if row in self._seen:
                self.say(f"the same {class_name} a second time, at {_text(box)}")
                return
        except DataError as error:
            self.leave_out(error)
            return
        self._seen.add(row)
        self.names.append(class_name)
        self.boxes.append(box)
        self.cover(shape)

    def cover(self, shape: Shape | None) -> None:
        """Count the shape of an object in the picture's mask; one that is not known makes the mask unknown."""
        if shape is None:
            self._has_all_shapes = False
        else:
            self._shape = shape.copy() if self._shape is None else self._shape | shape

    def crowd(self, shape: Shape | None) -> None:
        """Many objects marked as one: part of the mask, and no box."""
        self._count += 1
        self.cover(shape)

    def leave_out(self, error: Exception | str) -> None:
        """Name an object that cannot be used."""
        self._count += 1
        self._has_all_shapes = False
        self.say(error)

    def say(self, error: Exception | str) -> None:
        """Name what is wrong with the picture's labels."""
        self.problems.append(About(f"{self.path.name}: {error}", self.path))

    @property
    def is_negative(self) -> bool:
        """Whether the labels say that nothing is there."""
        return self._count == 0 and self.class_name is None

    def finish(self) -> None:
        """Keep the mask as a file, so that a large data set does not fill the memory."""
        if self._shape is not None and self._has_all_shapes:
            self.mask = save_shape(self._shape)
        self._shape = None


def to_dataset(
    root: Path,
    split: str,
    markings: Iterable[Marking],
    problems: Sequence[str],
    *,
    class_names: tuple[str, ...] | None = None,
) -> Dataset:
    """The data set of some pictures; classes are in the order of their names where none is given.

    A picture of which no object can be used is left out: taken for one without objects it would teach the wrong thing.
    So is one that does not open, which `problems` tell.
    """
    kept, found = [], list(problems)
    for marking in markings:
        found += marking.problems
        if marking.names or marking.class_name is not None or marking.is_negative:
            kept.append(marking)
        elif not marking.problems:
            marking.say("only crowds are marked in it, which are no boxes: left out")
            found.append(marking.problems[-1])
    if class_names is None:
        used = {name for one in kept for name in (*one.names, *([one.class_name] if one.class_name else []))}
        class_names = tuple(sorted(used))
    number = {name: label for label, name in enumerate(class_names)}
    has_masks = any(marking.mask is not None for marking in kept)
    samples = []
    for marking in kept:
        mask = marking.mask
        if marking.is_negative and has_masks:  # that nothing is there is known of every pixel
            mask = save_shape(np.zeros(marking.size_wh[::-1], bool))
        labels = [number[name] for name in marking.names]
        if not labels and marking.class_name is not None:
            samples.append(Sample(marking.path, as_boxes([]), number[marking.class_name], mask))
            continue
        several = len(set(labels)) > 1
        samples.append(
            Sample(
                marking.path,
                as_boxes(marking.boxes),
                None if several or not labels else labels[0],
                mask,
                box_labels=tuple(labels) if several else (),
                is_negative=marking.is_negative,
            )
        )
    used_paths = {sample.path for sample in samples}
    left_out = tuple(Sample(path, as_boxes([]), None, None) for path in pictures_of(found) if path not in used_paths)
    return Dataset(root, split, class_names, tuple(samples), tuple(found), class_names, left_out=left_out)


def labels_of_boxes(sample: Sample) -> tuple[int, ...]:
    """The class of each box, also where all have the picture's; empty where not all of them are known."""
    if sample.box_labels:
        return sample.box_labels if min(sample.box_labels) >= 0 else ()
    return () if sample.label is None else (sample.label,) * len(sample.boxes)


def require_labelled_boxes(samples: Sequence[Sample], *, form: str) -> None:
    """Refuse to write a form of classed boxes for pictures without; those known to show nothing need none.

    Raises:
        DataError: see `require`.
    """
    require(samples, lambda one: len(one.boxes) > 0 or one.is_negative, what="box", form=form)
    require(samples, lambda one: len(labels_of_boxes(one)) == len(one.boxes), what="class", form=form)


def check_box(values: Sequence[float], size_wh: tuple[int, int]) -> list[float]:
    """A box, xyxy, clipped where it leaves the picture by no more than two pixels.

    Raises:
        DataError: when it is none, or leaves the picture by more.
    """
    try:
        box = [float(value) for value in values]
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"the box ({', '.join(map(str, values))[:80]}) is not four numbers") from None
    if len(box) != 4 or not all(map(math.isfinite, box)):
        raise DataError(f"the box {_text(box)} is not four finite numbers")
    x1, y1, x2, y2 = box
    width, height = size_wh
    if x2 <= x1 or y2 <= y1:
        raise DataError(f"the box {_text(box)} is empty or inverted: expected xmin < xmax and ymin < ymax")
    clipped = [max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height))]
    outside = max(abs(before - after) for before, after in zip(box, clipped, strict=True))
    if outside > SLACK or clipped[2] <= clipped[0] or clipped[3] <= clipped[1]:
        raise DataError(f"the box {_text(box)} leaves the picture of {width} × {height} pixels")
    return clipped


def _text(box: Sequence[float]) -> str:
    return f"({', '.join(f'{value:.6g}' for value in box)})"
