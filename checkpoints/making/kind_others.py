"""What the classifier of `everyday` sees in things of all kinds, for those who start from it with few pictures."""

from dataclasses import replace

import torch

from checkpoints.making.data import BOXED, Work, photos
from checkpoints.making.kind_classifier import network_of
from checkpoints.making.kinds import SIDE, people, read_kinds
from checkpoints.making.recipes import CLOSEST
from smallimg.bundles.bundle import Bundle
from smallimg.data.dataset import only_classes
from smallimg.networks.others import write_others
from smallimg.training.classifier import look_embeddings
from smallimg.training.tensors import Tensors, join, load_tensors

#: Photos, of all kinds alike.
COUNT = 600
#: So many of them show people: what is shown to a camera most, and no class of Tiny ImageNet.
PEOPLE = 100


def write_kind_others(work: Work, bundle: Bundle) -> Bundle:
    """Keep beside the networks what the classifier makes of some of the photos of its kinds; the bundle as it is."""
    pictures = join(_things(work, COUNT - PEOPLE), _people(work, PEOPLE))
    shuffled = torch.randperm(COUNT, generator=torch.Generator().manual_seed(0))  # the halves are of all kinds
    write_others(bundle.path, look_embeddings(network_of(bundle), pictures, CLOSEST)[:, shuffled])
    return bundle


def _things(work: Work, count: int) -> Tensors:
    dataset = only_classes(photos(work.folder / BOXED, "train"), tuple(read_kinds(work.folder).of))
    order = sorted(range(len(dataset.samples)), key=lambda index: dataset.samples[index].label or 0)
    chosen = [dataset.samples[order[index * len(order) // count]] for index in range(count)]
    return load_tensors(replace(dataset, samples=tuple(chosen)), SIDE)


def _people(work: Work, count: int) -> Tensors:
    """Whole, to the waist, and heads."""
    every = people(work, read_kinds(work.folder), "train")
    return every.take(torch.arange(count) * len(every) // count)
