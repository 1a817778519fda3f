"""What the classifier of `cifar10` sees besides CIFAR-10: objects cut out of larger photos by their boxes."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from PIL import Image

from checkpoints.making.data import BOXED, MASKED, Work, chosen, is_of_ecssd, photos
from checkpoints.making.recipes import MARGIN, TEN
from checkpoints.making.ten.kinds import KIND_OF, strange_kinds
from smallimg.boxes import square_window
from smallimg.data.dataset import Dataset, only_classes
from smallimg.networks.pixels import to_tensor
from smallimg.pictures.preprocess import crop_window
from smallimg.training.parts import boxed
from smallimg.training.tensors import Tensors, join, load_tensors


def crops(dataset: Dataset) -> Tensors:
    """What the classifier sees of each picture in prediction: its object with `MARGIN`, at the classifier's size."""
    whole = boxed(load_tensors(dataset, 224 if dataset.samples[0].mask else 64))
    pixels = [
        to_tensor(
            crop_window(
                Image.fromarray(picture.permute(1, 2, 0).numpy()),
                square_window(box.numpy(), margin=MARGIN),
                TEN.input_size,
            )
        )
        for picture, box in zip(whole.pixels, whole.largest_boxes(), strict=True)
    ]
    return Tensors(torch.stack(pixels), None, whole.boxes, whole.labels).without_boxes()


def strangers(work: Work) -> Tensors:
    """Things that have no class: half the kinds of Tiny ImageNet that have no counterpart, and people."""
    tiny, masked = photos(work.folder / BOXED), photos(work.folder / MASKED)
    met, _ = strange_kinds(tiny.class_names)
    return join(crops(only_classes(tiny, met)), crops(chosen(masked, lambda one: not is_of_ecssd(one))))


def from_elsewhere(work: Work, split: str, class_names: Sequence[str]) -> Tensors:
    """The photos of Tiny ImageNet that are of one of the classes."""
    tiny = photos(work.folder / BOXED, split)
    found = crops(only_classes(tiny, tuple(KIND_OF)))
    names = [tiny.class_names[label] for label in found.labels.tolist()]
    return replace(found, labels=torch.tensor([class_names.index(KIND_OF[name]) for name in names]))
