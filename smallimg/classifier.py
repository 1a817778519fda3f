"""Classifiers: which of the bundle's classes a square crop shows. All are trained from scratch."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import mobilenet_v3_small

from smallimg.preprocess import normalise
from smallimg.resnet import conv_bn

#: Pixels 0 … 255, float32 [n, 3, side, side] → logits [n, n_classes].
Classifier = Callable[[Tensor], Tensor]


class ImageClassifier(nn.Module):
    """A body that sees and a head that decides; the head's last layer is linear, its inputs are the embedding.

    Attributes:
        head: what comes after `body`.
        mirrored: whether, in prediction, it looks at the mirror image too and means both; it costs twice the time.
        seen: embeddings [k, d] of length 1 of pictures that it learned from, kept to tell what is like none of them;
            None where there are none.
    """

    head: nn.Sequential
    mirrored: bool = False
    seen: Tensor | None

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", None)

    def body(self, pixels: Tensor) -> Tensor:
        """Pixels 0 … 255 [n, 3, h, w] → what the head decides from."""
        raise NotImplementedError

    def embed(self, pixels: Tensor) -> Tensor:
        """Pixels 0 … 255 [n, 3, h, w] → embeddings [n, d]."""
        if not self.mirrored or self.training:
            embeddings: Tensor = self.head[:-1](self.body(pixels))
            return embeddings
        both: Tensor = self.head[:-1](self.body(torch.cat([pixels, pixels.flip(-1)])))
        straight, mirrored = both.chunk(2)
        return (straight + mirrored) / 2

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels 0 … 255 [n, 3, h, w] → logits [n, n_classes]."""
        logits: Tensor = self.head[-1](self.embed(pixels))
        return logits

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *others: Any) -> None:
        # How many pictures were seen is known only to the file.
        if (seen := state_dict.get(f"{prefix}seen")) is not None:
            self.seen = torch.empty_like(seen, dtype=torch.float32)
        super()._load_from_state_dict(state_dict, prefix, *others)


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


class CompactResNet(ImageClassifier):
    """Our default: a small residual network for crops of any side.

    After the networks of Jordan, 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU" (arXiv:2404.00498): each stage
    pools right after its first convolution, GELU, and a global maximum instead of an average. For the same time in
    training, a residual network with strides and ReLU learnt the sample challenge half as well.

    Args:
        patch: side of the squares that become the first pixels: 4 looks at a 64-pixel crop as 16 × 16 of them, 1 at
            every pixel.
        stem: channels of those.
        widths: channels of each stage; every stage halves the side.
        mirrored: see `ImageClassifier`.
    """

    def __init__(
        self,
        *,
        n_classes: int,
        patch: int = 4,
        stem: int = 32,
        widths: Sequence[int] = (64, 128, 256),
        dropout: float = 0.1,
        mirrored: bool = False,
    ) -> None:
        super().__init__()
        self.mirrored = mirrored
        kernel = patch if patch > 1 else 3
        self.stem = nn.Sequential(
            nn.Conv2d(3, stem, kernel, patch, padding=1 if patch == 1 else 0, bias=False),
            nn.BatchNorm2d(stem),
        )
        self.stages = nn.Sequential(*(_PooledBlock(*pair) for pair in pairwise((stem, *widths))))
        self.head = nn.Sequential(
            nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(widths[-1], n_classes)
        )

    def body(self, pixels: Tensor) -> Tensor:
        seen: Tensor = self.stages(F.gelu(self.stem(normalise(pixels))))
        return seen


class _PooledBlock(nn.Module):
    """A convolution that is pooled at once, which makes all that follows four times cheaper, then a residual one."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.pooled = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.BatchNorm2d(outputs),
        )
        self.residual = conv_bn(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = F.gelu(self.pooled(x))
        return F.gelu(x + self.residual(x))


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


#: Architecture name, as written in bundles and recipes → constructor.
CLASSIFIERS: dict[str, Callable[..., ImageClassifier]] = {
    "paper_cnn": PaperCNN,
    "cifar_cnn": CifarCNN,
    "compact_resnet": CompactResNet,
    "mobilenet_v3_small": MobileNet,
}


def build_classifier(architecture: str, arguments: dict[str, Any]) -> ImageClassifier:
    """A new network of a named architecture.

    Raises:
        KeyError: when the name is not one of `CLASSIFIERS`.
        TypeError: when the arguments are not of that architecture.
    """
    return CLASSIFIERS[architecture](**arguments)


def likeness(embeddings: Tensor, seen: Tensor) -> Tensor:
    """How much each picture is like the one most like it of those seen: the cosine between their embeddings, [n].

    Two pictures of one kind of thing point the same way; how far, which softmax goes by, tells less of what was never
    met. After Sun et al., 2022, "Out-of-distribution detection with deep nearest neighbors" (arXiv:2204.06507).

    Args:
        embeddings: of the pictures, [n, d].
        seen: of those learned from, of length 1, [k, d].
    """
    return (F.normalize(embeddings) @ seen.T).amax(dim=1)


class Recogniser(nn.Module):
    """A classifier that also says how much a picture is like those it has seen, where it keeps them.

    Args:
        classifier: with its weights.

    Attributes:
        outputs: names of what it gives: logits [n, n_classes], and `likeness` [n] where there is something to compare.
    """

    def __init__(self, classifier: ImageClassifier) -> None:
        super().__init__()
        self.classifier = classifier
        self.outputs = ("logits",) if classifier.seen is None else ("logits", "likeness")

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Pixels 0 … 255 [n, 3, h, w] → `outputs`."""
        embeddings = self.classifier.embed(pixels)
        logits = self.classifier.head[-1](embeddings)
        seen = self.classifier.seen
        return (logits,) if seen is None else (logits, likeness(embeddings, seen))


@torch.inference_mode()
def classify(network: Classifier, pixels: Tensor) -> Tensor:
    """Logits [n, n_classes] for uint8 crops [n, 3, side, side]; the network is in eval mode, or in an engine."""
    return network(pixels.float().contiguous(memory_format=torch.channels_last))
