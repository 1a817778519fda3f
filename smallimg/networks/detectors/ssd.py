"""SSD for small pictures: boxes of several shapes at every place of several feature maps, judged at once."""

import math
from collections.abc import Sequence

from torch import nn
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator
from torchvision.models.detection.ssd import SSD, SSDHead

from smallimg.networks.detectors.pyramid import BLOCKS, STEM_STRIDE, WIDTHS, PyramidTrunk, canvas

#: The probability of an object that every box begins with: without it, most steps go into learning that there are few.
PRIOR = 0.02


def ssd(
    *,
    widths: Sequence[int] = WIDTHS,
    blocks: Sequence[int] = BLOCKS,
    stem_stride: int = STEM_STRIDE,
    channels: int = 64,
    shares: Sequence[float] = (0.2, 0.4, 0.65, 0.9),
    n_classes: int = 1,
    input_size: int = 224,
) -> SSD:
    """torchvision's SSD (Liu et al., 2016, arXiv:1512.02325) on our trunk.

    One convolution a feature map says what is in each of its default boxes and how to move it. Of the boxes that show
    nothing only the worst mistaken teach, three for each with an object: a picture without one teaches it nothing.

    Args:
        widths, blocks, stem_stride, channels: see `PyramidTrunk`.
        shares: side of each level's default boxes as a share of the picture's, finest first, and that after the last.
        n_classes: how many kinds of things it names in its boxes; 1 finds objects, whatever they are.
        input_size: side of the square canvas it is given.
    """
    levels = len(shares) - 1
    backbone = PyramidTrunk(widths=widths, blocks=blocks, stem_stride=stem_stride, levels=levels, channels=channels)
    generator = DefaultBoxGenerator([[2]] * levels, scales=list(shares))
    head = SSDHead([channels] * levels, generator.num_anchors_per_location(), n_classes + 1)
    for layer in head.classification_head.module_list:
        shared = layer.bias.data.view(-1, n_classes + 1)
        shared[:, 0] = math.log(n_classes * (1 - PRIOR) / PRIOR)
    for layer in head.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, std=0.01)
    return SSD(
        backbone,
        generator,
        (input_size, input_size),
        n_classes + 1,
        head=head,
        score_thresh=0.05,
        nms_thresh=0.3,
        detections_per_img=10,
        topk_candidates=100,
        **canvas(),
    )
