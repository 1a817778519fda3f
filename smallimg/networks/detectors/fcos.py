"""FCOS for small pictures: no anchors; every place says how far the object's four sides are."""

from collections.abc import Sequence
from functools import partial

from torch import nn
from torchvision.models.detection import FCOS
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.fcos import FCOSClassificationHead, FCOSHead, FCOSRegressionHead

from smallimg.networks.detectors.pyramid import BLOCKS, STEM_STRIDE, WIDTHS, PyramidTrunk, canvas, strides


def fcos(
    *,
    widths: Sequence[int] = WIDTHS,
    blocks: Sequence[int] = BLOCKS,
    stem_stride: int = STEM_STRIDE,
    channels: int = 64,
    levels: int = 3,
    n_classes: int = 1,
    input_size: int = 224,
) -> FCOS:
    """torchvision's FCOS (Tian et al., 2019, arXiv:1904.01355) on our trunk.

    A place near an object's middle is the object's; it tells the distances to the four sides, and how central it is,
    which lowers the score of boxes seen from an edge. One of the paper's four convolutions a branch.

    Args:
        widths, blocks, stem_stride, channels: see `PyramidTrunk`.
        levels: of the pyramid; the finest has the smallest objects.
        n_classes: how many kinds of things it names in its boxes; 1 finds objects, whatever they are.
        input_size: side of the square canvas it is given.
    """
    backbone = PyramidTrunk(widths=widths, blocks=blocks, stem_stride=stem_stride, levels=levels, channels=channels)
    sides = strides(levels, widths, stem_stride)
    head = FCOSHead(channels, 1, n_classes + 1, num_convs=0)
    branch = {"num_convs": 1, "norm_layer": partial(nn.GroupNorm, channels // 8)}
    head.classification_head = FCOSClassificationHead(channels, 1, n_classes + 1, **branch)
    head.regression_head = FCOSRegressionHead(channels, 1, **branch)
    return FCOS(
        backbone,
        num_classes=n_classes + 1,
        anchor_generator=AnchorGenerator(tuple((side,) for side in sides), ((1.0,),) * levels),
        head=head,
        min_size=input_size,
        max_size=input_size,
        score_thresh=0.05,
        nms_thresh=0.3,
        detections_per_img=10,
        topk_candidates=100,
        **canvas(),
    )
