"""A grid detector as the lectures draw it: the picture in cells, a few boxes a cell, one look."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import batched_nms, box_iou, clip_boxes_to_image, generalized_box_iou_loss

from smallimg.networks.detectors.pyramid import BLOCKS, MEAN, STD, STEM_STRIDE, WIDTHS
from smallimg.networks.resnet import ResNetTrunk, conv_bn

#: The probability of an object that every box begins with; the score below which one is not given; how many are.
PRIOR, LEAST_SCORE, MOST = 0.02, 0.05, 10
#: How much two boxes of a kind may overlap.
OVERLAP = 0.3
#: Weight of a box's score where there is no object, of which there are many more (λ_noobj of the paper).
NO_OBJECT = 0.5
#: Weight of the boxes' places (λ_coord).
PLACE = 5.0


class YoloGrid(nn.Module):
    """Boxes and classes a cell, after Redmon et al., 2016 (YOLO, arXiv:1506.02640), with base boxes as in YOLO9000.

    The trunk's last stage is the grid, 7 × 7 cells of 32 pixels at 224. A cell has one base box a side in `anchors`:
    each says how sure it is, in IoU, that an object has its centre in this cell and fits this box best, and how to
    move and scale it: (5 × boxes + classes) numbers a cell. Boxes are moved by their IoU, as in newer YOLOs, in place
    of the square roots of the paper's sides. It speaks torchvision's language: losses in training, else boxes.

    Args:
        widths, blocks, stem_stride: the trunk's stages, see `smallimg.networks.resnet.ResNetTrunk`.
        channels: of the head's convolution.
        anchors: side in pixels of a cell's base boxes.
        n_classes: how many kinds of things it names in its cells; 1 finds objects, whatever they are.
        input_size: side of the square canvas it is given.
    """

    def __init__(
        self,
        *,
        widths: Sequence[int] = WIDTHS,
        blocks: Sequence[int] = BLOCKS,
        stem_stride: int = STEM_STRIDE,
        channels: int = 128,
        anchors: Sequence[int] = (48, 96, 160),
        n_classes: int = 1,
        input_size: int = 224,
    ) -> None:
        super().__init__()
        self.backbone = ResNetTrunk(widths=widths, blocks=blocks, stem_stride=stem_stride)
        self.cell = stem_stride * 2 ** (len(widths) - 1)
        self.anchors = tuple(float(side) for side in anchors)
        self.n_classes = n_classes
        self.input_size = input_size
        last = nn.Conv2d(channels, 5 * len(anchors) + n_classes, 1)
        self.head = nn.Sequential(conv_bn(widths[-1], channels), nn.ReLU(inplace=True), last)
        nn.init.normal_(last.weight, std=0.01)
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]  # there is one
        with torch.no_grad():
            last.bias[: len(anchors)] = -math.log((1 - PRIOR) / PRIOR)  # type: ignore[index]

    def forward(
        self, images: list[Tensor], targets: list[dict[str, Tensor]] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        """As torchvision's detectors: pictures 0 … 1 [3, side, side] → the losses in training, else what it found.

        Args:
            images: all of one side.
            targets: in training, of each picture "boxes" [k, 4] and "labels" [k], 1 … n_classes.
        """
        scores, boxes, kinds = self.said(images)
        if self.training:
            if targets is None:
                raise ValueError("a detector learns from targets, and there are none")
            return self.losses(scores, boxes, kinds, targets)
        return [self.best(*one) for one in zip(scores, boxes, kinds, strict=True)]

    def said(self, images: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """What each cell says, row by row: scores' logits [n, cells, boxes], boxes [n, cells, boxes, 4] in pixels,

        and the classes' logits [n, cells, n_classes].
        """
        pixels = (torch.stack(images) - MEAN[0]) / STD[0]
        features = self.backbone(pixels.contiguous(memory_format=torch.channels_last))[-1]
        found = self.head(features)
        n, b = len(images), len(self.anchors)
        side = found.shape[-1]
        rows = found.permute(0, 2, 3, 1).reshape(n, side * side, -1)
        moves = rows[..., b : 5 * b].reshape(n, side * side, b, 4)
        steps = torch.arange(side, dtype=torch.float32, device=found.device) * self.cell
        corners = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1).reshape(side * side, 1, 2)
        # Twice the cell's side: with it alone, a centre on the border is out of every sigmoid's reach.
        centres = corners + (moves[..., :2].sigmoid() * 2 - 0.5) * self.cell
        halves = moves[..., 2:].clamp(-4, 4).exp() * torch.tensor(self.anchors, device=found.device)[:, None] / 2
        return rows[..., :b], torch.cat([centres - halves, centres + halves], dim=-1), rows[..., 5 * b :]

    def losses(
        self, scores: Tensor, boxes: Tensor, kinds: Tensor, targets: list[dict[str, Tensor]]
    ) -> dict[str, Tensor]:
        """The losses of what `said` gives: of the scores, the boxes' places, and the names where there are several."""
        wanted, weights = torch.zeros_like(scores), torch.full_like(scores, NO_OBJECT)
        side = round(scores.shape[1] ** 0.5)
        sides = torch.tensor(self.anchors, device=scores.device)
        moved, true, named, names = [], [], [], []
        for index, target in enumerate(targets):
            there = target["boxes"]
            centre, size = (there[:, :2] + there[:, 2:]) / 2, there[:, 2:] - there[:, :2]
            column, row = (centre / self.cell).long().clamp(0, side - 1).unbind(1)
            cells, best = row * side + column, fitting(size, sides)
            chosen = boxes[index, cells, best]
            # A box of another cell that fits as well is no mistake: its score teaches nothing.
            if len(there):
                overlap = box_iou(boxes[index].detach().reshape(-1, 4), there).amax(dim=1).reshape(scores.shape[1:])
                weights[index][overlap > 0.5] = 0
            fit = torch.diagonal(box_iou(chosen.detach(), there)).clamp(0, 1)
            wanted[index, cells, best] = fit.to(wanted)
            weights[index, cells, best] = 1.0
            moved.append(chosen)
            true.append(there)
            named.append(kinds[index, cells])
            names.append(target["labels"] - 1)
        found = max(1, sum(map(len, true)))
        sure = F.binary_cross_entropy_with_logits(scores, wanted, weights, reduction="sum")
        misplaced = generalized_box_iou_loss(torch.cat(moved), torch.cat(true), reduction="sum")
        losses = {"loss_objectness": sure / found, "loss_box_reg": PLACE * misplaced / found}
        if self.n_classes > 1:
            losses["loss_classifier"] = F.cross_entropy(torch.cat(named), torch.cat(names), reduction="sum") / found
        return losses

    def rated(self, scores: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        """Of each box of a picture's cells its score and its class, from 0, both [cells boxes]."""
        shares = kinds.softmax(dim=-1) if self.n_classes > 1 else torch.ones_like(kinds)
        # Whether there is an object, and if so, what it is: the product is a box's score, as in the paper.
        share, kind = shares[:, None].expand(-1, scores.shape[1], -1).flatten(0, 1).max(dim=-1)
        return scores.sigmoid().flatten() * share, kind

    def best(
        self, scores: Tensor, boxes: Tensor, kinds: Tensor, *, overlap: float = OVERLAP, most: int = MOST
    ) -> dict[str, Tensor]:
        """What a picture's cells say → its boxes [k, 4], scores and labels [k], best first; none twice.

        Args:
            scores, boxes, kinds: of one picture, see `said`.
            overlap: of two of a kind that overlap by more than this IoU, the better one is given.
            most: how many are given at most.
        """
        score, kind = self.rated(scores, kinds)
        kept = torch.where(score > LEAST_SCORE)[0]
        box = clip_boxes_to_image(boxes.reshape(-1, 4)[kept], (self.input_size, self.input_size))
        first = batched_nms(box, score[kept], kind[kept], overlap)[:most]
        return {"boxes": box[first], "scores": score[kept][first], "labels": kind[kept][first] + 1}


def fitting(sizes: Tensor, sides: Tensor) -> Tensor:
    """Which square of `sides` [b] fits each of `sizes` [k, 2] best by IoU, both at one centre; int64 [k]."""
    overlap = torch.minimum(sizes[:, None], sides[None, :, None]).prod(dim=2)
    union = sizes.prod(dim=1)[:, None] + sides.square()[None] - overlap
    return (overlap / union).argmax(dim=1)
