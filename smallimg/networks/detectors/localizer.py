"""Localisation by regression: one object a picture, and its box is four numbers. The lectures' first rung."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import box_iou, clip_boxes_to_image, generalized_box_iou_loss

from smallimg.networks.detectors.pyramid import BLOCKS, MEAN, STD, STEM_STRIDE, WIDTHS
from smallimg.networks.resnet import ResNetTrunk, conv_bn

#: Weight of the four numbers' distance beside their IoU.
DISTANCE = 5.0


class Localizer(nn.Module):
    """A classifier with four more outputs: centre and size of the one box, as shares of the picture's side.

    The whole last feature map is read, place by place: a mean over it would not know where anything is. A picture with
    several objects has the largest learned; one with none has a score to say so. It speaks torchvision's language.

    Args:
        widths, blocks, stem_stride: the trunk's stages, see `smallimg.networks.resnet.ResNetTrunk`.
        channels: that the last feature map is brought down to.
        hidden: features of the layer before the last.
        n_classes: how many kinds of things it names; 1 finds the object, whatever it is.
        input_size: side of the square canvas it is given.
    """

    def __init__(
        self,
        *,
        widths: Sequence[int] = WIDTHS,
        blocks: Sequence[int] = BLOCKS,
        stem_stride: int = STEM_STRIDE,
        channels: int = 32,
        hidden: int = 256,
        n_classes: int = 1,
        input_size: int = 224,
    ) -> None:
        super().__init__()
        self.backbone = ResNetTrunk(widths=widths, blocks=blocks, stem_stride=stem_stride)
        self.n_classes = n_classes
        self.input_size = input_size
        side = -(-input_size // (stem_stride * 2 ** (len(widths) - 1)))
        self.head = nn.Sequential(
            conv_bn(widths[-1], channels, kernel=1),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Linear(channels * side * side, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, 5 + n_classes),
        )

    def forward(
        self, images: list[Tensor], targets: list[dict[str, Tensor]] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        """As torchvision's detectors: pictures 0 … 1 [3, side, side] → the losses in training, else the one box."""
        pixels = (torch.stack(images) - MEAN[0]) / STD[0]
        features = self.backbone(pixels.contiguous(memory_format=torch.channels_last))[-1]
        said = self.head(features)
        centres, halves = said[:, 1:3].sigmoid(), said[:, 3:5].sigmoid() / 2
        shares = torch.cat([centres - halves, centres + halves], dim=1)
        if self.training:
            if targets is None:
                raise ValueError("a detector learns from targets, and there are none")
            return self.losses(said[:, 0], shares, said[:, 5:], targets)
        side = self.input_size
        boxes = clip_boxes_to_image(shares * side, (side, side))
        kinds, labels = said[:, 5:].softmax(dim=1).max(dim=1)
        scores = said[:, 0].sigmoid() * (kinds if self.n_classes > 1 else 1.0)
        return [
            {"boxes": boxes[one : one + 1], "scores": scores[one : one + 1], "labels": labels[one : one + 1] + 1}
            for one in range(len(images))
        ]

    def losses(
        self, scores: Tensor, shares: Tensor, kinds: Tensor, targets: list[dict[str, Tensor]]
    ) -> dict[str, Tensor]:
        """The losses of scores' logits [n], boxes [n, 4] as shares of the side, and classes' logits [n, n_classes].

        A score is to be the box's IoU with the object, as in `overlap_heads`; 0 where there is none.
        """
        there = torch.tensor([len(one["boxes"]) > 0 for one in targets], device=scores.device)
        largest = [largest_of(one["boxes"]) for one in targets if len(one["boxes"])]
        chosen = zip((one for one in targets if len(one["boxes"])), largest, strict=True)
        pairs = [(one["boxes"][at], one["labels"][at]) for one, at in chosen]
        true = torch.stack([box for box, _ in pairs]) / self.input_size if pairs else shares[:0].detach()
        wanted, found = torch.zeros_like(scores), shares[there]
        wanted[there] = torch.diagonal(box_iou(found.detach(), true)).clamp(0, 1)
        count = max(1, len(pairs))
        misplaced = generalized_box_iou_loss(found, true, reduction="sum")
        distance = F.smooth_l1_loss(found, true, beta=0.05, reduction="sum")
        losses = {
            "loss_objectness": F.binary_cross_entropy_with_logits(scores, wanted),
            "loss_box_reg": (misplaced + DISTANCE * distance) / count,
        }
        if self.n_classes > 1:
            names = torch.stack([label for _, label in pairs]) - 1 if pairs else wanted[:0].long()
            losses["loss_classifier"] = F.cross_entropy(kinds[there], names, reduction="sum") / count
        return losses


def largest_of(boxes: Tensor) -> int:
    """Index of the box [k, 4] with the largest area."""
    return int(((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).argmax())
