"""Classifiers: which of the bundle's classes a square crop shows. All are trained from scratch."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v3_small

from smallimg.preprocess import normalise
from smallimg.resnet import ResNetTrunk


class PaperCNN(nn.Module):
    """The classifier of the AI@UNICT2025 pipeline, to the letter.

    Three blocks of 3×3 convolution (16, 32, 64 channels), batch norm, ReLU and 2×2 max pooling; flatten; 128 units;
    dropout 0.3; one output a class. It expects 224 × 224 crops.
    """

    def __init__(self, *, n_classes: int, input_size: int = 224) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for inputs, outputs in ((3, 16), (16, 32), (32, 64)):
            blocks += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]
        self.features = nn.Sequential(*blocks)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(64 * (input_size // 8) ** 2, 128),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(128, n_classes),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels 0 … 255 [n, 3, input_size, input_size] → logits [n, n_classes]."""
        logits: Tensor = self.head(self.features(normalise(pixels)))
        return logits


class CifarCNN(nn.Module):
    """The custom network of the vehicles-against-animals study on CIFAR-10.

    Three blocks of two 3×3 convolutions (32, 64, 128 channels), each with batch norm and ReLU, then 2×2 max pooling
    and dropout; global average pooling; a dense layer; one output a class. Any input side from 8 pixels up.
    """

    def __init__(self, *, n_classes: int, units: int = 128, dropout: float = 0.3) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        inputs = 3
        for outputs in (32, 64, 128):
            for channels in (inputs, outputs):
                blocks += [nn.Conv2d(channels, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]
            blocks += [nn.MaxPool2d(2), nn.Dropout(dropout)]
            inputs = outputs
        self.features = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(128, units), nn.ReLU(), nn.Dropout(dropout), nn.Linear(units, n_classes))

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels 0 … 255 [n, 3, h, w] → logits [n, n_classes]."""
        logits: Tensor = self.head(self.features(normalise(pixels)))
        return logits


class CompactResNet(nn.Module):
    """Our default: a small residual network with global average pooling, for crops of any side from 32 pixels up."""

    def __init__(
        self,
        *,
        n_classes: int,
        widths: Sequence[int] = (32, 64, 128, 256),
        blocks: Sequence[int] = (1, 1, 2, 2),
        stem_stride: int = 2,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.trunk = ResNetTrunk(widths=widths, blocks=blocks, stem_stride=stem_stride)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(widths[-1], n_classes)
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels 0 … 255 [n, 3, h, w] → logits [n, n_classes]."""
        logits: Tensor = self.head(self.trunk(normalise(pixels))[-1])
        return logits


class MobileNet(nn.Module):
    """torchvision's MobileNetV3 (small; Howard et al., 2019, arXiv:1905.02244): for those who start from ImageNet."""

    def __init__(self, *, n_classes: int, dropout: float = 0.2) -> None:
        super().__init__()
        whole = mobilenet_v3_small(weights=None)
        self.features = whole.features
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(576, n_classes))
        mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]) * 255
        self.mean = nn.Buffer(mean.reshape(1, 3, 1, 1), persistent=False)
        self.deviation = nn.Buffer(deviation.reshape(1, 3, 1, 1), persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels 0 … 255 [n, 3, h, w] → logits [n, n_classes]."""
        logits: Tensor = self.head(self.features((pixels - self.mean) / self.deviation))
        return logits


#: Architecture name, as written in bundles and recipes → constructor.
CLASSIFIERS: dict[str, Callable[..., nn.Module]] = {
    "paper_cnn": PaperCNN,
    "cifar_cnn": CifarCNN,
    "compact_resnet": CompactResNet,
    "mobilenet_v3_small": MobileNet,
}


def build_classifier(architecture: str, arguments: dict[str, Any]) -> nn.Module:
    """A new network of a named architecture.

    Raises:
        KeyError: when the name is not one of `CLASSIFIERS`.
        TypeError: when the arguments are not of that architecture.
    """
    return CLASSIFIERS[architecture](**arguments)


@torch.inference_mode()
def classify(network: nn.Module, pixels: Tensor) -> Tensor:
    """Class probabilities [n, n_classes] for uint8 crops [n, 3, side, side]; the network must be in eval mode."""
    logits: Tensor = network(pixels.float().contiguous(memory_format=torch.channels_last))
    return logits.softmax(dim=1)
