"""A data set in memory, as the training functions want it: every picture in a square canvas of one size."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from smallimg.data.dataset import Dataset
from smallimg.errors import DataError, ImageError
from smallimg.networks.pixels import to_tensor
from smallimg.pictures.images import MAX_PIXELS, flatten, open_local, read_size
from smallimg.pictures.masks import open_mask
from smallimg.pictures.preprocess import FILL, Letterbox, letterbox


@dataclass(frozen=True)
class Tensors:
    """Pictures with their truth, n of them; each may be there in several views (other backgrounds, other masks).

    Attributes:
        pixels: uint8 [views × n, 3, side, side]: all pictures in their first view, then all in their second, …
        alpha: uint8 [views × n, 1, side, side], 255 on the object; None where there are no masks.
        boxes: for each picture float32 [k, 4], xyxy in canvas pixels.
        labels: int64 [n]; −1 where the data has no classes.
        negative: bool [n], which pictures are known to show nothing; None where nothing is known but boxes and classes.
        box_labels: for each picture int64 [k], the class of each box, where they differ; empty where none do.
    """

    pixels: Tensor
    alpha: Tensor | None
    boxes: tuple[Tensor, ...]
    labels: Tensor
    negative: Tensor | None = None
    box_labels: tuple[Tensor, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def views(self) -> int:
        return len(self.pixels) // len(self.labels)

    @property
    def side(self) -> int:
        return int(self.pixels.shape[-1])

    def largest_boxes(self) -> Tensor:
        """The largest box of each picture [n, 4]; the whole canvas where it has none."""
        whole = torch.tensor([0.0, 0.0, self.side, self.side])
        return torch.stack(
            [
                boxes[((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).argmax()] if len(boxes) else whole
                for boxes in self.boxes
            ]
        )

    def take(self, rows: Tensor) -> "Tensors":
        """These of the pictures, of which there is one view; `rows` are indices [k]."""
        alpha = self.alpha[rows] if self.alpha is not None else None
        chosen = rows.tolist()
        return Tensors(
            self.pixels[rows],
            alpha,
            tuple(self.boxes[row] for row in chosen),
            self.labels[rows],
            self.negative[rows] if self.negative is not None else None,
            tuple(self.box_labels[row] for row in chosen) if self.box_labels else (),
        )

    def first_view(self) -> "Tensors":
        """Each picture once, in its first view."""
        n = len(self)
        return replace(self, pixels=self.pixels[:n], alpha=self.alpha[:n] if self.alpha is not None else None)

    def without_boxes(self) -> "Tensors":
        """The same pictures with no object marked, so that all of each is looked at."""
        return replace(self, boxes=tuple(torch.zeros(0, 4) for _ in self.boxes))


def join(*parts: Tensors) -> Tensors:
    """Pictures of several data sets as one, all of one side and in one view, with masks where all have them."""
    alpha = [part.alpha for part in parts if part.alpha is not None]
    negative = [part.negative if part.negative is not None else torch.zeros(len(part)).bool() for part in parts]
    nothing = torch.zeros(0, dtype=torch.int64)
    box_labels = tuple(one for part in parts for one in part.box_labels or (nothing,) * len(part))
    return Tensors(
        torch.cat([part.pixels for part in parts]),
        torch.cat(alpha) if len(alpha) == len(parts) else None,
        tuple(boxes for part in parts for boxes in part.boxes),
        torch.cat([part.labels for part in parts]),
        torch.cat(negative) if any(part.negative is not None for part in parts) else None,
        box_labels if any(part.box_labels for part in parts) else (),
    )


def load_tensors(dataset: Dataset, side: int, *, progress: Callable[[int, int], None] | None = None) -> Tensors:
    """Open every picture of a data set, fitted into `side` × `side`.

    A picture that cannot be opened is an error here, not skipped: `read_dataset` has named it before.

    Args:
        progress: called with (done, all) after each picture.

    Raises:
        DataError: naming the pictures that cannot be opened.
    """
    n = len(dataset.samples)
    pixels = torch.empty(n, 3, side, side, dtype=torch.uint8)
    # A picture that is known to show nothing has an empty mask.
    has_masks = any(sample.mask for sample in dataset.samples) and all(
        sample.mask is not None or sample.is_negative for sample in dataset.samples
    )
    alpha = torch.zeros(n, 1, side, side, dtype=torch.uint8) if has_masks else None
    boxes, unreadable = [], []
    for index, sample in enumerate(dataset.samples):
        try:
            size_wh = read_size(sample.path)
            # What a page would refuse is decoded at a reduced size where that can be done: it must fit in memory.
            at_least = 2 * side if size_wh[0] * size_wh[1] > MAX_PIXELS else None
            canvas, _ = letterbox(flatten(open_local(sample.path, at_least=at_least), FILL), side)
            place = Letterbox(size_wh, side)
            if alpha is not None and sample.mask is not None:
                mask = open_mask(sample.mask)
                if mask.size != size_wh:
                    mask = mask.resize(size_wh, Image.Resampling.NEAREST)
                alpha[index] = to_tensor(letterbox(mask, side)[0])
        except ImageError as error:
            unreadable.append(str(error))
            continue
        pixels[index] = to_tensor(canvas)
        boxes.append(torch.from_numpy(place.to_canvas(sample.boxes)))
        if progress is not None:
            progress(index + 1, n)
    if unreadable:
        shown = "\n".join(unreadable[:20])
        raise DataError(f"{len(unreadable)} of {n} pictures cannot be opened; take them out of the data set:\n{shown}")
    labels = torch.from_numpy(
        np.array([-1 if sample.label is None else sample.label for sample in dataset.samples], np.int64)
    )
    # Where every picture has its boxes, or none has, there is nothing more to tell.
    mixed = any(len(one) for one in boxes) and not all(map(len, boxes))
    negative = torch.tensor([sample.is_negative for sample in dataset.samples]) if mixed else None
    several = any(sample.box_labels for sample in dataset.samples)
    box_labels = tuple(torch.tensor(sample.box_labels, dtype=torch.int64) for sample in dataset.samples)
    return Tensors(pixels, alpha, tuple(boxes), labels, negative, box_labels if several else ())
