"""Detectors: Faster R-CNN (Ren et al., 2015, arXiv:1506.01497) from torchvision, trained from scratch.

All have two classes, background and object: what the object is, is the classifier's business.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN, fasterrcnn_resnet50_fpn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign

from smallimg.boxes import clip_boxes
from smallimg.overlap_heads import OverlapHeads
from smallimg.preprocess import letterbox, to_tensor
from smallimg.resnet import ResNetTrunk
from smallimg.results import Box

#: Pictures of 0 … 1, float32 [3, h, w] each → for each its "boxes" [k, 4] and "scores" [k], best first.
Detector = Callable[[list[Tensor]], list[dict[str, Tensor]]]

#: uint8 pixels 0 … 255, divided by 255, go to the network; torchvision's transform then applies these.
_MEAN, _STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


class _PyramidTrunk(nn.Module):
    """A small residual trunk with a feature pyramid (Lin et al., 2017, arXiv:1612.03144) on its last stages."""

    def __init__(
        self, *, widths: Sequence[int], blocks: Sequence[int], stem_stride: int, levels: int, channels: int
    ) -> None:
        super().__init__()
        self.trunk = ResNetTrunk(widths=widths, blocks=blocks, stem_stride=stem_stride)
        self.levels = levels
        self.pyramid = FeaturePyramidNetwork(list(widths)[-levels:], channels)
        self.out_channels = channels

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = self.trunk(x.contiguous(memory_format=torch.channels_last))[-self.levels :]
        levels: dict[str, Tensor] = self.pyramid(OrderedDict((str(i), level) for i, level in enumerate(features)))
        return levels


def compact_fasterrcnn(
    *,
    widths: Sequence[int] = (32, 64, 128, 256),
    blocks: Sequence[int] = (1, 1, 2, 2),
    stem_stride: int = 4,
    channels: int = 64,
    anchors: Sequence[int] = (24, 48, 96, 160),
    proposals: int = 50,
    samples: int = 64,
    scores_overlap: bool = False,
    n_kinds: int = 0,
    input_size: int = 224,
) -> FasterRCNN:
    """Our default: a Faster R-CNN for small pictures, many times faster than torchvision's at 800 pixels.

    The picture stays at its small size, one anchor size a pyramid level at three ratios, few proposals, a light head.

    Args:
        widths, blocks, stem_stride: the trunk's stages, see `smallimg.resnet.ResNetTrunk`.
        channels: of the feature pyramid, which stands on as many of the last stages as there are anchors.
        anchors: side in pixels of each level's anchors, finest first.
        proposals: how many boxes go from the first stage to the second, as a measure: twice as many in training, half
            in prediction, where one good one is enough.
        samples: how many boxes of a picture the second stage learns from in a step: pooling them is most of its time.
        scores_overlap: whether a box's score is how well it fits (see `smallimg.overlap_heads`), not whether an object
            is in it.
        n_kinds: of the classes that the second stage learns to name beside, with `scores_overlap`.
        input_size: side of the square canvas it is given.
    """
    levels = len(anchors)
    backbone = _PyramidTrunk(widths=widths, blocks=blocks, stem_stride=stem_stride, levels=levels, channels=channels)
    pool = MultiScaleRoIAlign([str(i) for i in range(levels)], output_size=7, sampling_ratio=2)
    detector = FasterRCNN(
        backbone,
        rpn_anchor_generator=AnchorGenerator(tuple((side,) for side in anchors), ((0.5, 1.0, 2.0),) * levels),
        box_roi_pool=pool,
        box_head=TwoMLPHead(channels * 49, 256),
        box_predictor=FastRCNNPredictor(256, 2),
        min_size=input_size,
        max_size=input_size,
        image_mean=_MEAN,
        image_std=_STD,
        rpn_pre_nms_top_n_train=min(600, 10 * samples),
        rpn_pre_nms_top_n_test=proposals,
        rpn_post_nms_top_n_train=2 * proposals,
        rpn_post_nms_top_n_test=proposals // 2,
        rpn_batch_size_per_image=64,
        box_batch_size_per_image=samples,
        box_detections_per_img=10,
        box_nms_thresh=0.3,
        _skip_resize=True,
    )
    if scores_overlap:
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


def paper_fasterrcnn(*, input_size: int = 800) -> FasterRCNN:
    """The detector of the AI@UNICT2025 pipeline, to the letter: torchvision's `fasterrcnn_resnet50_fpn`, no weights.

    Anchors 32, 64, 128, 256, 512 on its five levels, ratios 0.5, 1 and 2; a box predictor for two classes. torchvision
    itself scales the shorter side to 800 pixels.
    """
    detector = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=2, min_size=input_size)
    detector.rpn.anchor_generator = AnchorGenerator(
        tuple((side,) for side in (32, 64, 128, 256, 512)), ((0.5, 1.0, 2.0),) * 5
    )
    return detector


#: Architecture name, as written in bundles and recipes → constructor.
DETECTORS: dict[str, Callable[..., FasterRCNN]] = {
    "compact_fasterrcnn": compact_fasterrcnn,
    "fasterrcnn_resnet50_fpn": paper_fasterrcnn,
}


#: Those that see every picture in the one size they are made for, so that an engine can take them over.
FIXED_SIZE = frozenset({"compact_fasterrcnn"})


def build_detector(architecture: str, arguments: dict[str, Any]) -> FasterRCNN:
    """A new network of a named architecture.

    Its boxes are computed in float32, in a training run in bfloat16 too: that has eight bits for a coordinate, and
    anchors, proposals and targets would be rounded to whole pixels.

    Raises:
        KeyError: when the name is not one of `DETECTORS`.
        TypeError: when the arguments are not of that architecture.
    """
    network = DETECTORS[architecture](**arguments)
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


@torch.inference_mode()
def detect(
    network: Detector, image: Image.Image, *, canvas: int, score_threshold: float, max_boxes: int
) -> tuple[Box, ...]:
    """Objects in a picture, best score first; an empty tuple when there is none.

    Args:
        network: in eval mode, or in an engine.
        image: RGB, any size.
        canvas: side of the square the picture is fitted into before the network sees it.
        score_threshold: boxes below it are left out.
        max_boxes: how many boxes at most.

    Returns:
        Boxes in pixels of `image`, clipped to it, none empty.
    """
    fitted, place = letterbox(image, canvas)
    (found,) = network([to_tensor(fitted).float() / 255])
    boxes = clip_boxes(place.to_picture(found["boxes"].numpy()), image.size).tolist()
    return tuple(
        Box(x1, y1, x2, y2, score)
        for (x1, y1, x2, y2), score in zip(boxes, found["scores"].tolist(), strict=True)
        if score >= score_threshold and min(x2 - x1, y2 - y1) >= 1
    )[:max_boxes]


def top_boxes(outputs: Sequence[dict[str, Tensor]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The best box of each network output, float32 [n, 4]; zeros where nothing was found."""
    rows = [output["boxes"][0].cpu().numpy() if len(output["boxes"]) else np.zeros(4) for output in outputs]
    return np.asarray(rows, np.float32).reshape(-1, 4)
