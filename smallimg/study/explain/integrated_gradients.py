"""Integrated gradients: Sundararajan, Taly and Yan, 2017, “Axiomatic attribution for deep networks”
(arXiv:1703.01365)."""

import torch
from torch import Tensor

from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.pictures.preprocess import FILL
from smallimg.study.explain.targets import ClassTarget

STEPS = 32


def integrated_gradients(
    network: ImageClassifier, pixels: Tensor, target: ClassTarget, *, steps: int = STEPS
) -> Tensor:
    """What each pixel adds to the target on the straight way from plain grey to the picture.

    Grey is what all our networks know as nothing: it lies behind cut-outs and beyond the picture's edge. A pixel that
    is grey itself gets no heat, whatever it means.

    Args:
        network: in eval mode.
        pixels: looks, 0 … 255, float32 [n, 3, side, side].
        target: what is asked about.
        steps: places on the way, each in the middle of its part.

    Returns:
        Heat of each look, float32 [n, side, side], in units of the target, its three colours summed up: all of it
        together is how much the picture has more of the target than grey; below 0 where a pixel speaks against.
    """
    grey = pixels.new_tensor(FILL).reshape(1, 3, 1, 1)
    total = torch.zeros_like(pixels)
    for step in range(steps):
        point = (grey + (pixels - grey) * ((step + 0.5) / steps)).requires_grad_(True)
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(target(network(point)).sum(), point)
        total += gradient
    return ((pixels - grey) * total / steps).sum(dim=1)
