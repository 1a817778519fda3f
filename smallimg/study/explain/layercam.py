"""LayerCAM: Jiang et al., 2021, “LayerCAM: exploring hierarchical class activation maps for localization”
(IEEE Transactions on Image Processing 30:5875)."""

from torch import Tensor

from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.study.explain.features import features_and_gradients, on_looks
from smallimg.study.explain.targets import ClassTarget

#: Places a side that the features must have: small networks end in 3 × 3, which is too coarse to see much in.
PLACES = 8


def layercam(network: ImageClassifier, pixels: Tensor, target: ClassTarget) -> Tensor:
    """Grad-CAM at a finer, earlier layer: each place has the weight of its own gradient, where that is above 0.

    Args:
        network: in eval mode.
        pixels: looks, 0 … 255, float32 [n, 3, side, side].
        target: what is asked about.

    Returns:
        Heat of each look, float32 [n, side, side], from 0 up; its scale is each picture's own.
    """
    features, gradients = features_and_gradients(network, pixels, target, places=PLACES)
    return on_looks((gradients.relu() * features).sum(dim=1).relu(), pixels)
