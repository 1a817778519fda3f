"""Pixels as networks take them; what they show is decided in `smallimg.pictures.preprocess`."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from smallimg.pictures.preprocess import pixels_of


def to_tensor(image: Image.Image) -> Tensor:
    """RGB picture → uint8 tensor [3, h, w]; L picture → [1, h, w]."""
    return torch.from_numpy(np.array(pixels_of(image)))


def normalise(pixels: Tensor) -> Tensor:
    """uint8 (or float 0 … 255) pixels → float32 with mid-grey at 0 and the range within ±2."""
    return (pixels.float() - 127.5) / 63.75
