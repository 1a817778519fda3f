"""What the networks see of a data set in training: windows on its pictures, and in validation."""

import torch
from torch import Tensor

from smallimg.pictures.preprocess import FILL
from smallimg.training import augment, pasting
from smallimg.training.augment import on_fill, sample, window_matrices
from smallimg.training.recipes import StageRecipe
from smallimg.training.tensors import Tensors

#: How far a window may be off in training, as a share of its side: half the boxes found have an IoU below 0.65.
OFF = 0.15


def background_pool(train: Tensors, recipe: StageRecipe) -> Tensor | None:
    """Other backgrounds for a stage that reads pictures and knows where their objects are."""
    if recipe.reads == "cutout" or train.alpha is None or not recipe.augment.paste:
        return None
    return pasting.background_pool(train.pixels, train.alpha, recipe.input_size, draws=len(train) * recipe.epochs)


def look(tensors: Tensors, chosen: Tensor, matrices: Tensor, recipe: StageRecipe, pool: Tensor | None) -> Tensor:
    """What a stage learns from: the chosen pictures through their windows, changed at random, [k, 3, side, side].

    Colours change before the object is put on the plain grey, which stays as it is in prediction.
    """
    side, rows = recipe.input_size, chosen + torch.randint(tensors.views, (len(chosen),)) * len(tensors)
    pixels = augment.jitter(resampled(tensors.pixels[rows], matrices, side, fill=FILL), recipe.augment)
    if tensors.alpha is None or (recipe.reads == "image" and pool is None):
        return pixels
    alpha = resampled(tensors.alpha[rows], matrices, side) / 255
    if pool is None:
        return on_fill(pixels, alpha)
    return pasting.paste(pixels, alpha, pasting.drawn_backgrounds(len(rows), side, pool), recipe.augment.paste)


def look_again(tensors: Tensors, chosen: Tensor, matrices: Tensor, recipe: StageRecipe) -> Tensor:
    """What a stage is validated on: the chosen pictures in their first view, as prediction sees them."""
    pixels = resampled(tensors.pixels[chosen], matrices, recipe.input_size, fill=FILL)
    if tensors.alpha is None or recipe.reads == "image":
        return pixels
    return on_fill(pixels, resampled(tensors.alpha[chosen], matrices, recipe.input_size) / 255)


def resampled(source: Tensor, matrices: Tensor, side: int, *, fill: tuple[int, ...] = (0,)) -> Tensor:
    """uint8 pictures [k, c, h, w] through windows' matrices → float [k, c, side, side]; `fill` beyond their edge."""
    smooth = source.shape[-1] > 1.5 * side
    return sample(source.float(), matrices, side, fill=torch.tensor(fill), smooth=smooth)


def crops(validation: Tensors, recipe: StageRecipe) -> Tensor:
    """All validation pictures as the classifier sees them in prediction, around their true boxes.

    Where it looks at each twice, all whole pictures come after that, see `mean_of_looks`.
    """
    windows = [windows_around(validation.largest_boxes(), recipe.margin)]
    if recipe.whole_too:
        windows.append(whole(validation, len(validation)))
    return torch.cat(
        [
            look_again(validation, chosen, window_matrices(some[chosen], None), recipe)
            for some in windows
            for chosen in torch.split(torch.arange(len(validation)), 256)
        ]
    )


def mean_of_looks(said: Tensor, n: int) -> Tensor:
    """What was said of all looks of `crops`, [looks × n, …] → of each picture [n, …]."""
    return said.reshape(-1, n, *said.shape[1:]).mean(dim=0)


def disturbed(windows: Tensor) -> Tensor:
    """Square windows [n, 4], moved and resized as those around found boxes are."""
    centre, half = (windows[:, :2] + windows[:, 2:]) / 2, (windows[:, 2:] - windows[:, :2]) / 2
    centre = centre + (torch.rand(len(windows), 2) * 2 - 1) * 2 * OFF * half
    half = half * torch.exp((torch.rand(len(windows), 1) * 2 - 1) * 2 * OFF)
    return torch.cat([centre - half, centre + half], dim=1)


def whole(tensors: Tensors, n: int) -> Tensor:
    """Windows on whole canvases, [n, 4]."""
    return torch.tensor([[0.0, 0.0, tensors.side, tensors.side]]).expand(n, 4)


def windows_around(boxes: Tensor, margin: float | None) -> Tensor:
    """The classifier's windows around boxes [n, 4]: the tensor form of `smallimg.boxes.square_window`."""
    if margin is None:
        return boxes
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).amax(dim=1, keepdim=True) * (1 + margin) / 2
    return torch.cat([centre - half, centre + half], dim=1)


def channels_last(pixels: Tensor) -> Tensor:
    """Pictures in the memory order that convolutions are fastest in; what a frozen body saw as it is."""
    return pixels.contiguous(memory_format=torch.channels_last) if pixels.ndim == 4 else pixels
