"""Pixels as networks take them; what they show is decided in `smallimg.pictures.preprocess`."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def to_tensor(image: Image.Image) -> Tensor:
    """RGB picture → uint8 tensor [3, h, w]; L picture → [1, h, w]."""
    pixels = np.array(image, dtype=np.uint8)
    return torch.from_numpy(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1).copy())


def normalise(pixels: Tensor) -> Tensor:
    """uint8 (or float 0 … 255) pixels → float32 with mid-grey at 0 and the range within ±2."""
    return (pixels.float() - 127.5) / 63.75
