"""Detectors: Faster R-CNN (Ren et al., 2015, arXiv:1506.01497) from torchvision, trained from scratch.

All have two classes, background and object: what the object is, is the classifier's business.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from smallimg.networks.building import built
from smallimg.networks.detectors.compact import compact_fasterrcnn
from smallimg.networks.detectors.paper import paper_fasterrcnn

#: Architecture name, as written in bundles and recipes → constructor.
DETECTORS: dict[str, Callable[..., FasterRCNN]] = {
    "compact_fasterrcnn": compact_fasterrcnn,
    "fasterrcnn_resnet50_fpn": paper_fasterrcnn,
}


def build_detector(architecture: str, arguments: dict[str, Any]) -> FasterRCNN:
    """A new network of a named architecture.

    Its boxes are computed in float32, in a training run in bfloat16 too: that has eight bits for a coordinate, and
    anchors, proposals and targets would be rounded to whole pixels.

    Raises:
        TrainingError: when the name is not one of `DETECTORS`, or the arguments are not of that architecture.
    """
    network = built(DETECTORS, architecture, arguments)
    for part in (network.backbone, network.rpn.head, network.roi_heads.box_predictor):
        part.register_forward_hook(lambda _part, _inputs, outputs: _float32(outputs))
    return network


def _float32(outputs: Any) -> Any:
    """A network part's outputs, nested as torchvision nests them, in float32."""
    if isinstance(outputs, dict):
        return {name: _float32(output) for name, output in outputs.items()}
    if isinstance(outputs, list | tuple):
        return type(outputs)(_float32(output) for output in outputs)
    return outputs.float()


def top_boxes(outputs: Sequence[dict[str, Tensor]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The best box of each network output, float32 [n, 4]; zeros where nothing was found."""
    rows = [output["boxes"][0].cpu().numpy() if len(output["boxes"]) else np.zeros(4) for output in outputs]
    return np.asarray(rows, np.float32).reshape(-1, 4)
