"""Classifiers: which of the bundle's classes a square crop shows. All are trained from scratch."""

from collections.abc import Callable
from typing import Any

from smallimg.networks.building import built
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.networks.classifiers.cifar_cnn import CifarCNN
from smallimg.networks.classifiers.compact_resnet import CompactResNet
from smallimg.networks.classifiers.mobilenet import MobileNet
from smallimg.networks.classifiers.paper_cnn import PaperCNN

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
        TrainingError: when the name is not one of `CLASSIFIERS`, or the arguments are not of that architecture.
    """
    return built(CLASSIFIERS, architecture, arguments)
