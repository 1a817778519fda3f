"""RetinaNet for small pictures: one look, every anchor a candidate, and a loss that does not drown in the easy ones."""

from collections.abc import Sequence
from functools import partial

from torch import nn
from torchvision.models.detection import RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.retinanet import RetinaNetHead

from smallimg.networks.detectors.pyramid import BLOCKS, STEM_STRIDE, WIDTHS, PyramidTrunk, canvas


def retinanet(
    *,
    widths: Sequence[int] = WIDTHS,
    blocks: Sequence[int] = BLOCKS,
    stem_stride: int = STEM_STRIDE,
    channels: int = 64,
    anchors: Sequence[int] = (40, 80, 144),
    n_classes: int = 1,
    input_size: int = 224,
) -> RetinaNet:
    """torchvision's RetinaNet (Lin et al., 2017, arXiv:1708.02002) on our trunk.

    Every anchor of every place is scored at once, without a first stage that proposes. Thousands of them show nothing
    and few an object: the focal loss turns down what is right already. Three sizes of an anchor a third of an octave
    apart at three ratios, as in the paper; one of its four convolutions a branch, with group norm.

    Args:
        widths, blocks, stem_stride, channels: see `PyramidTrunk`.
        anchors: side in pixels of each level's smallest anchors, finest first.
        n_classes: how many kinds of things it names in its boxes; 1 finds objects, whatever they are.
        input_size: side of the square canvas it is given.
    """
    levels = len(anchors)
    backbone = PyramidTrunk(widths=widths, blocks=blocks, stem_stride=stem_stride, levels=levels, channels=channels)
    sizes = tuple(tuple(round(side * 2 ** (third / 3)) for third in range(3)) for side in anchors)
    generator = AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * levels)
    norm = partial(nn.GroupNorm, channels // 8)
    head = RetinaNetHead(channels, generator.num_anchors_per_location()[0], n_classes + 1, norm_layer=norm)
    for branch in (head.classification_head, head.regression_head):
        branch.conv = branch.conv[:1]
    return RetinaNet(
        backbone,
        num_classes=n_classes + 1,
        anchor_generator=generator,
        head=head,
        min_size=input_size,
        max_size=input_size,
        score_thresh=0.05,
        nms_thresh=0.3,
        detections_per_img=10,
        topk_candidates=100,
        **canvas(),
    )
