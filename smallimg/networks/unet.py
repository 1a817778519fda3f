"""The background remover's network: a small U-Net (Ronneberger et al., 2015, arXiv:1505.04597) on residual blocks."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from smallimg.networks.pixels import normalise
from smallimg.networks.resnet import ResidualBlock, ResNetTrunk, conv_bn


class SmallUNet(nn.Module):
    """Pixels in, foreground logits out, at the same size.

    The trunk works from half the input's side down; its last stage sees the whole picture, which tells figure from
    ground. The way up adds what each finer stage knows. Edges decide the quality of a cut-out, so the last step looks
    at the pixels again: each 2 × 2 of them lies in the channels of one place at half size (pixel unshuffle, Shi et al.,
    2016, arXiv:1609.05158), which costs a quarter of convolutions at full size.

    Args:
        widths: channels of the stages, the first at half the input's side.
        blocks: residual blocks of each stage on the way down; one on the way up.
    """

    def __init__(
        self, *, widths: Sequence[int] = (32, 48, 96, 128, 144), blocks: Sequence[int] = (1, 1, 2, 2, 2)
    ) -> None:
        super().__init__()
        self.trunk = ResNetTrunk(widths=widths, blocks=blocks, stem_stride=2)
        self.lateral = nn.ModuleList(
            nn.Conv2d(deep, shallow, 1) for deep, shallow in zip(widths[1:], widths[:-1], strict=True)
        )
        self.up = nn.ModuleList(ResidualBlock(width, width) for width in widths[:-1])
        self.edges = nn.Sequential(
            conv_bn(widths[0] + 12, widths[0]), nn.ReLU(inplace=True), nn.Conv2d(widths[0], 4, 3, padding=1)
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """Float pixels 0 … 255 [n, 3, h, w], sides divisible by 2^stages → foreground logits [n, 1, h, w]."""
        x = normalise(pixels)
        features = self.trunk(x)
        deep = features.pop()
        for lateral, up in zip(reversed(self.lateral), reversed(self.up), strict=True):
            deep = up(features.pop() + F.interpolate(lateral(deep), scale_factor=2.0, mode="nearest"))
        logits: Tensor = self.edges(torch.cat([deep, F.pixel_unshuffle(x, 2)], dim=1))
        return F.pixel_shuffle(logits, 2)
