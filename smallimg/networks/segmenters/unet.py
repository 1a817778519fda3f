"""A network that says of every pixel what it shows: fully convolutional, in three ways up from small maps to large.

Fully convolutional (Long et al., 2015, arXiv:1411.4038): no layer looks at a whole picture as a list of numbers, so the
answer is a picture again. On the way down maps shrink, and what they hold grows in meaning; on the way up they have to
become large again, and that can be done in three ways. Everything else is the same here, to compare these alone.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from smallimg.networks.pixels import normalise
from smallimg.networks.resnet import ResidualBlock, conv_bn


class NearestUp(nn.Module):
    """Every number four times, beside itself: nothing to learn but the mixing of channels."""

    def __init__(self, deep: int, shallow: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(deep, shallow, 1)

    def forward(self, x: Tensor, _places: Tensor) -> Tensor:
        """[n, deep, h, w] → [n, shallow, 2 h, 2 w]; see `Unpooling` for the places."""
        return F.interpolate(self.mix(x), scale_factor=2.0, mode="nearest")


class TransposedUp(nn.Module):
    """A transposed convolution: each of the four places has learned weights of its own.

    Kernel and stride are both 2, as in the U-Net (Ronneberger et al., 2015, arXiv:1505.04597). With a kernel that the
    stride does not divide, places would get unequal shares, which is seen as a chequerboard (Odena et al., 2016).
    """

    def __init__(self, deep: int, shallow: int) -> None:
        super().__init__()
        self.mix = nn.ConvTranspose2d(deep, shallow, 2, stride=2)

    def forward(self, x: Tensor, _places: Tensor) -> Tensor:
        """See `NearestUp`."""
        grown: Tensor = self.mix(x)
        return grown


class Unpooling(nn.Module):
    """Each number back to where the largest of four stood on the way down, the other three places empty.

    After Zeiler et al., 2011, and SegNet (Badrinarayanan et al., 2017, arXiv:1511.00561). It is torch's `max_unpool2d`,
    written as a scatter: torch's exporter to ONNX has no word for the other.
    """

    def __init__(self, deep: int, shallow: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(deep, shallow, 1)

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        """[n, deep, h, w] → [n, shallow, 2 h, 2 w].

        Args:
            places: int64 [n, shallow, h, w], where max pooling found each number, as `max_pool2d` gives it.
        """
        mixed = self.mix(x)
        n, channels, height, width = mixed.shape
        empty = mixed.new_zeros(n, channels, 4 * height * width)
        there = empty.scatter(2, places.flatten(2), mixed.flatten(2))
        unpooled: Tensor = there.reshape(n, channels, 2 * height, 2 * width)
        return unpooled


class SegmentationUNet(nn.Module):
    """Pixels in, logits of the background and of every class out, at the same size.

    The body of `smallimg.networks.unet.SmallUNet`, but that maps shrink by max pooling, whose places unpooling needs.
    As there, the last step looks at the pixels again, and makes four places of one by pixel shuffle, whatever the way
    up is.

    Args:
        n_classes: how many classes there are, the background not counted.
        up: the way up, of `NearestUp`, `TransposedUp` and `Unpooling`.
        widths: channels of the stages, the first at half the input's side.
        blocks: residual blocks of each stage on the way down; one on the way up.
    """

    def __init__(
        self,
        *,
        n_classes: int,
        up: Callable[[int, int], nn.Module],
        widths: Sequence[int] = (32, 48, 96, 128, 144),
        blocks: Sequence[int] = (1, 1, 2, 2, 2),
    ) -> None:
        super().__init__()
        first = widths[0]
        self.stem = nn.Sequential(conv_bn(3, first, stride=2), nn.ReLU(inplace=True))
        self.down = nn.ModuleList(
            nn.Sequential(ResidualBlock(inputs, width), *(ResidualBlock(width, width) for _ in range(count - 1)))
            for (inputs, width), count in zip(pairwise((first, *widths)), blocks, strict=True)
        )
        self.grow = nn.ModuleList(up(deep, shallow) for shallow, deep in pairwise(widths))
        self.up = nn.ModuleList(ResidualBlock(width, width) for width in widths[:-1])
        self.edges = nn.Sequential(conv_bn(first + 12, first), nn.ReLU(inplace=True))
        self.head = nn.Conv2d(first, 4 * (1 + n_classes), 3, padding=1)

    def forward(self, pixels: Tensor) -> Tensor:
        """Float pixels 0 … 255 [n, 3, h, w], sides divisible by 2^stages → logits [n, 1 + classes, h, w]."""
        x = normalise(pixels)
        deep = self.stem(x)
        kept: list[tuple[Tensor, Tensor]] = []
        for level, stage in enumerate(self.down):
            if level:
                shallow = deep
                deep, places = F.max_pool2d(shallow, 2, return_indices=True)
                kept.append((shallow, places))
            deep = stage(deep)
        for grow, up, (shallow, places) in zip(reversed(self.grow), reversed(self.up), reversed(kept), strict=True):
            deep = up(shallow + grow(deep, places))
        logits: Tensor = self.head(self.edges(torch.cat([deep, F.pixel_unshuffle(x, 2)], dim=1)))
        return F.pixel_shuffle(logits, 2)
