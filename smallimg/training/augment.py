"""Training-only randomness, on whole batches of tensors: geometry and colour; for other backgrounds see `pasting`.

All functions draw from torch's global random state, so that seeding it repeats a run and saving it resumes one.
Pixels are float32 0 … 255 here, RGB [n, 3, h, w]; alpha is float32 0 … 1 [n, 1, h, w].
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from smallimg.pictures.preprocess import FILL
from smallimg.training.recipes import Augment


def window_matrices(windows: Tensor, augment: Augment | None, *, mirror: Tensor | None = None) -> Tensor:
    """Affine maps from an output square (−1 … 1 each way) to source pixels, [n, 2, 3].

    Args:
        windows: xyxy [n, 4] in source pixels: what to look at.
        augment: how to mirror, turn, zoom and move the window at random; None for the window as it is.
        mirror: −1 to mirror a window and 1 not to, [n]; None leaves that to `augment`.
    """
    n = len(windows)
    centre = (windows[:, :2] + windows[:, 2:]) / 2
    half = ((windows[:, 2:] - windows[:, :2]) / 2).clamp(min=0.5)
    angle = torch.zeros(n)
    if augment is not None:
        angle = _between(n, augment.degrees) * math.pi / 180
        if augment.flip and mirror is None:
            mirror = either_way(n)
        shift = half * 2 * torch.stack([_between(n, augment.shift), _between(n, augment.shift)], dim=1)
        centre = centre + shift.round()  # by whole pixels, which blurs nothing
        half = half * torch.exp(_between(n, math.log1p(augment.scale)))[:, None]
    cos, sin = angle.cos(), angle.sin()
    mirror = torch.ones(n) if mirror is None else mirror
    rows = [
        torch.stack([cos * half[:, 0] * mirror, -sin * half[:, 1], centre[:, 0]], dim=1),
        torch.stack([sin * half[:, 0] * mirror, cos * half[:, 1], centre[:, 1]], dim=1),
    ]
    return torch.stack(rows, dim=1)


def sample(source: Tensor, matrices: Tensor, side: int, *, fill: float | Tensor = 0.0, smooth: bool = False) -> Tensor:
    """Look through windows: [n, c, h, w] → [n, c, side, side], bilinear, `fill` beyond the edge.

    Args:
        source: float pixels or alpha.
        matrices: from `window_matrices`.
        fill: a value, or one a channel [c].
        smooth: average 2 × 2 samples a pixel, against aliasing where the window is larger than `side`.
    """
    height, width = source.shape[-2:]
    grid = sampling_grid(matrices, width, height, side * 2 if smooth else side)
    offset = torch.as_tensor(fill, dtype=source.dtype).reshape(-1, 1, 1)
    seen = F.grid_sample(source - offset, grid, mode="bilinear", padding_mode="zeros", align_corners=False) + offset
    return F.avg_pool2d(seen, 2) if smooth else seen


def sampling_grid(matrices: Tensor, width: int, height: int, side: int) -> Tensor:
    """Affine maps in source pixels → torch's sampling grid [n, side, side, 2], where the source spans −1 … 1."""
    theta = matrices * torch.tensor([[2 / width], [2 / height]])
    theta[:, :, 2] -= 1
    return F.affine_grid(theta, [len(theta), 1, side, side], align_corners=False)


def move_boxes(boxes: Tensor, matrix: Tensor, side: int) -> Tensor:
    """Boxes [k, 4] in source pixels → the boxes around their corners in the sampled square [k, 4], clipped to it.

    Args:
        matrix: one of `window_matrices`, [2, 3].
    """
    corners = boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    unit = (corners - matrix[:, 2]) @ torch.linalg.inv(matrix[:, :2]).T
    pixels = ((unit + 1) / 2 * side).clamp(0, side)
    return torch.cat([pixels.amin(dim=1), pixels.amax(dim=1)], dim=1)


def mask_boxes(alpha: Tensor) -> Tensor:
    """The smallest box around each object [n, 4], pixels; zeros where there is none.

    Args:
        alpha: [n, 1, h, w]; the object is where it exceeds one half.
    """
    inside = alpha[:, 0] > 0.5
    spans = []
    for line in (inside.any(dim=1), inside.any(dim=2)):
        length = line.shape[1]
        places = torch.arange(length)
        first = torch.where(line, places, length).amin(dim=1)
        last = torch.where(line, places + 1, 0).amax(dim=1)
        spans.append((torch.minimum(first, last), last))
    (x1, x2), (y1, y2) = spans
    return torch.stack([x1, y1, x2, y2], dim=1).float()


def jitter(pixels: Tensor, augment: Augment) -> Tensor:
    """Random brightness, contrast and colour (a random mix of the channels) of each picture."""
    n = len(pixels)
    if augment.colour:
        mix = torch.eye(3) + (torch.rand(n, 3, 3) * 2 - 1) * augment.colour
        mix = mix / mix.sum(dim=2, keepdim=True).abs().clamp(min=0.5)
        pixels = torch.einsum("nij,njhw->nihw", mix.to(pixels), pixels)
    contrast = 1 + _between(n, augment.contrast).reshape(n, 1, 1, 1)
    brightness = 1 + _between(n, augment.brightness).reshape(n, 1, 1, 1)
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    return ((pixels - mean) * contrast + mean * brightness).clamp(0, 255)


def erase(pixels: Tensor, share: float) -> Tensor:
    """Cover a square of each picture, anywhere, with `FILL`, so that no part of an object is all there is to learn.

    After DeVries and Taylor, 2017, "Improved regularization of convolutional neural networks with cutout".

    Args:
        share: side of the square as a share of the picture's; what falls beyond the edge covers nothing.
    """
    n, side = len(pixels), pixels.shape[-1]
    places = torch.arange(side)
    row, column = ((places - torch.randint(side, (n, 1))).abs() < share * side / 2 for _ in range(2))
    covered = row[:, None, :, None] & column[:, None, None, :]
    return torch.where(covered, torch.tensor(FILL, dtype=pixels.dtype).reshape(3, 1, 1), pixels)


def mix(pixels: Tensor, probability: float) -> tuple[Tensor, Tensor, float]:
    """Put a rectangle of another picture of the batch into each, the same for all, or leave all as they are.

    After Yun et al., 2019, "CutMix: regularization strategy to train strong classifiers with localizable features"
    (arXiv:1905.04899): what is learned then has to be told from every part of an object.

    Args:
        probability: of mixing at all.

    Returns:
        (the pictures, the index in the batch of each one's partner [n], the share of each that stays its own).
    """
    n, _, height, width = pixels.shape
    partner = torch.arange(n)
    if not probability or torch.rand(()) >= probability:
        return pixels, partner, 1.0
    partner = torch.randperm(n)
    share = torch.rand(()).sqrt()  # of each side: the area is then uniform
    sides = [round(float(share) * length) for length in (height, width)]
    top, left = (int(torch.randint(length - side + 1, ())) for side, length in zip(sides, (height, width), strict=True))
    patch = slice(top, top + sides[0]), slice(left, left + sides[1])
    mixed = pixels.clone()
    mixed[..., *patch] = pixels[partner][..., *patch]
    return mixed, partner, 1 - sides[0] * sides[1] / (height * width)


def on_fill(pixels: Tensor, alpha: Tensor) -> Tensor:
    """Cut-outs on the plain `FILL`, the tensor form of `smallimg.pictures.preprocess.on_fill`."""
    fill = torch.tensor(FILL, dtype=pixels.dtype).reshape(3, 1, 1)
    return pixels * alpha + fill * (1 - alpha)


def either_way(n: int) -> Tensor:
    """−1 or 1, [n], for mirroring."""
    return torch.where(torch.rand(n) < 0.5, -1.0, 1.0)


def _between(n: int, limit: float) -> Tensor:
    """Uniform in −limit … limit, [n]."""
    return (torch.rand(n) * 2 - 1) * limit
