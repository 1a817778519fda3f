"""A bundle's stages as networks, by what its description says of each."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from smallimg.errors import BundleError
from smallimg.networks.building import built
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.detectors import build_detector
from smallimg.networks.segmenters import build_segmenter
from smallimg.networks.unet import SmallUNet


def _build_remover(architecture: str, arguments: Mapping[str, Any]) -> nn.Module:
    return built({"small_unet": SmallUNet}, architecture, arguments)


#: Stage of a bundle → its network from an architecture and arguments.
BUILD: dict[str, Callable[..., nn.Module]] = {
    "background": _build_remover,
    "detector": build_detector,
    "classifier": build_classifier,
    "segmenter": build_segmenter,
}


def build_stage(name: str, architecture: str, arguments: Mapping[str, Any], *, most: int) -> nn.Module:
    """The network that a stage describes, untrained; a giant is not built.

    Args:
        most: weights that its file has room for.

    Raises:
        BundleError: when the network has more.
        TrainingError: when this version does not know the architecture, or it does not take such arguments.
    """
    with torch.device("meta"):
        weights = sum(one.numel() for one in BUILD[name](architecture, arguments).parameters())
    if weights > most:
        raise BundleError(f"its {name} has {weights:,} weights, more than are in its file.")
    return BUILD[name](architecture, arguments)
