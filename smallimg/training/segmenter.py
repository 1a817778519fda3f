"""Training a segmenter: what every pixel shows, its loss, and its validation."""

import numpy as np
import torch
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.nn import functional as F

from smallimg.errors import TrainingError
from smallimg.networks.segmenters import build_segmenter
from smallimg.pictures.class_maps import NOBODYS, class_map, confusion, mean_iou, overlaps
from smallimg.training.augment import sampling_grid, window_matrices
from smallimg.training.looks import background_pool, channels_last, look, look_again, whole
from smallimg.training.loop import Forward, Keep, Report, fit
from smallimg.training.recipes import StageRecipe
from smallimg.training.tensors import Tensors
from smallimg.training.transfer import Prepare, leave_as_it_is


def fit_segmenter(
    train: Tensors,
    validation: Tensors,
    *,
    n_classes: int,
    recipe: StageRecipe,
    seed: int,
    report: Report,
    prepare: Prepare = leave_as_it_is,
    keep: Keep | None = None,
) -> tuple[nn.Module, dict[str, float]]:
    """Train a network to say of every pixel which class it shows, or none; for `prepare` see `Prepare`.

    It learns from masks and what they are masks of, see `class_maps`. Objects are put on other backgrounds as the
    recipe says; validation is on the pictures as they are.

    Args:
        train, validation: pictures in one view, with masks; those of a remover stand in for true ones.

    Returns:
        The network, and its best epoch's figures: `loss_ce` and `val_ce` (cross-entropy, the mean over pixels),
        `loss_dice` (see `dice_loss`), `val_miou` (see `smallimg.pictures.class_maps.mean_iou`) and `val_pixels`, the
        share of pixels that are right.

    Raises:
        TrainingError: when there are no masks.
    """
    set_seed(seed)
    network = build_segmenter(recipe.architecture, {"n_classes": n_classes, **recipe.arguments})
    start = prepare(network)
    truth, val_truth = class_maps(train), class_maps(validation)
    pool = background_pool(train, recipe)
    everywhere = window_matrices(whole(validation, len(validation)), None)
    val_seen = seen_through(val_truth, everywhere, recipe.input_size)

    def losses_of(forward: Forward, chosen: Tensor, _done: float) -> dict[str, Tensor]:
        matrices = window_matrices(whole(train, len(chosen)), recipe.augment)
        logits = forward(channels_last(look(train, chosen, matrices, recipe, pool))).float()
        seen = seen_through(truth[chosen], matrices, recipe.input_size)
        return {"loss_ce": _cross_entropy(logits, seen), "loss_dice": dice_loss(logits, seen)}

    def validate(forward: Forward) -> dict[str, float]:
        losses, counts = [], np.zeros((1 + n_classes, 1 + n_classes), np.int64)
        for chosen in torch.split(torch.arange(len(validation)), 32):
            pixels = look_again(validation, chosen, everywhere[chosen], recipe)
            logits = forward(channels_last(pixels)).float()
            losses.append(_cross_entropy(logits, val_seen[chosen]).item() * len(chosen))
            said = logits.argmax(dim=1).to(torch.uint8).numpy()
            counts += confusion(val_seen[chosen].numpy(), said, n_classes)
        return {
            "val_ce": sum(losses) / len(validation),
            "val_miou": mean_iou(*overlaps(counts)),
            "val_pixels": float(np.diag(counts).sum() / max(1, counts.sum())),
        }

    best = fit(
        network,
        stage="segmenter",
        n=len(train),
        losses_of=losses_of,
        validate=validate,
        better="val_miou",
        recipe=recipe,
        seed=seed,
        report=report,
        keep=keep,
        start=start,
    )
    return network, best


def class_maps(tensors: Tensors) -> Tensor:
    """What every pixel shows, uint8 [n, side, side]; see `smallimg.pictures.class_maps.class_map`.

    Raises:
        TrainingError: when the pictures have no masks.
    """
    if tensors.alpha is None:
        raise TrainingError("The segmenter learns from masks and there are none: leave out the stage “segmenter”.")
    maps = [
        class_map(
            tensors.alpha[at, 0].numpy() > 127,
            label=label,
            boxes=tensors.boxes[at].numpy(),
            box_labels=tensors.box_labels[at].tolist() if tensors.box_labels else (),
        )
        for at, label in enumerate(tensors.labels.tolist())
    ]
    return torch.from_numpy(np.stack(maps))


def seen_through(maps: Tensor, matrices: Tensor, side: int) -> Tensor:
    """Class maps uint8 [n, h, w] through the windows of pictures → [n, side, side]; background beyond the edge.

    The nearest pixel is taken: between two classes there is no third.
    """
    height, width = maps.shape[-2:]
    grid = sampling_grid(matrices, width, height, side)
    seen = F.grid_sample(maps[:, None].float(), grid, mode="nearest", padding_mode="zeros", align_corners=False)
    return seen[:, 0].to(torch.uint8)


def dice_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """One minus the mean Dice overlap of the classes that a batch shows (Milletari et al., 2016, arXiv:1606.04797).

    Nine pixels of ten are background, so that the cross-entropy is low long before a class is told from another; here
    a class counts as much as any other, however small its things are.

    Args:
        logits: float [n, 1 + classes, h, w], the background first.
        truth: uint8 [n, h, w]; what is `NOBODYS` counts nowhere.
    """
    counted = truth != NOBODYS
    shown = F.one_hot(truth.where(counted, 0).long(), logits.shape[1]).movedim(-1, 1) * counted[:, None]
    said = logits.softmax(dim=1) * counted[:, None]
    true, found = shown.sum(dim=(0, 2, 3))[1:], said.sum(dim=(0, 2, 3))[1:]
    both = (said * shown).sum(dim=(0, 2, 3))[1:]
    there = true > 0
    return 1 - (2 * both / (true + found))[there].mean() if bool(there.any()) else logits.sum() * 0


def _cross_entropy(logits: Tensor, truth: Tensor) -> Tensor:
    """The mean over pixels that are somebody's; 0 where there are none of them."""
    if bool((truth == NOBODYS).all()):
        return logits.sum() * 0
    return F.cross_entropy(logits, truth.long(), ignore_index=NOBODYS)
