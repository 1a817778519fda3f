"""The document's own protocol: a ResNet-18 whose backbone is frozen, of which the last layer alone learns the classes.

Five epochs of Adam at 1e-3, on four fifths of the objects; a fifth, of every class, is tried. What a frozen backbone
makes of a picture never changes, so it is computed once, and a linear layer learns from that: the same training.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.model_selection import StratifiedGroupKFold
from torch import nn
from torch.nn import functional as F
from torchvision.models import ResNet18_Weights, resnet18

from smallimg import DEFAULT_BUNDLE
from smallimg.boxes import Boxes
from smallimg.bundles.bundle import load_bundle
from smallimg.bundles.sessions import Floats
from smallimg.errors import DataError, ImageError, TrainingError
from smallimg.networks.pixels import to_tensor
from smallimg.pictures.preprocess import letterbox, pixels_of
from smallimg.pipeline import Pipeline
from smallimg.study.conditions.factors import CROP, FULL, Strengths, apply
from smallimg.study.conditions.objects import Thing
from smallimg.study.conditions.placing import place
from smallimg.study.conditions.tried import Namer, Step
from smallimg.study.embeddings import Embedder
from smallimg.training.transfer import imagenet_state

EPOCHS, RATE, BATCH = 5, 1e-3, 32
#: One part in so many is tried; a class needs an object for each part.
PARTS = 5
SIDE = 224
#: A picture, RGB of any shape, fitted into a square whole → features [d].
Backbone = Callable[[Image.Image], Floats]


@dataclass(frozen=True, eq=False)
class Lesson:
    """What was learned, and what it is to be tried on.

    Attributes:
        namer: says the class of what it is shown.
        kept: the objects of pictures that nothing was learned from.
        words: who names, in words.
        notes: what has to be known beside, a sentence each.
    """

    namer: Namer
    kept: tuple[Thing, ...]
    words: str
    notes: tuple[str, ...]


def learn(
    pipeline: Pipeline,
    things: Sequence[Thing],
    *,
    strengths: Strengths,
    seed: int = 0,
) -> Generator[Step, None, Lesson]:
    """Learn the classes of four fifths of the objects; the others are kept.

    Each is learned from both as it is in its whole picture and cropped, so that neither is foreign.

    Args:
        pipeline: looks at several objects at once, and cuts out what is to be pasted.
        things: objects of any classes; their pictures stay on one side.
        strengths: of the factors; the crop's margin counts.
        seed: of the split, the first weights and the order.

    Yields:
        A step for each object that is learned from.

    Returns:
        What was learned, and what is left to try.

    Raises:
        DataError: when fewer than two classes have enough objects, or no picture opens.
    """
    learned, kept, notes = split(things, seed=seed)
    backbone, words, note = open_backbone()

    def work(one: Pipeline, thing: Thing) -> list[Floats]:
        try:
            placed = place(one, thing, seed=seed)
        except ImageError:  # the ones that are kept are named
            return []
        if placed is None:
            return []
        picture, box, _ = placed
        return [backbone(apply(name, picture, box, strengths=strengths, seed=seed)[0]) for name in (FULL, CROP)]

    features: list[Floats] = []
    labels: list[str] = []
    for done, (thing, found) in enumerate(zip(learned, pipeline.each(work, learned), strict=True), start=1):
        features += found
        labels += [thing.label] * len(found)
        yield Step("Learning", done, len(learned))
    names = sorted(set(labels))
    if len(names) < 2:
        raise DataError("None of the pictures could be read, so there is nothing to learn from.")
    known = np.stack(features)
    scale = np.float32(1.0)
    if note:  # Adam's rate is meant for features like a ResNet-18's, whose mean is about 0.9
        scale = np.float32(0.9 / max(1e-6, float(np.abs(known).mean())))
    weights, bias = last_layer(known * scale, np.array([names.index(one) for one in labels]), len(names), seed=seed)

    def name(_pipeline: Pipeline, seen: Image.Image, _box: Boxes) -> str:
        return names[int((weights @ (backbone(seen) * scale) + bias).argmax())]

    said = f"{words}, its last layer learned from {len(features) // 2:,} objects of {len(names)} classes"
    return Lesson(name, kept, said, (*notes, *([note] if note else [])))


def split(things: Sequence[Thing], *, seed: int = 0) -> tuple[tuple[Thing, ...], tuple[Thing, ...], list[str]]:
    """Four fifths to learn from and a fifth to try, of every class, no picture on both sides; and what was left out.

    Raises:
        DataError: when fewer than two classes have `PARTS` pictures.
    """
    pictures: dict[str, set[Any]] = {}
    for one in things:
        pictures.setdefault(one.label, set()).add(one.path)
    few = sorted(label for label, paths in pictures.items() if len(paths) < PARTS)
    enough = [one for one in things if one.label not in few]
    if len(pictures) - len(few) < 2:
        raise DataError(
            f"The document’s protocol learns classes of {PARTS} pictures or more, and two of them at least."
        )
    numbers = {path: number for number, path in enumerate(dict.fromkeys(one.path for one in enough))}
    folds = StratifiedGroupKFold(PARTS, shuffle=True, random_state=seed)
    groups = [numbers[one.path] for one in enough]
    learned, kept = next(iter(folds.split(groups, [one.label for one in enough], groups)))
    there = {enough[index].label for index in learned}
    lost = "1 class has" if len(few) == 1 else f"{len(few)} classes have"
    notes = [f"{lost} fewer than {PARTS} pictures and {'is' if len(few) == 1 else 'are'} left out."] if few else []
    return (
        tuple(enough[index] for index in learned),
        tuple(enough[index] for index in kept if enough[index].label in there),
        notes,
    )


def open_backbone() -> tuple[Backbone, str, str]:
    """The frozen part, what to call it, and a sentence where it is not the document's."""
    try:
        state = imagenet_state("or go on without", of=ResNet18_Weights.IMAGENET1K_V1)
    except TrainingError as error:
        why = str(error).partition(", because ")[2].partition(":")[0] or "they are not to be had"
        note = (
            f"The document’s ResNet-18 needs weights that could not be fetched, because {why}: the trunk of "
            f"“{DEFAULT_BUNDLE}” stands in for it."
        )
        return _own_trunk(), f"The trunk of “{DEFAULT_BUNDLE}”", note
    network = resnet18(weights=None)
    network.load_state_dict(state)
    return resnet_backbone(network), "A ResNet-18 with ImageNet’s weights", ""


def resnet_backbone(network: nn.Module) -> Backbone:
    """All of a ResNet but its last layer, which is replaced: features [512] as in prediction, with no gradient."""
    network.fc = nn.Identity()
    network.eval()
    preset = ResNet18_Weights.IMAGENET1K_V1.transforms(crop_size=SIDE, resize_size=SIDE)

    def look(picture: Image.Image) -> Floats:
        with torch.inference_mode():
            features: Floats = network(preset(to_tensor(letterbox(picture, SIDE)[0]))[None])[0].numpy()
        return features

    return look


def last_layer(features: Floats, labels: NDArray[np.int64], n_classes: int, *, seed: int) -> tuple[Floats, Floats]:
    """A linear layer that learned labels [n] from features [n, d]: weights [classes, d] and bias [classes]."""
    generator = torch.Generator().manual_seed(seed)
    layer = nn.Linear(features.shape[1], n_classes)
    bound = features.shape[1] ** -0.5  # as torch begins by itself, but by this seed
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
    optimiser = torch.optim.Adam(layer.parameters(), lr=RATE)
    seen, wanted = torch.from_numpy(features), torch.from_numpy(labels)
    for _ in range(EPOCHS):
        for rows in torch.split(torch.randperm(len(seen), generator=generator), BATCH):
            optimiser.zero_grad()
            torch.autograd.backward(F.cross_entropy(layer(seen[rows]), wanted[rows]))
            optimiser.step()
    return layer.weight.detach().numpy(), layer.bias.detach().numpy()


def _own_trunk() -> Backbone:
    embedder = Embedder(load_bundle(DEFAULT_BUNDLE), threads=1)  # several pictures at once have a core each
    return lambda picture: embedder(pixels_of(letterbox(picture, embedder.side)[0])[None])[0]
