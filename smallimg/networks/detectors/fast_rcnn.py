"""Fast R-CNN for small pictures: proposals from outside, features computed once, a second stage for each proposal."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.ops import RoIAlign, RoIPool

from smallimg.networks.detectors.pyramid import BLOCKS, MEAN, STD, STEM_STRIDE, WIDTHS, PyramidTrunk, strides

#: Levels of the pyramid, of which the finest is what boxes are cut from; places a side of what is cut out.
LEVELS, PLACES = 3, 7


class OneMap(nn.Module):
    """Cuts boxes out of the finest feature map, [boxes, channels, 7, 7].

    Args:
        pooling: "pool" rounds a box to whole places and takes the largest value in each part of it (RoI pooling, as in
            the paper); "align" reads between the places and rounds nothing (He et al., 2017).
        stride: pixels from one place to the next.
    """

    def __init__(self, pooling: Literal["pool", "align"], stride: int) -> None:
        super().__init__()
        self.cut: nn.Module
        if pooling == "align":
            self.cut = RoIAlign(PLACES, 1 / stride, sampling_ratio=2)
        elif pooling == "pool":
            self.cut = RoIPool(PLACES, 1 / stride)
        else:
            raise ValueError(f"pooling is “pool” or “align”, got {pooling!r}")

    def forward(self, features: dict[str, Tensor], boxes: list[Tensor], _sizes: list[tuple[int, int]]) -> Tensor:
        """Features by level and boxes [k, 4] of each picture, as torchvision's `RoIHeads` asks for them."""
        cut: Tensor = self.cut(features["0"], boxes)
        return cut


class FastRCNN(nn.Module):
    """Girshick, 2015 (arXiv:1504.08083), of torchvision's second stage, on our trunk.

    Where objects may be, it is told: see `smallimg.pictures.selective_search`. The picture goes through the trunk once,
    and every proposal is judged and moved by what lies in it on the feature map.

    Args:
        widths, blocks, stem_stride, channels: see `PyramidTrunk`.
        pooling: see `OneMap`.
        samples: how many proposals of a picture it learns from in a step.
        n_classes: how many kinds of things it names in its boxes; 1 finds objects, whatever they are.
        input_size: side of the square canvas it is given.
    """

    needs_proposals = True

    def __init__(
        self,
        *,
        widths: Sequence[int] = WIDTHS,
        blocks: Sequence[int] = BLOCKS,
        stem_stride: int = STEM_STRIDE,
        channels: int = 64,
        pooling: Literal["pool", "align"] = "align",
        samples: int = 64,
        n_classes: int = 1,
        input_size: int = 224,
    ) -> None:
        super().__init__()
        self.backbone = PyramidTrunk(
            widths=widths, blocks=blocks, stem_stride=stem_stride, levels=LEVELS, channels=channels
        )
        self.input_size = input_size
        self.roi_heads = RoIHeads(
            OneMap(pooling, strides(LEVELS, widths, stem_stride)[0]),
            TwoMLPHead(channels * PLACES**2, 256),
            FastRCNNPredictor(256, n_classes + 1),
            fg_iou_thresh=0.5,
            bg_iou_thresh=0.5,
            batch_size_per_image=samples,
            positive_fraction=0.25,
            bbox_reg_weights=None,
            score_thresh=0.05,
            nms_thresh=0.3,
            detections_per_img=10,
        )

    def forward(
        self, images: list[Tensor], targets: list[dict[str, Tensor]] | None, proposals: list[Tensor]
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        """As torchvision's detectors: pictures 0 … 1 [3, side, side] → the losses in training, else what it found.

        Args:
            images: all of one side.
            targets: in training, of each picture "boxes" [k, 4] and "labels" [k].
            proposals: of each picture, [m, 4] in its pixels.
        """
        pixels = (torch.stack(images) - MEAN[0]) / STD[0]
        sizes = [(self.input_size, self.input_size)] * len(images)
        found, losses = self.roi_heads(self.backbone(pixels), proposals, sizes, targets)
        result: dict[str, Tensor] | list[dict[str, Tensor]] = losses if self.training else found
        return result
