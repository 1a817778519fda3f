"""Pictures in memory that a network learns in a moment, and what makes the moment short."""

import numpy as np
import torch

from smallimg.training.recipes import Augment
from smallimg.training.tensors import Tensors

SMALL = {"patch": 2, "stem": 8, "widths": [8, 16]}
STILL = Augment(flip=False, degrees=0, shift=0, brightness=0, contrast=0)


def squares(n: int, side: int = 64) -> Tensors:
    """Bright squares (class 0) or dark ones (class 1) on noise, with boxes and masks."""
    rng = np.random.default_rng(n)
    pixels = rng.integers(90, 160, (n, 3, side, side), dtype=np.uint8)
    alpha = np.zeros((n, 1, side, side), np.uint8)
    boxes, labels = [], rng.integers(0, 2, n)
    for index, label in enumerate(labels):
        size = rng.integers(side // 4, side // 2)
        x, y = rng.integers(0, side - size, 2)
        pixels[index, :, y : y + size, x : x + size] = 240 if label == 0 else 10
        alpha[index, :, y : y + size, x : x + size] = 255
        boxes.append(torch.tensor([[x, y, x + size, y + size]], dtype=torch.float32))
    return Tensors(torch.from_numpy(pixels), torch.from_numpy(alpha), tuple(boxes), torch.from_numpy(labels))
