"""Detectors that look at one crop of the picture after the other: what there was before feature maps were shared."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import batched_nms, box_iou, clip_boxes_to_image, roi_align

from smallimg.networks.detectors.pyramid import MEAN, STD
from smallimg.networks.resnet import ResNetTrunk

#: Crops at once in prediction: all of them take much memory, one after the other much time.
AT_ONCE = 512
#: A crop shows the object from this IoU on, and nothing below the other; those between teach nothing.
OBJECT, NOTHING = 0.6, 0.4
#: The score below which no box is given; how many are; how much two of a kind may overlap.
LEAST_SCORE, MOST, OVERLAP = 0.05, 10, 0.3


class CropClassifier(nn.Module):
    """A small convolutional network that names what a crop shows, nothing included.

    Args:
        widths: channels of its stages; each after the first halves the side.
        side: in pixels, to which crops of any size and shape are brought.
        n_classes: how many kinds of things it names.
    """

    def __init__(self, *, widths: Sequence[int], side: int, n_classes: int) -> None:
        super().__init__()
        self.side = side
        self.trunk = ResNetTrunk(widths=widths, blocks=[1] * len(widths), stem_stride=2)
        self.logits = nn.Linear(widths[-1], n_classes + 1)

    def forward(self, pixels: Tensor, windows: Sequence[Tensor]) -> Tensor:
        """Normalised pixels [n, 3, h, w] and of each picture windows [k, 4] → logits [all of them, 1 + n_classes]."""
        logits: Tensor = self.logits(self.features(pixels, windows))
        return logits

    def features(self, pixels: Tensor, windows: Sequence[Tensor]) -> Tensor:
        """The same before the last layer, [all windows, width]."""
        crops = roi_align(pixels, list(windows), self.side, sampling_ratio=2, aligned=True)
        seen: Tensor = self.trunk(crops)[-1].mean(dim=(2, 3))
        return seen


class SlidingWindow(nn.Module):
    """A classifier asked about every window of a grid: the oldest of detectors, with a learned classifier.

    It learns from windows around the objects and from others, drawn anew for each picture, and gives the best windows
    as they are: a box is no better than the grid. It speaks torchvision's language.

    Args:
        widths, crop: of the `CropClassifier`.
        sides: of the windows, as shares of the picture's side.
        ratios: height : width of the windows of each side.
        step: from one window to the next, as a share of its side.
        samples: windows of a picture that are learned from in a step.
        n_classes: how many kinds of things it names in its boxes; 1 finds objects, whatever they are.
        input_size: side of the square canvas it is given.
    """

    windows: Tensor

    def __init__(
        self,
        *,
        widths: Sequence[int] = (16, 32, 64),
        crop: int = 32,
        sides: Sequence[float] = (0.25, 0.4, 0.6, 0.85),
        ratios: Sequence[float] = (0.5, 1.0, 2.0),
        step: float = 0.2,
        samples: int = 24,
        n_classes: int = 1,
        input_size: int = 224,
    ) -> None:
        super().__init__()
        self.head = CropClassifier(widths=widths, side=crop, n_classes=n_classes)
        self.samples = samples
        self.input_size = input_size
        grid = window_grid(input_size, sides, ratios, step)
        self.register_buffer("windows", grid, persistent=False)

    def forward(
        self, images: list[Tensor], targets: list[dict[str, Tensor]] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        """As torchvision's detectors: pictures 0 … 1 [3, side, side] → the losses in training, else what it found."""
        pixels = (torch.stack(images) - MEAN[0]) / STD[0]
        if self.training:
            if targets is None:
                raise ValueError("a detector learns from targets, and there are none")
            drawn = [drawn_windows(self.windows, one["boxes"], self.samples, self.input_size) for one in targets]
            labels = [label_of(windows, **one) for windows, one in zip(drawn, targets, strict=True)]
            return {"loss_classifier": F.cross_entropy(self.head(pixels, drawn), torch.cat(labels), ignore_index=-1)}
        return [best_windows(self.windows, self.shares(one[None])) for one in pixels]

    def shares(self, pixels: Tensor) -> Tensor:
        """One picture [1, 3, side, side] → what each window of the grid shows, probabilities [windows, 1 + classes]."""
        parts = [self.head(pixels, [some]) for some in torch.split(self.windows, AT_ONCE)]
        return torch.cat(parts).softmax(dim=1)


def window_grid(side: int, sides: Sequence[float], ratios: Sequence[float], step: float) -> Tensor:
    """Windows of all sizes and shapes, float32 [n, 4], xyxy, all within a square of `side` pixels."""
    windows = []
    for share in sides:
        for ratio in ratios:
            width, height = (min(side, share * side / ratio**0.5), min(side, share * side * ratio**0.5))
            across, down = (
                torch.linspace(0, side - size, 1 + round((side - size) / (step * size))) for size in (width, height)
            )
            y, x = torch.meshgrid(down, across, indexing="ij")
            windows.append(torch.stack([x, y, x + width, y + height], dim=-1).reshape(-1, 4))
    return torch.cat(windows)


def drawn_windows(grid: Tensor, boxes: Tensor, count: int, side: int) -> Tensor:
    """Windows to learn from, [count, 4]: a third around objects, a third that just miss them, the others anywhere."""
    anywhere = grid[torch.randint(len(grid), (count,), device=grid.device)]
    if not len(boxes):
        return anywhere
    near = boxes[torch.randint(len(boxes), (2 * count // 3,), device=boxes.device)]
    size = (near[:, 2:] - near[:, :2]).repeat(1, 2)
    reach = torch.cat([torch.full((count // 3, 1), 0.12), torch.full((len(near) - count // 3, 1), 0.5)]).to(size)
    moved = clip_boxes_to_image(near + torch.randn_like(near) * reach * size, (side, side))
    sound = (moved[:, 2:] - moved[:, :2]).amin(dim=1) >= 4
    return torch.cat([moved[sound], anywhere])[:count]


def label_of(windows: Tensor, boxes: Tensor, labels: Tensor, **_others: Tensor) -> Tensor:
    """What windows [n, 4] show of the true boxes [k, 4]: its label, 0 for nothing, −1 for what is hard to say."""
    if not len(boxes):
        return labels.new_zeros(len(windows))
    overlap, which = box_iou(windows, boxes).max(dim=1)
    said = torch.where(overlap >= OBJECT, labels[which], -1)
    return torch.where(overlap < NOTHING, 0, said)


def best_windows(windows: Tensor, shares: Tensor, *, overlap: float = OVERLAP, most: int = MOST) -> dict[str, Tensor]:
    """Windows [n, 4] and what they show [n, 1 + classes] → boxes, scores and labels, best first; none twice.

    Args:
        windows, shares: all of them.
        overlap: of two of a kind that overlap by more than this IoU, the better one is given.
        most: how many are given at most.
    """
    scores, labels = shares[:, 1:].max(dim=1)
    kept = torch.where(scores > LEAST_SCORE)[0]
    first = batched_nms(windows[kept], scores[kept], labels[kept], overlap)[:most]
    return {"boxes": windows[kept][first], "scores": scores[kept][first], "labels": labels[kept][first] + 1}
