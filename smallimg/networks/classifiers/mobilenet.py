"""A network that others trained on ImageNet, as a start."""

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v3_small

from smallimg.networks.classifiers.base import ImageClassifier


class MobileNet(ImageClassifier):
    """torchvision's MobileNetV3 (small; Howard et al., 2019, arXiv:1905.02244): for those who start from ImageNet."""

    def __init__(self, *, n_classes: int, dropout: float = 0.2) -> None:
        super().__init__()
        whole = mobilenet_v3_small(weights=None)
        self.features = whole.features
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(576, n_classes))
        mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]) * 255
        self.mean = nn.Buffer(mean.reshape(1, 3, 1, 1), persistent=False)
        self.deviation = nn.Buffer(deviation.reshape(1, 3, 1, 1), persistent=False)

    def body(self, pixels: Tensor) -> Tensor:
        seen: Tensor = self.features((pixels - self.mean) / self.deviation)
        return seen
