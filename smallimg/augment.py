"""Training-only randomness, on whole batches of tensors: geometry, colour, and other backgrounds.

All functions draw from torch's global random state, so that seeding it repeats a run and saving it resumes one.
Pixels are float32 0 … 255 here, RGB [n, 3, h, w]; alpha is float32 0 … 1 [n, 1, h, w].
"""

import math
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional as F

from smallimg.preprocess import FILL
from smallimg.recipes import Augment


def window_matrices(windows: Tensor, augment: Augment | None) -> Tensor:
    """Affine maps from an output square (−1 … 1 each way) to source pixels, [n, 2, 3].

    Args:
        windows: xyxy [n, 4] in source pixels: what to look at.
        augment: how to mirror, turn, zoom and move the window at random; None for the window as it is.
    """
    n = len(windows)
    centre = (windows[:, :2] + windows[:, 2:]) / 2
    half = ((windows[:, 2:] - windows[:, :2]) / 2).clamp(min=0.5)
    angle = torch.zeros(n)
    mirror = torch.ones(n)
    if augment is not None:
        angle = _between(n, augment.degrees) * math.pi / 180
        if augment.flip:
            mirror = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
        centre = centre + half * 2 * torch.stack([_between(n, augment.shift), _between(n, augment.shift)], dim=1)
        half = half * torch.exp(_between(n, math.log1p(augment.scale)))[:, None]
    cos, sin = angle.cos(), angle.sin()
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
    grid = _grid(matrices, width, height, side * 2 if smooth else side)
    offset = torch.as_tensor(fill, dtype=source.dtype).reshape(-1, 1, 1)
    seen = F.grid_sample(source - offset, grid, mode="bilinear", padding_mode="zeros", align_corners=False) + offset
    return F.avg_pool2d(seen, 2) if smooth else seen


def _grid(matrices: Tensor, width: int, height: int, side: int) -> Tensor:
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


def plates(pixels: Tensor, alpha: Tensor) -> Tensor:
    """Backgrounds without their objects: every hole is filled with the picture's own mirrored or shifted texture.

    Args:
        pixels: uint8 [n, 3, h, w].
        alpha: uint8 or bool [n, 1, h, w], non-zero on the object.

    Returns:
        uint8 [n, 3, h, w]; where nothing of the background is to be seen, the picture's mean colour.
    """
    filled = pixels.clone()
    # The object's rim and its contact shadow go with it.
    wide = F.max_pool2d((alpha > 0).float(), (1, 9), stride=1, padding=(0, 4))
    hole = F.max_pool2d(wide, (9, 1), stride=1, padding=(4, 0)) > 0
    free = ~hole
    height, width = pixels.shape[-2:]
    picture, y, x = hole[:, 0].nonzero(as_tuple=True)
    for rolled_y, rolled_x in product((0, height // 2, height // 3), (0, width // 2, width // 3)):
        for flips in ((), (3,), (2,), (2, 3)):
            donor_y, donor_x = (y - rolled_y) % height, (x - rolled_x) % width
            donor_y = height - 1 - donor_y if 2 in flips else donor_y
            donor_x = width - 1 - donor_x if 3 in flips else donor_x
            usable = free[picture, 0, donor_y, donor_x]
            at = picture[usable]
            filled[at, :, y[usable], x[usable]] = pixels[at, :, donor_y[usable], donor_x[usable]]
            picture, y, x = picture[~usable], y[~usable], x[~usable]
    mean = pixels.float().mean(dim=(2, 3)).to(torch.uint8)
    filled[picture, :, y, x] = mean[picture]
    return filled


def random_backgrounds(n: int, side: int, plates: Tensor) -> Tensor:
    """Backgrounds [n, 3, side, side] never seen before: plates turned, zoomed, filtered, mixed; some are noise."""
    kind = torch.rand(n)
    backgrounds = torch.empty(n, 3, side, side)
    for index, share in enumerate(kind.tolist()):
        backgrounds[index] = _noise(side) if share < 0.2 else _turned_plate(side, plates)
        if share > 0.8:
            backgrounds[index].lerp_(_turned_plate(side, plates), float(torch.rand(())))
        if 0.1 < share < 0.5:
            backgrounds[index] = _filtered(backgrounds[index])
    return jitter(backgrounds, Augment(brightness=0.4, contrast=0.4, colour=0.5))


def _turned_plate(side: int, plates: Tensor) -> Tensor:
    """A random plate [3, side, side], turned by any angle and zoomed in; what lies beyond its edge is mirrored."""
    height, width = plates.shape[-2:]
    chosen = plates[torch.randint(len(plates), (1,))].float()
    matrix = window_matrices(torch.tensor([[0.0, 0.0, width, height]]), Augment(degrees=180, shift=0.1))
    matrix[:, :, :2] *= torch.exp(-torch.rand(()) * 1.2)
    grid = _grid(matrix, width, height, side)
    return F.grid_sample(chosen, grid, padding_mode="reflection", align_corners=False)[0]


def _noise(side: int) -> Tensor:
    """A sum of random grids of several sizes [3, side, side], which is what textures have in common."""
    noise = torch.rand(1, 3, 1, 1) * 255
    for cells in (2, 4, 8, 16, 32, 64, 128):
        grid = torch.randn(1, 1, cells, cells) + torch.randn(1, 3, cells, cells) * torch.rand(()) * 0.5
        grid = grid * torch.rand(()) ** 2 * 60
        noise = noise + F.interpolate(grid, size=(side, side), mode="bilinear", align_corners=False)
    return noise[0]


def _filtered(texture: Tensor) -> Tensor:
    """A texture [3, h, w] through a random convolution, which keeps its layout and changes its grain and colours.

    After Xu et al., 2021, "Robust and generalizable visual representation learning via random convolutions".
    """
    width = int(torch.randint(1, 4, ())) * 2 + 1
    kernel = torch.randn(3, 3, width, width) / math.sqrt(3 * width * width)
    mean = texture.mean()
    centred = F.pad((texture - mean)[None], (width // 2,) * 4, mode="reflect")
    return torch.lerp(texture, F.conv2d(centred, kernel)[0] * 1.5 + mean, float(torch.rand(())))


def paste(pixels: Tensor, alpha: Tensor, backgrounds: Tensor, probability: float, *, glassy: float = 0.0) -> Tensor:
    """Put objects on other backgrounds, each with the given probability, half of them with a soft shadow beneath.

    Args:
        glassy: share of them that let the new background shine through, as glass does: pasted as they are, glass
            objects would carry their old background along, and a remover would look for that.
    """
    n, side = len(pixels), pixels.shape[-1]
    # Shrinking and growing again blurs at a hundredth of a wide kernel's cost.
    small = F.avg_pool2d(alpha, 8, stride=8, ceil_mode=True, count_include_pad=False)
    shadow = F.interpolate(small, size=(side, side), mode="bilinear", align_corners=False)
    offset = max(1, side // 24)
    shadow = torch.roll(shadow, (offset, int(torch.randint(-offset, offset + 1, ()))), dims=(2, 3))
    strength = torch.rand(n, 1, 1, 1) * 0.7 * (torch.rand(n, 1, 1, 1) < 0.5)
    ground = backgrounds * (1 - shadow * strength)
    opacity = torch.where(torch.rand(n, 1, 1, 1) < glassy, 0.35 + 0.65 * torch.rand(n, 1, 1, 1), 1.0)
    pasted = pixels * alpha * opacity + ground * (1 - alpha * opacity)
    return torch.where(torch.rand(n, 1, 1, 1) < probability, pasted, pixels)


def on_fill(pixels: Tensor, alpha: Tensor) -> Tensor:
    """Cut-outs on the plain `FILL`, the tensor form of `smallimg.preprocess.on_fill`."""
    fill = torch.tensor(FILL, dtype=pixels.dtype).reshape(3, 1, 1)
    return pixels * alpha + fill * (1 - alpha)


def _between(n: int, limit: float) -> Tensor:
    """Uniform in −limit … limit, [n]."""
    return (torch.rand(n) * 2 - 1) * limit
