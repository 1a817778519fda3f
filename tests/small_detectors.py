"""A small detector of each architecture, and a picture for it."""

from typing import Any

import numpy as np
import torch

from smallimg.networks.detectors import build_detector
from smallimg.networks.onnx_files import AskedDetector

TRUNK: dict[str, Any] = {"widths": [8, 8, 16, 16], "blocks": [1, 1, 1, 1], "input_size": 64}
#: Architecture → arguments of a small one. Untrained, all of them wave at something.
SMALL: dict[str, dict[str, Any]] = {
    "compact_fasterrcnn": TRUNK | {"channels": 8, "anchors": [8, 16, 24, 32], "n_classes": 3},
    "mask_rcnn": TRUNK | {"channels": 8, "anchors": [8, 16, 24, 32], "hidden": 8},
    "fast_rcnn": TRUNK | {"channels": 8, "pooling": "pool"},
    "retinanet": TRUNK | {"channels": 16, "anchors": [12, 20, 32], "n_classes": 2},
    "ssd": TRUNK | {"channels": 16, "n_classes": 2},
    "fcos": TRUNK | {"channels": 32},
    "yolo_grid": TRUNK | {"channels": 16, "anchors": [16, 24, 32], "n_classes": 2},
    "localizer": TRUNK | {"channels": 8, "hidden": 16},
    "sliding_window": {"widths": [8, 8], "crop": 16, "input_size": 64},
    "rcnn": {"widths": [8, 8], "crop": 16, "input_size": 64},
}


def look(side: int = 64) -> np.ndarray:
    """A white square on noise."""
    picture = np.random.default_rng(0).integers(60, 120, (3, side, side), np.uint8)
    picture[:, 16:44, 20:40] = 250
    return picture


def lively(architecture: str, **arguments: Any) -> AskedDetector:
    """A small detector that gives boxes of many scores: its last weights are larger than those it begins with."""
    torch.manual_seed(1)
    network = build_detector(architecture, SMALL[architecture] | arguments)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if name.endswith("bias") and weight.ndim == 1 and float(weight.abs().max()) > 2:
                weight.fill_(-1.0)  # the probability of an object that a one-stage detector begins with
    return AskedDetector(network.eval()).eval()
