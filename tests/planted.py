"""Pictures whose class one known patch decides, and a small network that has learned it: what a map should point at."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.networks.pixels import normalise

SIDE, PATCH = 48, 14
#: Class → the colour of its patch.
COLOURS = ((230, 40, 40), (40, 60, 230))
#: A patch that catches the eye and says nothing: it is in every picture.
DECOY = (60, 220, 60)
STEPS, BATCH = 100, 48


class SmallNetwork(ImageClassifier):
    """Three convolutions, features of 12 × 12 places, their mean; mirrored where that is asked for."""

    def __init__(self, *, mirrored: bool = False) -> None:
        super().__init__()
        self.mirrored = mirrored
        layers: list[nn.Module] = []
        for inputs, outputs, stride in ((3, 12, 2), (12, 16, 2), (16, 16, 1)):
            layers += [nn.Conv2d(inputs, outputs, 3, stride, 1), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(16, len(COLOURS)))

    def body(self, pixels: Tensor) -> Tensor:
        seen: Tensor = self.features(normalise(pixels))
        return seen


def planted(n: int, *, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    """Pictures of grey noise with a patch in one half and the decoy in the other.

    Returns:
        uint8 [n, 3, side, side], the classes [n], and which pixels are the patch's, [n, side, side].
    """
    rng = np.random.default_rng(seed)
    pixels = np.repeat(rng.integers(70, 190, (n, 1, SIDE, SIDE), dtype=np.uint8), 3, axis=1)
    labels, where = rng.integers(0, len(COLOURS), n), np.zeros((n, SIDE, SIDE), bool)
    for picture, label, place in zip(pixels, labels, where, strict=True):
        half = SIDE // 2
        for colour, side in zip((COLOURS[label], DECOY), rng.permutation([0, half]), strict=True):
            top, left = rng.integers(0, SIDE - PATCH), side + rng.integers(0, half - PATCH)
            picture[:, top : top + PATCH, left : left + PATCH] = np.array(colour, np.uint8)[:, None, None]
            if colour != DECOY:
                place[top : top + PATCH, left : left + PATCH] = True
    return pixels, labels, where


def learned(*, mirrored: bool = False) -> SmallNetwork:
    """A network that has learned to tell the patches apart, in eval mode; a second."""
    torch.manual_seed(0)
    network = SmallNetwork(mirrored=mirrored).train()
    pixels, labels, _ = planted(STEPS * BATCH // 4, seed=1)
    x, y = torch.from_numpy(pixels).float(), torch.from_numpy(labels)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for step in range(STEPS):
        at = torch.arange(step * BATCH, (step + 1) * BATCH) % len(x)
        loss = F.cross_entropy(network(x[at]), y[at])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.eval()
