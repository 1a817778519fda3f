"""Detectors, trained from scratch, one architecture a file: those of the textbooks on our trunk, and torchvision's own.

All speak torchvision's language: pictures 0 … 1 and targets ("boxes", "labels") in, a dict of losses out in training;
else of each picture "boxes" [k, 4], "scores" and "labels", best first. With one class, as they are built where nothing
is said, they find objects, and what the object is, is the classifier's business.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn

from smallimg.networks.building import built
from smallimg.networks.detectors.compact import compact_fasterrcnn
from smallimg.networks.detectors.crops import SlidingWindow
from smallimg.networks.detectors.fast_rcnn import FastRCNN
from smallimg.networks.detectors.fcos import fcos
from smallimg.networks.detectors.localizer import Localizer
from smallimg.networks.detectors.mask_rcnn import mask_rcnn
from smallimg.networks.detectors.paper import paper_fasterrcnn
from smallimg.networks.detectors.rcnn import RCNN
from smallimg.networks.detectors.retinanet import retinanet
from smallimg.networks.detectors.ssd import ssd
from smallimg.networks.detectors.torchvisions import BUILDERS, torchvisions
from smallimg.networks.detectors.yolo_grid import YoloGrid

#: Architecture name, as written in bundles and recipes → constructor.
DETECTORS: dict[str, Callable[..., nn.Module]] = {
    "compact_fasterrcnn": compact_fasterrcnn,
    "retinanet": retinanet,
    "ssd": ssd,
    "fcos": fcos,
    "yolo_grid": YoloGrid,
    "mask_rcnn": mask_rcnn,
    "localizer": Localizer,
    "sliding_window": SlidingWindow,
    "rcnn": RCNN,
    "fast_rcnn": FastRCNN,
    "fasterrcnn_resnet50_fpn": paper_fasterrcnn,
    **{name: torchvisions(name) for name in BUILDERS},
}
#: Parts of a detector after which its numbers are coordinates and scores.
EXACT = ("backbone", "rpn.head", "roi_heads.box_predictor", "roi_heads.mask_predictor", "head")


def build_detector(architecture: str, arguments: dict[str, Any]) -> nn.Module:
    """A new network of a named architecture.

    Its boxes are computed in float32, in a training run in bfloat16 too: that has eight bits for a coordinate, and
    anchors, proposals and targets would be rounded to whole pixels.

    Raises:
        TrainingError: when the name is not one of `DETECTORS`, or the arguments are not of that architecture.
    """
    network = built(DETECTORS, architecture, arguments)
    network.n_classes = arguments.get("n_classes", 1)
    parts = dict(network.named_modules())
    for name in EXACT:
        if name in parts:
            parts[name].register_forward_hook(lambda _part, _inputs, outputs: _float32(outputs))
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
