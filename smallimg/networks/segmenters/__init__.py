"""Segmenters: which of the bundle's classes every pixel shows, or none of them. All are trained from scratch."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import nn

from smallimg.networks.building import built
from smallimg.networks.segmenters.unet import NearestUp, SegmentationUNet, TransposedUp, Unpooling

#: Architecture name, as written in bundles and recipes → constructor.
SEGMENTERS: dict[str, Callable[..., nn.Module]] = {
    "unet_nearest": partial(SegmentationUNet, up=NearestUp),
    "unet_transposed": partial(SegmentationUNet, up=TransposedUp),
    "unet_unpooling": partial(SegmentationUNet, up=Unpooling),
}


def build_segmenter(architecture: str, arguments: Mapping[str, Any]) -> nn.Module:
    """A new network of a named architecture: pixels 0 … 255 [n, 3, h, w] → logits [n, 1 + classes, h, w].

    Raises:
        TrainingError: when the name is not one of `SEGMENTERS`, or the arguments are not of that architecture.
    """
    return built(SEGMENTERS, architecture, arguments)
