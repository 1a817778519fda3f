"""What the methods that look at the last features share: getting at them, and getting back to the picture's places."""

import torch
from torch import Tensor
from torch.nn import functional as F

from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.study.explain.classifier import last_features
from smallimg.study.explain.targets import ClassTarget


def features_and_gradients(
    network: ImageClassifier, pixels: Tensor, target: ClassTarget | None, *, places: int = 2
) -> tuple[Tensor, Tensor]:
    """The last features with a place, and how the target changes with them, both [m, c, h, w].

    Args:
        network: in eval mode.
        pixels: 0 … 255, float32 [n, 3, side, side].
        places: see `last_features`.
        target: None where the gradients are not needed; they are zeros then.

    Returns:
        m is n, or 2 n for a network that looks at mirror images too: theirs come second, and are still mirrored.
    """
    kept: list[Tensor] = []
    layer = last_features(network, pixels, places=places)
    handle = layer.register_forward_hook(lambda _module, _taken, given: kept.append(given))
    try:
        with torch.enable_grad():
            logits = network(pixels)
            features = kept[-1]
            if target is None:
                return features.detach(), torch.zeros_like(features)
            (gradients,) = torch.autograd.grad(target(logits).sum(), features)
    finally:
        handle.remove()
    return features.detach(), gradients.detach()


def on_looks(heat: Tensor, pixels: Tensor) -> Tensor:
    """Heat of the features' places [m, h, w] → of the looks' pixels [n, side, side], mirror images turned back."""
    n = len(pixels)
    if len(heat) == 2 * n:
        heat = (heat[:n] + heat[n:].flip(-1)) / 2
    return F.interpolate(heat[:, None], pixels.shape[-2:], mode="bilinear", align_corners=False)[:, 0]
