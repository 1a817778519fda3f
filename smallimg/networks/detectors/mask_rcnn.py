"""Mask R-CNN for small pictures: the second stage draws the object in its box, too."""

from typing import Any

from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.ops import MultiScaleRoIAlign

from smallimg.networks.detectors.compact import compact_fasterrcnn


def mask_rcnn(*, hidden: int = 64, **arguments: Any) -> FasterRCNN:
    """Our Faster R-CNN with a third branch (He et al., 2017, arXiv:1703.06870): a mask of 28 × 28 for every box found.

    The features in a box are aligned to 14 × 14 places and convolved as a picture is; a box and a class need no places,
    a mask is nothing else. It learns from "masks" in the targets, uint8 [k, side, side], and gives "masks",
    float32 [k, 1, side, side], the probability that a pixel is the object's.

    Args:
        hidden: channels of the branch.
        arguments: those of `compact_fasterrcnn`, but for a score that is an overlap.
    """
    if arguments.get("scores_overlap"):
        raise ValueError("the second stage that scores overlaps has no masks")
    detector = compact_fasterrcnn(**arguments)
    names = [str(level) for level in range(detector.backbone.levels)]
    heads = detector.roi_heads
    heads.mask_roi_pool = MultiScaleRoIAlign(names, output_size=14, sampling_ratio=2)
    heads.mask_head = MaskRCNNHeads(detector.backbone.out_channels, (hidden, hidden), 1)
    heads.mask_predictor = MaskRCNNPredictor(hidden, hidden, heads.box_predictor.cls_score.out_features)
    return detector
