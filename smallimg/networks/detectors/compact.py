"""Our own detector: a Faster R-CNN for small pictures."""

from collections.abc import Sequence

from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.ops import MultiScaleRoIAlign

from smallimg.networks.detectors.overlap_heads import OverlapHeads
from smallimg.networks.detectors.pyramid import BLOCKS, STEM_STRIDE, WIDTHS, PyramidTrunk, canvas


def compact_fasterrcnn(
    *,
    widths: Sequence[int] = WIDTHS,
    blocks: Sequence[int] = BLOCKS,
    stem_stride: int = STEM_STRIDE,
    channels: int = 64,
    anchors: Sequence[int] = (24, 48, 96, 160),
    proposals: int = 50,
    samples: int = 64,
    scores_overlap: bool = False,
    n_kinds: int = 0,
    n_classes: int = 1,
    input_size: int = 224,
) -> FasterRCNN:
    """Our default: a Faster R-CNN for small pictures, many times faster than torchvision's at 800 pixels.

    The picture stays at its small size, one anchor size a pyramid level at three ratios, few proposals, a light head.

    Args:
        widths, blocks, stem_stride: the trunk's stages, see `smallimg.networks.resnet.ResNetTrunk`.
        channels: of the feature pyramid, which stands on as many of the last stages as there are anchors.
        anchors: side in pixels of each level's anchors, finest first.
        proposals: how many boxes go from the first stage to the second, as a measure: twice as many in training, half
            in prediction, where one good one is enough.
        samples: how many boxes of a picture the second stage learns from in a step: pooling them is most of its time.
        scores_overlap: whether a box's score is how well it fits (see `overlap_heads`), not whether an object is in it.
        n_kinds: of the classes that the second stage learns to name beside, with `scores_overlap`.
        n_classes: how many kinds of things it names in its boxes; 1 finds objects, whatever they are.
        input_size: side of the square canvas it is given.
    """
    levels = len(anchors)
    backbone = PyramidTrunk(widths=widths, blocks=blocks, stem_stride=stem_stride, levels=levels, channels=channels)
    pool = MultiScaleRoIAlign([str(i) for i in range(levels)], output_size=7, sampling_ratio=2)
    detector = FasterRCNN(
        backbone,
        rpn_anchor_generator=AnchorGenerator(tuple((side,) for side in anchors), ((0.5, 1.0, 2.0),) * levels),
        box_roi_pool=pool,
        box_head=TwoMLPHead(channels * 49, 256),
        box_predictor=FastRCNNPredictor(256, n_classes + 1),
        min_size=input_size,
        max_size=input_size,
        rpn_pre_nms_top_n_train=min(600, 10 * samples),
        rpn_pre_nms_top_n_test=proposals,
        rpn_post_nms_top_n_train=2 * proposals,
        rpn_post_nms_top_n_test=proposals // 2,
        rpn_batch_size_per_image=64,
        box_batch_size_per_image=samples,
        box_detections_per_img=10,
        box_nms_thresh=0.3,
        **canvas(),
    )
    if scores_overlap:
        if n_classes > 1:
            raise ValueError("a score that is an overlap is of one class, whatever the object is")
        heads = detector.roi_heads
        detector.roi_heads = OverlapHeads(
            n_kinds=n_kinds,
            features=256,
            box_roi_pool=heads.box_roi_pool,
            box_head=heads.box_head,
            box_predictor=heads.box_predictor,
            fg_iou_thresh=0.4,
            bg_iou_thresh=0.4,
            batch_size_per_image=samples,
            positive_fraction=0.5,
            bbox_reg_weights=None,
            score_thresh=heads.score_thresh,
            nms_thresh=heads.nms_thresh,
            detections_per_img=heads.detections_per_img,
        )
    return detector
