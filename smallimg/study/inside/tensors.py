"""From torch's tensors to the steps: feature maps, places and boxes."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from smallimg.boxes import Boxes
from smallimg.bundles.sessions import Floats
from smallimg.networks.detectors.pyramid import MEAN, STD
from smallimg.study.inside.steps import Level, Rated

#: Channels of a feature map that are shown.
CHANNELS = 5


def floats(tensor: Tensor) -> Floats:
    """A tensor as float32 numbers."""
    return np.asarray(tensor.detach().float().numpy(), np.float32)


def rated(found: Mapping[str, Tensor], scale: float = 1.0) -> Rated:
    """Boxes, scores and labels (from 1) of a torchvision detector, boxes × scale."""
    labels = found["labels"].numpy().astype(np.int64) - 1
    return Rated(to_boxes(found["boxes"], scale), floats(found["scores"]), labels)


def normalised(pixels: Tensor) -> Tensor:
    """Pixels 0 … 1, [3, side, side], as our own detectors take them, [1, 3, side, side]."""
    return ((pixels - MEAN[0]) / STD[0])[None]


def counts_of(features: Sequence[Tensor], anchors: int) -> list[int]:
    """How many of all anchors lie at each level, when every place of each feature map has as many."""
    places = [one.shape[-2] * one.shape[-1] for one in features]
    return [of_level * (anchors // sum(places)) for of_level in places]


def level_of(features: Tensor, step: float, said: tuple[Tensor, Tensor, Tensor] | None = None) -> Level:
    """One feature map [1, c, h, w] as it is shown.

    Args:
        features: the map.
        step: pixels from place to place.
        said: anchors [h w a, 4], their scores [h w a] and where they are moved [h w a, 4], place by place, row by row;
            all in pixels of the square.
    """
    (maps,) = features
    _, height, width = maps.shape
    liveliest = maps.flatten(1).std(dim=1, correction=0).topk(min(CHANNELS, len(maps))).indices
    anchors, scores, moved = said or (maps.new_zeros(0, 4), maps.new_zeros(0), maps.new_zeros(0, 4))
    each = len(scores) // (height * width)
    return Level(
        step,
        floats(maps.square().mean(dim=0).sqrt()),
        floats(maps[liveliest]),
        floats(anchors[:each]),
        floats(scores.reshape(height, width, each)),
        floats(moved.reshape(height, width, each, 4)),
    )


def pyramid_of(
    features: Sequence[Tensor], side: int, anchors: Tensor, scores: Tensor, moved: Tensor, *, scale: float, wide: int
) -> tuple[Level, ...]:
    """The levels of a pyramid whose every place has anchors.

    Args:
        features: of each level, [1, c, h, w].
        side: of the square.
        anchors, scores, moved: of all levels one after the other, in pixels of what the network itself scales it to.
        scale: from those to the square's.
        wide: what the network itself scales it to, filled up to whole places.
    """
    counts = counts_of(features, len(scores))
    moved = moved.clamp(-side / scale, 2 * side / scale)
    said = (torch.split(one, counts) for one in (anchors * scale, scores, moved * scale))
    return tuple(
        level_of(one, scale * wide / one.shape[-1], (begun, sure, to))
        for one, begun, sure, to in zip(features, *said, strict=True)
    )


def to_boxes(boxes: Tensor, scale: float = 1.0) -> Boxes:
    """Boxes × scale as float32 numbers [n, 4]."""
    return floats(boxes) * np.float32(scale)
