"""The kinds of things that the bundle `everyday` names, their groups, and the photos of each."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image

from checkpoints.making.data import BOXED, MASKED, NAMED, SEED, Work, chosen, is_of_ecssd, photos
from smallimg.boxes import Boxes, mask_to_box, square_window
from smallimg.data.dataset import Dataset, Sample, only_classes
from smallimg.networks.pixels import to_tensor
from smallimg.pictures.images import flatten, open_image
from smallimg.pictures.masks import open_mask
from smallimg.pictures.preprocess import FILL, crop_window
from smallimg.training.tensors import Tensors, join, load_tensors

#: Side of the photos that it learns from.
SIDE = 64
#: CIFAR-10's class → the kind it is of, the kind's group, and how many of its 5,000 photos are taken: many where there
#: are no others, few where a kind has larger ones.
FROM_CIFAR = {
    "airplane": ("airplane", "vehicle", 1000),
    "horse": ("horse", "animal", 1000),
    "deer": ("deer", "animal", 800),
    "bird": ("bird", "animal", 800),
    "truck": ("truck", "vehicle", 500),
    "ship": ("boat", "vehicle", 400),
    "automobile": ("automobile", "vehicle", 300),
    "cat": ("cat", "animal", 300),
    "dog": ("dog", "animal", 300),
    "frog": ("frog", "animal", 200),
}
PERSON = "person"
#: Of so many photos, one is kept aside: for the temperature and for how sure an answer has to be.
ASIDE = 25


@dataclass(frozen=True)
class Kinds:
    """What there are names for.

    Attributes:
        names: of the kinds, in the order of the classifier's outputs.
        groups: group → its kinds.
        of: Tiny ImageNet's class → its kind; those without are strangers.
        strangers: Tiny ImageNet's classes that nobody would drop: (met in training, only measured with).
    """

    names: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    of: dict[str, str]
    strangers: tuple[tuple[str, ...], tuple[str, ...]]


def read_kinds(folder: Path) -> Kinds:
    """The kinds of `kinds.csv`, those that CIFAR-10 adds, and people."""
    with (folder / BOXED / "kinds.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    of = {row["class"]: row["kind"] for row in rows if row["kind"]}
    group_of = {row["kind"]: row["group"] for row in rows if row["kind"]}
    group_of |= {kind: group for kind, group, _ in FROM_CIFAR.values()} | {PERSON: PERSON}
    names = tuple(sorted(group_of, key=str.casefold))
    groups = {
        group: tuple(name for name in names if group_of[name] == group) for group in sorted(set(group_of.values()))
    }
    strange = sorted(row["class"] for row in rows if not row["kind"])
    return Kinds(names, groups, of, (tuple(strange[1::2]), tuple(strange[::2])))


def photos_of_kinds(work: Work, kinds: Kinds) -> tuple[Tensors, Tensors]:
    """Squares of `SIDE` with boxes, of Tiny ImageNet, CIFAR-10 and people: (to learn from, kept aside)."""
    things = join(kinds_of_tiny(work, kinds, "train"), _of_cifar(work, kinds))
    is_aside = torch.arange(len(things)) % ASIDE == 0
    learn, aside = (things.take(rows.nonzero()[:, 0]) for rows in (~is_aside, is_aside))
    return join(learn, people(work, kinds, "train")), join(aside, people(work, kinds, "aside"))


def kinds_of_tiny(work: Work, kinds: Kinds, split: str) -> Tensors:
    """The photos of Tiny ImageNet that have a kind, with that as their label."""
    dataset = only_classes(photos(work.folder / BOXED, split), tuple(kinds.of))
    number = [kinds.names.index(kinds.of[name]) if name in kinds.of else -1 for name in dataset.class_names]
    loaded = load_tensors(dataset, SIDE)
    return Tensors(loaded.pixels, None, loaded.boxes, torch.tensor(number)[loaded.labels])


def strangers(work: Work, kinds: Kinds, *, met: bool, split: str = "train") -> Tensors:
    """Photos of things that have no name here."""
    return load_tensors(only_classes(photos(work.folder / BOXED, split), kinds.strangers[0 if met else 1]), SIDE)


def people(work: Work, kinds: Kinds, part: Literal["train", "aside", "measured"]) -> Tensors:
    """People, up to three squares a photo: the whole person, the upper half, the head, by the person's mask.

    A tenth of the photos is kept aside, another is for measuring only.
    """
    every = chosen(photos(work.folder / MASKED), lambda one: not is_of_ecssd(one)).samples
    parts = {0: "measured", 5: "aside"}
    some = [one for index, one in enumerate(every) if parts.get(index % 10, "train") == part]
    squares = [square for sample in some for square in _squares_of(sample)]
    pixels = torch.stack([to_tensor(picture) for picture, _ in squares])
    labels = torch.full((len(squares),), kinds.names.index(PERSON))
    return Tensors(pixels, None, tuple(torch.from_numpy(box) for _, box in squares), labels)


def with_worse_copies(tensors: Tensors) -> Tensors:
    """The photos and two worse copies of each as further views: shrunk, saved as JPEG, enlarged.

    CIFAR-10's are of 32 pixels and JPEG: where only those were soft, softness would come to mean airplane and horse.
    """
    random = np.random.default_rng(SEED)
    views = [tensors.pixels]
    for _ in range(2):
        views.append(torch.stack([_worse(picture, random) for picture in tensors.pixels]))
    return Tensors(torch.cat(views), None, tensors.boxes, tensors.labels)


def _worse(picture: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    side, quality = int(random.integers(20, 49)), int(random.integers(50, 91))
    small = Image.fromarray(picture.permute(1, 2, 0).numpy()).resize((side, side), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=quality)
    return to_tensor(Image.open(file).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def _of_cifar(work: Work, kinds: Kinds) -> Tensors:
    """Some of CIFAR-10's training photos, the first so many of each class, enlarged."""
    dataset = photos(work.folder / NAMED)
    wanted = {dataset.class_names.index(name): count for name, (_, _, count) in FROM_CIFAR.items()}
    samples = []
    for sample in dataset.samples:
        assert sample.label is not None, "every photo of it has a class"
        if wanted[sample.label]:
            wanted[sample.label] -= 1
            samples.append(sample)
    loaded = load_tensors(Dataset(dataset.root, "", dataset.class_names, tuple(samples), (), ()), SIDE)
    number = torch.tensor([kinds.names.index(FROM_CIFAR[name][0]) for name in dataset.class_names])
    return Tensors(loaded.pixels, None, loaded.boxes, number[loaded.labels])


def _squares_of(sample: Sample) -> list[tuple[Image.Image, Boxes]]:
    """A square of `SIDE` for each part of a person, moved into the photo as far as that goes; the part's box in it."""
    assert sample.mask is not None, "every photo of it has a mask"
    mask = np.asarray(open_mask(sample.mask)) > 127
    picture = flatten(open_image(sample.path), FILL)
    around = mask_to_box(mask)
    if around is None:
        return []
    x1, y1, x2, y2 = around.tolist()
    width, height = x2 - x1, y2 - y1
    is_portrait = height < 1.8 * width
    parts = [around]
    for share in (0.75, 0.45) if is_portrait else (0.5, 0.17):
        upper = mask[int(y1) : int(y1 + share * height)]
        part = mask_to_box(upper)
        if part is not None and min(part[2:] - part[:2]) >= 24:
            parts.append(part + np.array([0, y1, 0, y1], np.float32))
    return [_square(picture, part) for part in parts]


def _square(picture: Image.Image, part: Boxes) -> tuple[Image.Image, Boxes]:
    window = square_window(part, margin=0.3)
    for axis, length in enumerate(picture.size):
        low, high = window[axis], window[axis + 2]
        shift = max(0.0, -low) if high - low <= length else 0.0
        shift -= max(0.0, high - length) if high - low <= length else 0.0
        window[[axis, axis + 2]] += shift
    scale = SIDE / (window[2] - window[0])
    box = ((part - np.tile(window[:2], 2)) * scale).clip(0, SIDE)
    return crop_window(picture, window, SIDE), np.asarray(box[None], np.float32)
