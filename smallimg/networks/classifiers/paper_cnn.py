"""The classifier of the AI@UNICT2025 pipeline."""

from torch import Tensor, nn

from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.networks.pixels import normalise


class PaperCNN(ImageClassifier):
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

    def body(self, pixels: Tensor) -> Tensor:
        seen: Tensor = self.features(normalise(pixels))
        return seen
