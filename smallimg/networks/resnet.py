"""A small residual network (He et al., 2016, arXiv:1512.03385), the trunk of our detector and our classifier."""

from collections.abc import Sequence

from torch import Tensor, nn


def conv_bn(inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution without bias, then batch norm."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    )


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions beside a shortcut; the shortcut is a 1×1 convolution where the shape changes."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = conv_bn(inputs, outputs, stride=stride)
        self.conv2 = conv_bn(outputs, outputs)
        self.shortcut = (
            nn.Identity() if inputs == outputs and stride == 1 else conv_bn(inputs, outputs, kernel=1, stride=stride)
        )
        self.relu = nn.ReLU(inplace=True)
        # The block starts as its shortcut: deeper networks then train from the first step on.
        nn.init.zeros_(self.conv2.get_parameter("1.weight"))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.relu(self.shortcut(x) + self.conv2(self.relu(self.conv1(x))))
        return out


class ResNetTrunk(nn.Module):
    """A stem, then stages of residual blocks; every stage after the first halves the side.

    Args:
        widths: channels of each stage.
        blocks: residual blocks of each stage.
        stem_stride: 1, 2 or 4: how much smaller the first stage is than the input.
    """

    def __init__(self, *, widths: Sequence[int], blocks: Sequence[int], stem_stride: int) -> None:
        super().__init__()
        first = widths[0]
        stem: list[nn.Module] = [conv_bn(3, first, stride=min(stem_stride, 2)), nn.ReLU(inplace=True)]
        if stem_stride == 4:
            stem += [conv_bn(first, first, stride=2), nn.ReLU(inplace=True)]
        self.stem = nn.Sequential(*stem)
        self.stages = nn.ModuleList()
        inputs = first
        for index, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            stage = [ResidualBlock(inputs, width, stride=1 if index == 0 else 2)]
            stage += [ResidualBlock(width, width) for _ in range(count - 1)]
            self.stages.append(nn.Sequential(*stage))
            inputs = width

    def forward(self, x: Tensor) -> list[Tensor]:
        """Normalised pixels [n, 3, h, w] → the output of every stage, largest first."""
        x = self.stem(x)
        outputs = []
        for stage in self.stages:
            x = stage(x)
            outputs.append(x)
        return outputs
