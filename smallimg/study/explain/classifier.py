"""A bundle's classifier in torch, read out of its ONNX file: gradients are only to be had there."""

import torch
from torch import Tensor, nn

from smallimg.bundles.bundle import Bundle
from smallimg.errors import BundleError, called
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.networks.onnx_files import load_weights


def read_classifier(bundle: Bundle) -> ImageClassifier:
    """The classifier of a bundle with its weights, in eval mode, on the CPU.

    Raises:
        BundleError: when the bundle has no classifier, or its file is damaged.
        TrainingError: when this version does not know its architecture.
    """
    if "classifier" not in bundle.stages:
        raise BundleError(f"“{called(bundle.path)}” has no classifier: choose a bundle that names things.")
    stage = bundle.stages["classifier"]
    network = build_classifier(stage.architecture, stage.arguments)
    load_weights(network, bundle.file("classifier"))
    return network.eval()


def last_features(network: ImageClassifier, pixels: Tensor, *, places: int = 2) -> nn.Module:
    """The module that gives the last features with a place: of the last convolution, with what its block makes of it.

    Behind it a pooling or a dense layer takes the place away. It is found by running the network once, so that no
    architecture has to say which of its layers that is.

    Args:
        network: in eval mode.
        pixels: 0 … 255, float32 [n, 3, side, side].
        places: at least so many a side; where no features have those, the last of all with a place are taken.

    Raises:
        BundleError: when no layer keeps places apart.
    """
    found: list[tuple[int, nn.Module]] = []

    def note(module: nn.Module, _taken: object, given: object) -> None:
        if module is not network and isinstance(given, Tensor) and given.ndim == 4 and min(given.shape[2:]) > 1:
            found.append((min(given.shape[2:]), module))

    handles = [module.register_forward_hook(note) for module in network.modules()]
    try:
        with torch.inference_mode():
            network(pixels[:1])
    finally:
        for handle in handles:
            handle.remove()
    if not found:
        raise BundleError("This classifier has no convolution that keeps places apart: use occlusion.")
    return next((module for side, module in reversed(found) if side >= places), found[-1][1])
