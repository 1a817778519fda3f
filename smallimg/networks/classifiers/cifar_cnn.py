"""The custom network of the study of vehicles against animals."""

from torch import Tensor, nn

from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.networks.pixels import normalise


class CifarCNN(ImageClassifier):
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

    def body(self, pixels: Tensor) -> Tensor:
        seen: Tensor = self.features(normalise(pixels))
        return seen
