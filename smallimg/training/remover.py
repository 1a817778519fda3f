"""Training a background remover: its losses, and its validation."""

import math

import torch
from accelerate.utils import set_seed
from torch import Tensor
from torch.nn import functional as F

from smallimg.errors import TrainingError
from smallimg.networks.unet import SmallUNet
from smallimg.pictures.preprocess import FILL
from smallimg.training import augment, pasting
from smallimg.training.augment import sample, window_matrices
from smallimg.training.looks import channels_last, whole, windows_around
from smallimg.training.loop import Forward, Keep, Report, fit
from smallimg.training.recipes import StageRecipe
from smallimg.training.tensors import Tensors
from smallimg.training.transfer import Prepare, leave_as_it_is


def fit_remover(
    train: Tensors,
    validation: Tensors,
    *,
    recipe: StageRecipe,
    seed: int,
    report: Report,
    prepare: Prepare = leave_as_it_is,
    keep: Keep | None = None,
    backgrounds: Tensor | None = None,
) -> tuple[SmallUNet, dict[str, float]]:
    """Train a background remover on pictures and their masks; for `prepare` see `Prepare`.

    Objects are pasted on other backgrounds (see `pasting`), in validation too: a remover that has learnt the
    training backgrounds by heart must not look good.

    Args:
        backgrounds: uint8 [m, 3, h, w], what to paste on; None for the training pictures' own, without their objects.

    Returns:
        The network, and its best epoch's figures: `loss_bce`, `loss_iou`, `val_iou` (pictures as they are),
        `val_iou_pasted` (on other backgrounds), `val_mae`.

    Raises:
        TrainingError: when the pictures have no masks.
    """
    if train.alpha is None or validation.alpha is None:
        raise TrainingError("The remover learns from masks and this data has none: leave out the stage “remover”.")
    set_seed(seed)
    network = SmallUNet(**recipe.arguments)
    start = prepare(network)
    alpha = train.alpha
    if backgrounds is None:
        backgrounds = pasting.plates(train.pixels, alpha)
    windows = windows_around(augment.mask_boxes(alpha.float() / 255), recipe.margin)
    val_alpha = validation.alpha.float() / 255
    val_backgrounds = pasting.random_backgrounds(len(validation), train.side, backgrounds)
    val_pasted = pasting.paste(validation.pixels.float(), val_alpha, val_backgrounds, 1.0)

    def losses_of(forward: Forward, chosen: Tensor, done: float) -> dict[str, Tensor]:
        # Where it looks twice in prediction, at the whole picture and at what it found there, it learns from both.
        closer = torch.rand(len(chosen), 1) < (0.5 if recipe.margin is not None else 0.0)
        looks = torch.where(closer, windows[chosen], whole(train, len(chosen)))
        matrices = window_matrices(looks, recipe.augment)
        both = torch.cat([train.pixels[chosen], alpha[chosen]], dim=1).float()
        seen = sample(both, matrices, recipe.input_size, fill=torch.tensor([*FILL, 0]))
        if done < recipe.half_size_until:
            # About half the side (it must be divisible by 32) costs a third of the time, and teaches most of it.
            side = math.ceil(recipe.input_size / 64) * 32
            seen = F.interpolate(seen, size=(side, side), mode="area")
        pixels, target = seen[:, :3], seen[:, 3:] / 255
        if recipe.augment.paste:
            others = pasting.random_backgrounds(len(chosen), pixels.shape[-1], backgrounds)
            pixels = pasting.paste(pixels, target, others, recipe.augment.paste, glassy=0.25)
        logits = forward(channels_last(augment.jitter(pixels, recipe.augment))).float()
        probability = logits.sigmoid()
        intersection = (probability * target).sum(dim=(1, 2, 3))
        union = (probability + target - probability * target).sum(dim=(1, 2, 3))
        return {
            "loss_bce": F.binary_cross_entropy_with_logits(logits, target),
            "loss_iou": 1 - ((intersection + 1) / (union + 1)).mean(),
        }

    def validate(forward: Forward) -> dict[str, float]:
        metrics = {}
        for name, pixels in (("val_iou", validation.pixels.float()), ("val_iou_pasted", val_pasted)):
            found = torch.cat([forward(channels_last(batch)).sigmoid() for batch in torch.split(pixels, 32)])
            metrics[name] = mask_iou(found, val_alpha).mean().item()
            if name == "val_iou":
                metrics["val_mae"] = (found - val_alpha).abs().mean().item()
        return metrics

    best = fit(
        network,
        stage="remover",
        n=len(train),
        losses_of=losses_of,
        validate=validate,
        better="val_iou_pasted",
        recipe=recipe,
        seed=seed,
        report=report,
        keep=keep,
        start=start,
    )
    return network, best


def mask_iou(found: Tensor, true: Tensor) -> Tensor:
    """IoU of masks [n, 1, h, w] of opacity 0 … 1, both cut at one half, [n]; 0 where both are empty."""
    inside, truth = found > 0.5, true > 0.5
    union = (inside | truth).sum(dim=(1, 2, 3)).clamp(min=1)
    return (inside & truth).sum(dim=(1, 2, 3)) / union
