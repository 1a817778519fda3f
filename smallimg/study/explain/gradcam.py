"""Grad-CAM: Selvaraju et al., 2017, “Grad-CAM: visual explanations from deep networks via gradient-based localization”
(arXiv:1610.02391)."""

from torch import Tensor

from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.study.explain.features import features_and_gradients, on_looks
from smallimg.study.explain.targets import ClassTarget


def gradcam(network: ImageClassifier, pixels: Tensor, target: ClassTarget) -> Tensor:
    """Where the features are that speak for the target, each weighed by how the target grows with it on average.

    Args:
        network: in eval mode.
        pixels: looks, 0 … 255, float32 [n, 3, side, side].
        target: what is asked about.

    Returns:
        Heat of each look, float32 [n, side, side], from 0 up; its scale is each picture's own.
    """
    features, gradients = features_and_gradients(network, pixels, target)
    weights = gradients.mean(dim=(2, 3), keepdim=True)  # [m, c, 1, 1]
    return on_looks((weights * features).sum(dim=1).relu(), pixels)
