"""R-CNN: every proposal is cut out of the picture, brought to one size, and goes through the network by itself."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.detection._utils import BoxCoder
from torchvision.ops import box_iou, clip_boxes_to_image

from smallimg.networks.detectors.crops import CropClassifier, best_windows, label_of
from smallimg.networks.detectors.pyramid import MEAN, STD

#: How much larger than its proposal a crop is, each way: what lies around tells where the object ends.
CONTEXT = 1.2


class RCNN(nn.Module):
    """Girshick et al., 2014 (arXiv:1311.2524), small: a classifier of warped crops, and a box regression.

    Where objects may be, it is told: see `smallimg.pictures.selective_search`. As in the paper the network learns as a
    classifier first; what names a crop in the end is a linear support vector machine a class, on its features: see
    `smallimg.training.svms`, which puts them in the place of the last layer.

    Args:
        widths, crop: of the `CropClassifier`.
        samples: how many proposals of a picture it learns from in a step.
        n_classes: how many kinds of things it names in its boxes; 1 finds objects, whatever they are.
        input_size: side of the square canvas it is given.
    """

    needs_proposals = True

    def __init__(
        self,
        *,
        widths: Sequence[int] = (32, 64, 128),
        crop: int = 48,
        samples: int = 24,
        n_classes: int = 1,
        input_size: int = 224,
    ) -> None:
        super().__init__()
        self.head = CropClassifier(widths=widths, side=crop, n_classes=n_classes)
        self.moves = nn.Linear(widths[-1], 4)
        nn.init.zeros_(self.moves.weight)
        nn.init.zeros_(self.moves.bias)
        self.coder = BoxCoder((10.0, 10.0, 5.0, 5.0))
        self.samples = samples
        self.input_size = input_size

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
        if self.training:
            if targets is None:
                raise ValueError("a detector learns from targets, and there are none")
            return self.losses(pixels, targets, proposals)
        return [self.found(one[None], boxes) for one, boxes in zip(pixels, proposals, strict=True)]

    def losses(self, pixels: Tensor, targets: list[dict[str, Tensor]], proposals: list[Tensor]) -> dict[str, Tensor]:
        """Of normalised pixels [n, 3, side, side]: what the crops are called, and how far off those of objects are."""
        pairs = zip(proposals, targets, strict=True)
        drawn = [drawn_proposals(some, one["boxes"], self.samples) for some, one in pairs]
        labels = torch.cat([label_of(some, **one) for some, one in zip(drawn, targets, strict=True)])
        seen = self.features(pixels, drawn)
        nearest = torch.cat([nearest_box(some, one["boxes"]) for some, one in zip(drawn, targets, strict=True)])
        shows = labels > 0
        wanted = self.coder.encode_single(nearest[shows], torch.cat(drawn)[shows])
        off = F.smooth_l1_loss(self.moves(seen[shows]).float(), wanted, beta=1 / 9, reduction="sum")
        return {
            "loss_classifier": F.cross_entropy(self.head.logits(seen).float(), labels, ignore_index=-1),
            "loss_box_reg": off / max(1, len(labels)),
        }

    def features(self, pixels: Tensor, proposals: Sequence[Tensor]) -> Tensor:
        """What the crops look like to the network, [all proposals, width]: what its last layers go by."""
        return self.head.features(pixels, [with_context(one) for one in proposals])

    def found(self, pixels: Tensor, proposals: Tensor) -> dict[str, Tensor]:
        """Normalised pixels of one picture [1, 3, side, side] and proposals [m, 4] → boxes, scores, labels."""
        return best_windows(*self.judged(pixels, proposals))

    def judged(self, pixels: Tensor, proposals: Tensor) -> tuple[Tensor, Tensor]:
        """The same before the best are chosen: where each is moved [m, 4], and what it shows [m, 1 + classes]."""
        seen = self.features(pixels, [proposals])
        moved = self.coder.decode_single(self.moves(seen), proposals)
        boxes = clip_boxes_to_image(moved, (self.input_size, self.input_size))
        return boxes, self.head.logits(seen).softmax(dim=1)


def drawn_proposals(proposals: Tensor, boxes: Tensor, count: int) -> Tensor:
    """Proposals to learn from, at most [count, 4]: a third that show an object, the objects themselves among them."""
    if not len(boxes):
        return proposals[torch.randperm(len(proposals))[:count]]
    overlap = box_iou(proposals, boxes).amax(dim=1)
    good, others = torch.cat([boxes, proposals[overlap >= 0.6]]), proposals[overlap < 0.4]
    good = good[torch.randperm(len(good))[: count // 3]]
    return torch.cat([good, others[torch.randperm(len(others))[: count - len(good)]]])


def nearest_box(windows: Tensor, boxes: Tensor) -> Tensor:
    """The true box [k, 4] that each window [n, 4] overlaps most, [n, 4]; the window itself where there is none."""
    return boxes[box_iou(windows, boxes).argmax(dim=1)] if len(boxes) else windows


def with_context(boxes: Tensor) -> Tensor:
    """Boxes [n, 4] enlarged about their centres."""
    centre, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2 * CONTEXT
    return torch.cat([centre - half, centre + half], dim=1)
