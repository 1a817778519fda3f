"""The photos that `everyday` and `cifar10` are made from, and what is held back of them for measuring."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from smallimg.boxes import mask_to_box
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats import OWN_LIMITS, read_dataset
from smallimg.networks.pixels import to_tensor
from smallimg.pictures.archives import extract_zip
from smallimg.pictures.images import IMAGE_SUFFIXES, flatten, list_images, open_image
from smallimg.pictures.masks import open_mask
from smallimg.pictures.preprocess import FILL
from smallimg.training.loop import Keep, Report

SEED = 42
#: What lies in the folder of photos: those with masks, those with boxes, those with a name.
MASKED, BOXED, NAMED = "saliency.zip", "kinds", "cifar10.zip"


@dataclass(frozen=True)
class Work:
    """What every stage is given: the folder of photos, that of the state, and who is told how far it is."""

    folder: Path
    state: Path
    report: Report

    def keep(self, name: str = "") -> Keep:
        """Where a network's state is kept after every epoch; one on the way has a folder of its own."""
        return Keep(self.state / name)


def photos(path: Path, split: str = "train") -> Dataset:
    """A split of one of the data sets; what else it holds, such as a validation part, is kept for measuring."""
    return replace(read_dataset(path, split=split, **OWN_LIMITS), validation=())


def backgrounds(folder: Path, side: int) -> Tensor:
    """Photos without a main object, each squashed into a square; uint8 [n, 3, side, side]."""
    root = extract_zip(folder / "backgrounds.zip", suffixes=IMAGE_SUFFIXES, max_files=1_000, max_bytes=200_000_000)
    squares = (flatten(open_image(path), FILL).resize((side, side)) for path in list_images(root))
    return torch.stack([to_tensor(square) for square in squares])


def chosen(dataset: Dataset, keep: Callable[[Sample], bool]) -> Dataset:
    """The data set with those samples only."""
    return replace(dataset, samples=tuple(sample for sample in dataset.samples if keep(sample)))


def is_of_ecssd(sample: Sample) -> bool:
    """Whether a photo with a mask is of ECSSD, which has all kinds of things; the others show people."""
    return sample.path.name.startswith("ecssd")


def without_held_back(dataset: Dataset) -> tuple[Dataset, Dataset]:
    """Every fifth of the ECSSD photos is for measuring only: (the others, those)."""
    held = set(sorted(sample.path.name for sample in dataset.samples if is_of_ecssd(sample))[::5])
    return chosen(dataset, lambda one: one.path.name not in held), chosen(dataset, lambda one: one.path.name in held)


def with_boxes(dataset: Dataset) -> Dataset:
    """The data set with the box around each mask for its object's."""

    def boxed_one(sample: Sample) -> Sample:
        assert sample.mask is not None, "every photo of it has a mask"
        around = mask_to_box(np.asarray(open_mask(sample.mask)) > 127)
        return replace(sample, mask=None, boxes=sample.boxes if around is None else around[None])

    return replace(dataset, samples=tuple(map(boxed_one, dataset.samples)))
