"""Faster R-CNN's second stage, taught to say how well a box fits instead of whether there is an object in it."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.ops import box_iou, generalized_box_iou_loss

#: Weight of the names' loss, which begins five times as large as the others.
KIND = 0.2


class OverlapHeads(RoIHeads):  # type: ignore[misc]  # torchvision has no type information
    """A box's score is the IoU it expects with the object: the best-scored one is then the one that fits best.

    Scored by whether they show an object, a dozen boxes around the same one all come out near 1 in any order. Boxes are
    moved by their IoU too, rather than by each side's distance. It predicts as torchvision's does, and its weights have
    the same names. After Jiang et al., 2018 (IoU-Net, arXiv:1807.11590) and Rezatofighi et al., 2019 (GIoU,
    arXiv:1902.09630).

    Where the objects' classes are known, naming them is one more thing to learn: which of the things in a photo is the
    object is easier to tell for who knows them. No prediction uses the names.

    Args:
        n_kinds: how many classes that are; 0 for none.
        features: channels of the box head's output.
        rest: as for torchvision's.
    """

    def __init__(self, *, n_kinds: int, features: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.kinds = nn.Linear(features, n_kinds) if n_kinds else None

    def forward(
        self,
        features: dict[str, Tensor],
        proposals: list[Tensor],
        image_shapes: list[tuple[int, int]],
        targets: list[dict[str, Tensor]] | None = None,
    ) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
        """As torchvision's: boxes, labels and scores of each picture in eval mode, the losses in training.

        Args:
            targets: with "kinds", int64 [k], the class of each true box, −1 where it is unknown.
        """
        if not self.training or targets is None:
            found: tuple[list[dict[str, Tensor]], dict[str, Tensor]] = super().forward(
                features, proposals, image_shapes
            )
            return found
        chosen, matched, labels, offsets = self.select_training_samples(proposals, targets)
        seen = self.box_head(self.box_roi_pool(features, chosen, image_shapes))
        logits, moves = self.box_predictor(seen)
        where, is_object = torch.cat(chosen), torch.cat(labels) > 0
        moved = self.box_coder.decode_single(moves.reshape(len(where), -1, 4)[:, 1], where)
        true = self.box_coder.decode_single(torch.cat(offsets)[is_object], where[is_object])
        with torch.no_grad():
            parts = torch.split(moved, [len(boxes) for boxes in chosen])
            overlaps = torch.cat([best_overlap(part, one["boxes"]) for part, one in zip(parts, targets, strict=True)])
        misplaced = generalized_box_iou_loss(moved[is_object], true, reduction="sum")
        losses = {
            "loss_classifier": F.binary_cross_entropy_with_logits(logits[:, 1] - logits[:, 0], overlaps),
            "loss_box_reg": misplaced / is_object.sum().clamp(1),
        }
        if self.kinds is not None:
            kinds = [one["kinds"][match[label > 0]] for one, match, label in zip(targets, matched, labels, strict=True)]
            losses["loss_kind"] = KIND * naming_loss(self.kinds(seen[is_object]).float(), torch.cat(kinds))
        return [], losses


def best_overlap(boxes: Tensor, true: Tensor) -> Tensor:
    """The largest IoU of each box [n, 4] with one of the true ones [k, 4]; zeros where there are none."""
    return box_iou(boxes, true).amax(dim=1) if len(true) else boxes.new_zeros(len(boxes))


def naming_loss(logits: Tensor, kinds: Tensor) -> Tensor:
    """Mean cross-entropy of those boxes [n, kinds] whose kind [n] is known, not −1; zero where none is."""
    known = (kinds >= 0).sum().clamp(1)
    return F.cross_entropy(logits, kinds, ignore_index=-1, reduction="sum") / known
