"""What our detectors see with: a small residual trunk with a feature pyramid on it, and the canvas they look at."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.ops import FeaturePyramidNetwork

from smallimg.networks.resnet import ResNetTrunk

#: uint8 pixels 0 … 255, divided by 255, go to the network; torchvision's transform then applies these.
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
#: Stages of the trunk that all our detectors have, so that what differs between them is what they do with it.
WIDTHS, BLOCKS, STEM_STRIDE = (32, 64, 128, 256), (1, 1, 2, 2), 4


class PyramidTrunk(nn.Module):
    """A small residual trunk with a feature pyramid (Lin et al., 2017, arXiv:1612.03144) on its last stages.

    Args:
        widths, blocks, stem_stride: the trunk's stages, see `smallimg.networks.resnet.ResNetTrunk`.
        levels: on how many of the last stages the pyramid stands.
        channels: of every level.
    """

    def __init__(
        self, *, widths: Sequence[int], blocks: Sequence[int], stem_stride: int, levels: int, channels: int
    ) -> None:
        super().__init__()
        self.trunk = ResNetTrunk(widths=widths, blocks=blocks, stem_stride=stem_stride)
        self.levels = levels
        self.pyramid = FeaturePyramidNetwork(list(widths)[-levels:], channels)
        self.out_channels = channels

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Normalised pixels [n, 3, h, w] → the levels by name, finest first, each [n, channels, …]."""
        features = self.trunk(x.contiguous(memory_format=torch.channels_last))[-self.levels :]
        levels: dict[str, Tensor] = self.pyramid(OrderedDict((str(i), level) for i, level in enumerate(features)))
        return levels


def canvas() -> dict[str, Any]:
    """torchvision's transform as our detectors want it: colours only, the picture stays at its small size."""
    return {"image_mean": MEAN, "image_std": STD, "_skip_resize": True}


def strides(levels: int, widths: Sequence[int], stem_stride: int) -> list[int]:
    """Pixels from one place to the next on each level of a pyramid, finest first."""
    return [stem_stride * 2**stage for stage in range(len(widths))][-levels:]
