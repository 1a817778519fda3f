"""Detectors as torchvision builds them, with its own trunks and from scratch: large, and slow here."""

from collections.abc import Callable
from typing import Any

from torch import nn
from torchvision.models.detection import (
    fcos_resnet50_fpn,
    maskrcnn_resnet50_fpn,
    retinanet_resnet50_fpn,
    ssd300_vgg16,
)

#: Architecture → torchvision's constructor of that name.
BUILDERS: dict[str, Callable[..., nn.Module]] = {
    builder.__name__: builder
    for builder in (retinanet_resnet50_fpn, fcos_resnet50_fpn, ssd300_vgg16, maskrcnn_resnet50_fpn)
}


def torchvisions(architecture: str) -> Callable[..., nn.Module]:
    """A constructor of one of `BUILDERS`, without weights.

    What it builds takes pictures of any size and scales them itself, as torchvision does: to 300 × 300 for SSD, the
    shorter side to 800 for the others, or to `input_size` where that is given.
    """

    def build(*, n_classes: int = 1, **arguments: Any) -> nn.Module:
        if "input_size" in arguments:
            arguments["min_size"] = arguments.pop("input_size")
        return BUILDERS[architecture](weights=None, weights_backbone=None, num_classes=n_classes + 1, **arguments)

    return build
