"""Other backgrounds for the objects of a training set, so that no background can give the class away.

As in `smallimg.training.augment`, all functions draw from torch's global random state; pixels are float32 0 … 255,
RGB [n, 3, h, w], and alpha is float32 0 … 1 [n, 1, h, w], where nothing else is said.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional as F

from smallimg.training.augment import jitter, mask_boxes, move_boxes, sample, sampling_grid, window_matrices
from smallimg.training.recipes import Augment
from smallimg.training.tensors import Tensors

MOST_PLATES = 160
#: A pool is as large as it is drawn from and memory allows, up to this: more of them taught a classifier nothing.
MOST_POOLED, POOL_BYTES = 640, 64_000_000


def background_pool(pixels: Tensor, alpha: Tensor, side: int, *, draws: int = MOST_POOLED) -> Tensor:
    """Backgrounds to draw from in every step, made once: making them costs more than the step itself.

    Args:
        pixels: uint8 [n, 3, h, w], the training pictures.
        alpha: uint8 [n, 1, h, w], their objects.
        side: of what a network sees.
        draws: how many are drawn from it in all.

    Returns:
        uint8 [m, 3, s, s], half as large again as `side`, for `drawn_backgrounds` to look at one part or another.
    """
    some = torch.randperm(len(pixels))[:MOST_PLATES]
    own, large = plates(pixels[some], alpha[some]), side * 3 // 2
    n = max(1, min(MOST_POOLED, draws, POOL_BYTES // (3 * large * large)))
    pool = torch.empty(n, 3, large, large, dtype=torch.uint8)
    for rows in torch.split(torch.arange(n), 32):
        pool[rows] = random_backgrounds(len(rows), large, own).to(torch.uint8)
    return pool


def drawn_backgrounds(n: int, side: int, pool: Tensor) -> Tensor:
    """Backgrounds [n, 3, side, side] from a pool: a part of each, mirrored, its colour channels exchanged."""
    y, x = torch.randint(pool.shape[-1] - side + 1, (2,)).tolist()
    drawn = pool[torch.randint(len(pool), (n,)), :, y : y + side, x : x + side].float()
    for axis in (2, 3):
        drawn = torch.where(torch.rand(n, 1, 1, 1) < 0.5, drawn.flip(axis), drawn)
    order = torch.rand(n, 3).argsort(dim=1)
    return torch.gather(drawn, 1, order[:, :, None, None].expand_as(drawn))


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
    with _one_thread():
        for index, share in enumerate(kind.tolist()):
            backgrounds[index] = _noise(side) if share < 0.2 else _turned_plate(side, plates)
            if share > 0.8:
                backgrounds[index].lerp_(_turned_plate(side, plates), float(torch.rand(())))
            if 0.1 < share < 0.5:
                backgrounds[index] = _filtered(backgrounds[index])
    return jitter(backgrounds, Augment(brightness=0.4, contrast=0.4, colour=0.5))


@contextmanager
def _one_thread() -> Iterator[None]:
    """For many small operations one after the other: threads that meet after each of them cost more than they save.

    On two cores a pool of 640 backgrounds takes a second of processor time with one thread, seven with two, and where
    other programs want a core as well, half a minute.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _turned_plate(side: int, plates: Tensor) -> Tensor:
    """A random plate [3, side, side], turned by any angle and zoomed in; what lies beyond its edge is mirrored."""
    height, width = plates.shape[-2:]
    chosen = plates[torch.randint(len(plates), (1,))].float()
    matrix = window_matrices(torch.tensor([[0.0, 0.0, width, height]]), Augment(degrees=180, shift=0.1))
    matrix[:, :, :2] *= torch.exp(-torch.rand(()) * 1.2)
    grid = sampling_grid(matrix, width, height, side)
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


def scattered(objects: Tensors, backgrounds: Tensor, side: int, *, n: int) -> Tensors:
    """Objects of all sizes anywhere on backgrounds, with their boxes: what a detector has to find in a large photo.

    Args:
        objects: pictures with masks; those with an empty one are not used.
        backgrounds: uint8 [m, 3, h, w].
        side: of the new pictures in pixels; an object's longer side covers a tenth to nine tenths of it.
        n: how many.
    """
    if objects.alpha is None:
        raise ValueError("objects are cut out by their masks, and these have none")
    boxes = mask_boxes(objects.alpha.float() / 255)
    usable = ((boxes[:, 2:] - boxes[:, :2]).amin(dim=1) >= 2).nonzero()[:, 0]
    chosen = usable[torch.randint(len(usable), (n,))]
    around = boxes[chosen]
    size = around[:, 2:] - around[:, :2]
    window = size.amax(dim=1, keepdim=True) / torch.exp(torch.empty(n, 1).uniform_(math.log(0.1), math.log(0.9)))
    corner = around[:, :2] - torch.rand(n, 2) * (window - size)
    matrices = window_matrices(torch.cat([corner, corner + window], dim=1), None)
    height, width = backgrounds.shape[-2:]
    whole = window_matrices(torch.tensor([[0.0, 0.0, width, height]]), None).expand(64, -1, -1)
    pixels, found = torch.empty(n, 3, side, side, dtype=torch.uint8), []
    for rows in torch.split(torch.arange(n), 64):
        both = torch.cat([objects.pixels[chosen[rows]], objects.alpha[chosen[rows]]], dim=1).float()
        seen = sample(both, matrices[rows], side, smooth=True)
        ground = sample(backgrounds[torch.randint(len(backgrounds), (len(rows),))].float(), whole[: len(rows)], side)
        pixels[rows] = paste(seen[:, :3], seen[:, 3:] / 255, ground, 1.0).round().clamp(0, 255).to(torch.uint8)
        found += [move_boxes(box[None], matrix, side) for box, matrix in zip(around[rows], matrices[rows], strict=True)]
    return Tensors(pixels, None, tuple(found), torch.full((n,), -1))


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
