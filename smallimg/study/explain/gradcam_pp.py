"""Grad-CAM++: Chattopadhay et al., 2018, “Grad-CAM++: generalized gradient-based visual explanations for deep
convolutional networks” (arXiv:1710.11063)."""

from torch import Tensor

from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.study.explain.features import features_and_gradients, on_looks
from smallimg.study.explain.targets import ClassTarget

TINY = 1e-12


def gradcam_pp(network: ImageClassifier, pixels: Tensor, target: ClassTarget) -> Tensor:
    """Grad-CAM with a weight for each place, so that several objects of one kind all count.

    The second and third derivatives of the paper are powers of the first, as they are for an exponential of the target.

    Args:
        network: in eval mode.
        pixels: looks, 0 … 255, float32 [n, 3, side, side].
        target: what is asked about.

    Returns:
        Heat of each look, float32 [n, side, side], from 0 up; its scale is each picture's own.
    """
    features, gradients = features_and_gradients(network, pixels, target)
    square, cube = gradients**2, gradients**3
    below = 2 * square + (features * cube).sum(dim=(2, 3), keepdim=True)
    shares = square / below.where(below.abs() > TINY, below.new_tensor(1.0))
    weights = (shares * gradients.relu()).sum(dim=(2, 3), keepdim=True)
    return on_looks((weights * features).sum(dim=1).relu(), pixels)
