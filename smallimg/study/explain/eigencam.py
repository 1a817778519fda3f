"""Eigen-CAM: Muhammad and Yeasin, 2020, “Eigen-CAM: class activation map using principal components”
(arXiv:2008.00299)."""

import torch
from torch import Tensor

from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.study.explain.features import features_and_gradients, on_looks
from smallimg.study.explain.targets import ClassTarget


def eigencam(network: ImageClassifier, pixels: Tensor, target: ClassTarget) -> Tensor:  # noqa: ARG001  # as the others
    """Where the strongest pattern of the features is: their first principal component, without a gradient.

    It does not ask about a class: every target has the same map.

    Args:
        network: in eval mode.
        pixels: looks, 0 … 255, float32 [n, 3, side, side].
        target: not looked at.

    Returns:
        Heat of each look, float32 [n, side, side], from 0 up; its scale is each picture's own.
    """
    features, _ = features_and_gradients(network, pixels, None)
    places = features.flatten(2).transpose(1, 2)  # [m, h w, c]
    _, _, components = torch.linalg.svd(places, full_matrices=False)
    along = (places @ components[:, :1].transpose(1, 2))[..., 0]  # [m, h w]
    along = along * along.sum(dim=1, keepdim=True).sign()  # a component has no sign of its own
    return on_looks(along.reshape(len(features), *features.shape[2:]).relu(), pixels)
