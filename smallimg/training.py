"""Training, a function a stage. Each gives the network of its best epoch and that epoch's figures."""

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.nn import functional as F
from torchmetrics.classification import MulticlassAccuracy, MulticlassPrecision
from torchmetrics.detection import MeanAveragePrecision

from smallimg import augment, pasting
from smallimg.augment import either_way, on_fill, sample, window_matrices
from smallimg.boxes import box_iou
from smallimg.classifier import ImageClassifier, build_classifier
from smallimg.detector import build_detector, top_boxes
from smallimg.engine import session_options, write_onnx
from smallimg.errors import TrainingError
from smallimg.frozen import FrozenBody, only_head_learns
from smallimg.intervals import FEWEST
from smallimg.loop import Forward, Keep, Report, fit
from smallimg.preprocess import FILL
from smallimg.recipes import StageRecipe
from smallimg.tensors import Tensors
from smallimg.unet import SmallUNet

#: What is done to a new network before it is trained: weights to start from, layers that are not to learn. It gives the
#: start in words, by which a kept state tells its run from others; "" from scratch.
Prepare = Callable[[nn.Module], str]
#: How far around its window a picture is kept for the classifier's random looks, in windows.
AROUND = 1.6
#: Random looks at each picture that are embedded once, where only the head learns.
LOOKS = 8
#: Strangers in a batch, for each picture with a class.
STRANGERS = 0.2
#: How much their loss counts beside that of the pictures with a class.
STRANGERS_WEIGHT = 0.5


def leave_as_it_is(_network: nn.Module) -> str:
    """Start from scratch."""
    return ""


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

    Objects are pasted on other backgrounds (see `smallimg.augment`), in validation too: a remover that has learnt the
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
    windows = _windows(augment.mask_boxes(alpha.float() / 255), recipe.margin)
    val_alpha = validation.alpha.float() / 255
    val_backgrounds = pasting.random_backgrounds(len(validation), train.side, backgrounds)
    val_pasted = pasting.paste(validation.pixels.float(), val_alpha, val_backgrounds, 1.0)

    def losses_of(forward: Forward, chosen: Tensor, done: float) -> dict[str, Tensor]:
        # Where it looks twice in prediction, at the whole picture and at what it found there, it learns from both.
        closer = torch.rand(len(chosen), 1) < (0.5 if recipe.margin is not None else 0.0)
        looks = torch.where(closer, windows[chosen], _whole(train, len(chosen)))
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
        logits = forward(_channels_last(augment.jitter(pixels, recipe.augment))).float()
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
            found = torch.cat([forward(_channels_last(batch)).sigmoid() for batch in torch.split(pixels, 32)])
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


def fit_detector(
    train: Tensors,
    validation: Tensors,
    *,
    recipe: StageRecipe,
    seed: int,
    report: Report,
    prepare: Prepare = leave_as_it_is,
    keep: Keep | None = None,
) -> tuple[nn.Module, dict[str, float]]:
    """Train a Faster R-CNN to find objects, whatever they are; for `prepare` see `Prepare`.

    What `recipe.reads` says of the masks: those of "cutout" are what prediction will have, and the background is left
    out; those of "image" are the truth, there to put the objects on other backgrounds. `train` may hold several views
    of each picture (see `Tensors`): each step draws one of them.

    Returns:
        The network, and its best epoch's figures: the four losses (`loss_objectness`, `loss_rpn_box_reg`,
        `loss_classifier`, `loss_box_reg`), `val_iou` (mean IoU of the top box) and `val_map` (COCO mAP).
    """
    set_seed(seed)
    network = build_detector(recipe.architecture, recipe.arguments)
    start = prepare(network)
    pool = _pool(train, recipe)

    def losses_of(forward: Forward, chosen: Tensor, _done: float) -> dict[str, Tensor]:
        matrices = window_matrices(_whole(train, len(chosen)), recipe.augment)
        pixels = _look(train, chosen, matrices, recipe, pool)
        targets = []
        for index, matrix in zip(chosen.tolist(), matrices, strict=True):
            moved = augment.move_boxes(train.boxes[index], matrix, recipe.input_size)
            moved = moved[(moved[:, 2:] - moved[:, :2]).amin(dim=1) >= 2]
            kinds = train.labels[index].expand(len(moved))
            targets.append({"boxes": moved, "labels": torch.ones(len(moved), dtype=torch.int64), "kinds": kinds})
        losses: dict[str, Tensor] = forward(list(pixels / 255), targets)
        return losses

    def validate(forward: Forward) -> dict[str, float]:
        matrices = window_matrices(_whole(validation, len(validation)), None)
        precision = MeanAveragePrecision(box_format="xyxy")
        overlaps: list[float] = []
        for chosen in torch.split(torch.arange(len(validation)), 16):
            pixels = _look_again(validation, chosen, matrices[chosen], recipe)
            found = [{name: value.float().cpu() for name, value in one.items()} for one in forward(list(pixels / 255))]
            truth = [
                augment.move_boxes(validation.boxes[index], matrices[index], recipe.input_size)
                for index in chosen.tolist()
            ]
            precision.update(
                [one | {"labels": one["labels"].long()} for one in found],
                [{"boxes": boxes, "labels": torch.ones(len(boxes), dtype=torch.int64)} for boxes in truth],
            )
            for top, boxes in zip(top_boxes(found), truth, strict=True):
                overlaps.append(float(box_iou(top[None], boxes.numpy()).max(initial=0.0)))
        return {"val_iou": float(np.mean(overlaps)), "val_map": precision.compute()["map"].item()}

    best = fit(
        network,
        stage="detector",
        n=len(train.boxes),
        losses_of=losses_of,
        validate=validate,
        better="val_iou",
        recipe=recipe,
        seed=seed,
        report=report,
        keep=keep,
        start=start,
    )
    return network, best


def fit_classifier(
    train: Tensors,
    validation: Tensors,
    *,
    n_classes: int,
    recipe: StageRecipe,
    seed: int,
    report: Report,
    prepare: Prepare = leave_as_it_is,
    keep: Keep | None = None,
    strangers: Tensors | None = None,
) -> tuple[ImageClassifier, dict[str, float]]:
    """Train a classifier on the crops around the true boxes (the whole picture where there is none).

    For `prepare` see `Prepare`, for the masks `fit_detector`. Where it freezes the body, that looks at each picture a
    few times only, and the head learns from what it saw: the same for a tenth of the time.

    Args:
        strangers: objects that have no class here: it learns to give all classes the same probability for them, and
            then does so for others like them (Hendrycks et al., 2019, arXiv:1812.04606, outlier exposure).

    Returns:
        The network, and its best epoch's figures: `loss`, with strangers `loss_strangers`, `accuracy` (of the augmented
        training crops), `val_loss`, `val_accuracy`, `val_precision` (mean over classes).
    """
    set_seed(seed)
    arguments = {"n_classes": n_classes, **recipe.arguments}
    network = build_classifier(recipe.architecture, arguments)
    start = prepare(network)
    pool = _pool(train, recipe)
    train, windows = _closer(train, recipe)
    if strangers is not None:
        start = f"{start}, {len(strangers)} strangers"
        strangers, places = _closer(strangers, recipe)
    val_inputs = _crops(validation, recipe)
    accuracy = MulticlassAccuracy(n_classes, average="micro")
    first = either_way(len(train))
    learner: nn.Module = network
    looked: Tensor | None = None
    if strangers is None and only_head_learns(network):
        body = FrozenBody(network)
        learner, val_inputs = body.learner, body(val_inputs, mirrored=True)
        looked = _embedded_looks(body, train, windows, recipe, pool)

    def losses_of(forward: Forward, chosen: Tensor, done: float) -> dict[str, Tensor]:
        if looked is not None:
            named = forward(looked[torch.randint(LOOKS, (len(chosen),)), chosen]).float()
            accuracy.update(named.detach(), train.labels[chosen])
            return {"loss": F.cross_entropy(named, train.labels[chosen], label_smoothing=recipe.label_smoothing)}
        # Each picture one way in every other epoch: by chance alone, a quarter would come the same way three times
        # running, which teaches less (Jordan, 2024, arXiv:2404.00498, alternating flip).
        turn = (-1) ** round(done * recipe.epochs)
        looks = window_matrices(
            windows[chosen], recipe.augment, mirror=first[chosen] * turn if recipe.augment.flip else None
        )
        pixels = augment.erase(_look(train, chosen, looks, recipe, pool), recipe.augment.erase)
        if strangers is not None:
            some = torch.randint(len(strangers), (math.ceil(len(chosen) * STRANGERS),))
            looks = window_matrices(places[some], recipe.augment)
            others = augment.erase(_look(strangers, some, looks, recipe, None), recipe.augment.erase)
            pixels = torch.cat([pixels, others])
        logits = forward(_channels_last(pixels)).float()
        named, strange = logits[: len(chosen)], logits[len(chosen) :]
        accuracy.update(named.detach(), train.labels[chosen])
        losses = {"loss": F.cross_entropy(named, train.labels[chosen], label_smoothing=recipe.label_smoothing)}
        if strangers is not None:
            even = torch.full_like(strange, 1 / n_classes)
            losses["loss_strangers"] = STRANGERS_WEIGHT * F.cross_entropy(strange, even)
        return losses

    def validate(forward: Forward) -> dict[str, float]:
        logits = torch.cat([forward(_channels_last(batch)).float() for batch in torch.split(val_inputs, 256)])
        figures = {
            "val_loss": F.cross_entropy(logits, validation.labels).item(),
            "val_accuracy": (logits.argmax(dim=1) == validation.labels).float().mean().item(),
            "val_precision": MulticlassPrecision(n_classes)(logits, validation.labels).item(),
        }
        if accuracy.update_called:  # not when the best epoch is measured again
            figures = {"accuracy": accuracy.compute().item()} | figures
            accuracy.reset()
        return figures

    best = fit(
        learner,
        stage="classifier",
        n=len(train.boxes),
        losses_of=losses_of,
        validate=validate,
        # An epoch that a handful of pictures like best is the best by chance.
        better="val_accuracy" if len(validation) >= FEWEST else "accuracy",
        recipe=recipe,
        seed=seed,
        report=report,
        keep=keep,
        start=start,
    )
    return network, best


def validation_embeddings(network: ImageClassifier, validation: Tensors, recipe: StageRecipe) -> Tensor:
    """What a trained classifier sees in pictures, around their true boxes: embeddings [n, d], float32."""
    network.eval()
    with torch.inference_mode():
        parts = [network.embed(_channels_last(batch)) for batch in torch.split(_crops(validation, recipe), 256)]
    return torch.cat(parts)


def validation_logits(network: ImageClassifier, validation: Tensors, recipe: StageRecipe) -> Tensor:
    """What it says of them: logits [n, n_classes], float32."""
    embeddings = validation_embeddings(network, validation, recipe)
    with torch.inference_mode():
        logits: Tensor = network.head[-1](embeddings)
    return logits


def export_onnx(network: SmallUNet, file: Path, *, side: int) -> None:
    """Write the remover as ONNX, float32, any batch size, and check it against torch.

    Raises:
        TrainingError: when the two disagree by more than 1e-3 in opacity.
    """
    network = copy.deepcopy(network).float().cpu().eval().to(memory_format=torch.contiguous_format)
    pixels = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0)) * 255
    temporary = file.with_suffix(".tmp")
    write_onnx(network, temporary, side=side, outputs=("logits",), any_number=True)
    session = ort.InferenceSession(temporary, session_options(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"pixels": pixels.numpy()})
    with torch.inference_mode():
        gap = (torch.from_numpy(found).sigmoid() - network(pixels).sigmoid()).abs().max().item()
    if gap > 1e-3:
        temporary.unlink()
        raise TrainingError(f"The exported remover differs from the trained one by {gap:.4f} in opacity.")
    temporary.replace(file)


def _pool(train: Tensors, recipe: StageRecipe) -> Tensor | None:
    """Other backgrounds for a stage that reads pictures and knows where their objects are."""
    if recipe.reads == "cutout" or train.alpha is None or not recipe.augment.paste:
        return None
    return pasting.background_pool(train.pixels, train.alpha, recipe.input_size)


def _look(tensors: Tensors, chosen: Tensor, matrices: Tensor, recipe: StageRecipe, pool: Tensor | None) -> Tensor:
    """What a stage learns from: the chosen pictures through their windows, changed at random, [k, 3, side, side].

    Colours change before the object is put on the plain grey, which stays as it is in prediction.
    """
    side, rows = recipe.input_size, chosen + torch.randint(tensors.views, (len(chosen),)) * len(tensors)
    pixels = augment.jitter(_sample(tensors.pixels[rows], matrices, side, fill=FILL), recipe.augment)
    if tensors.alpha is None or (recipe.reads == "image" and pool is None):
        return pixels
    alpha = _sample(tensors.alpha[rows], matrices, side) / 255
    if pool is None:
        return on_fill(pixels, alpha)
    return pasting.paste(pixels, alpha, pasting.drawn_backgrounds(len(rows), side, pool), recipe.augment.paste)


def _look_again(tensors: Tensors, chosen: Tensor, matrices: Tensor, recipe: StageRecipe) -> Tensor:
    """What a stage is validated on: the chosen pictures in their first view, as prediction sees them."""
    pixels = _sample(tensors.pixels[chosen], matrices, recipe.input_size, fill=FILL)
    if tensors.alpha is None or recipe.reads == "image":
        return pixels
    return on_fill(pixels, _sample(tensors.alpha[chosen], matrices, recipe.input_size) / 255)


def _sample(source: Tensor, matrices: Tensor, side: int, *, fill: tuple[int, ...] = (0,)) -> Tensor:
    smooth = source.shape[-1] > 1.5 * side
    return sample(source.float(), matrices, side, fill=torch.tensor(fill), smooth=smooth)


def _crops(validation: Tensors, recipe: StageRecipe) -> Tensor:
    """All validation pictures as the classifier sees them in prediction, around their true boxes."""
    windows = _windows(validation.largest_boxes(), recipe.margin)
    return torch.cat(
        [
            _look_again(validation, chosen, window_matrices(windows[chosen], None), recipe)
            for chosen in torch.split(torch.arange(len(validation)), 256)
        ]
    )


def _embedded_looks(
    body: FrozenBody, train: Tensors, windows: Tensor, recipe: StageRecipe, pool: Tensor | None
) -> Tensor:
    """`LOOKS` random looks at each picture, as the frozen body sees them: [LOOKS, n, …]."""
    looks = []
    for _ in range(LOOKS):
        parts = []
        for chosen in torch.split(torch.arange(len(train)), 256):
            matrices = window_matrices(windows[chosen], recipe.augment)
            pixels = augment.erase(_look(train, chosen, matrices, recipe, pool), recipe.augment.erase)
            parts.append(body(pixels, mirrored=False))
        looks.append(torch.cat(parts))
    return torch.stack(looks)


def _whole(tensors: Tensors, n: int) -> Tensor:
    """Windows on whole canvases, [n, 4]."""
    return torch.tensor([[0.0, 0.0, tensors.side, tensors.side]]).expand(n, 4)


def _closer(tensors: Tensors, recipe: StageRecipe) -> tuple[Tensors, Tensor]:
    """Each picture's window and what lies around it, no larger than needed: whole canvases would cost as much in every
    step as learning does. What is cut off shows only in the corners of the farthest looks, as `FILL`."""
    windows = _windows(tensors.largest_boxes(), recipe.margin)
    near = round(recipe.input_size * AROUND * 1.2)
    if near >= tensors.side:
        return tensors, windows
    centre, half = (windows[:, :2] + windows[:, 2:]) / 2, (windows[:, 2:] - windows[:, :2]) / 2 * AROUND
    around = torch.cat([centre - half, centre + half], dim=1)

    def cut(source: Tensor, fill: tuple[int, ...] = (0,)) -> Tensor:
        parts = []
        for rows in torch.split(torch.arange(len(source)), 128):
            matrices = window_matrices(around[rows % len(tensors)], None)
            parts.append(_sample(source[rows], matrices, near, fill=fill).round().to(torch.uint8))
        return torch.cat(parts)

    alpha = cut(tensors.alpha) if tensors.alpha is not None else None
    rim = near * (1 - 1 / AROUND) / 2
    inner = torch.tensor([[rim, rim, near - rim, near - rim]]).expand(len(tensors), 4)
    return replace(tensors, pixels=cut(tensors.pixels, FILL), alpha=alpha), inner


def _windows(boxes: Tensor, margin: float | None) -> Tensor:
    """The classifier's windows around boxes [n, 4]: the tensor form of `smallimg.boxes.square_window`."""
    if margin is None:
        return boxes
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).amax(dim=1, keepdim=True) * (1 + margin) / 2
    return torch.cat([centre - half, centre + half], dim=1)


def _channels_last(pixels: Tensor) -> Tensor:
    return pixels.contiguous(memory_format=torch.channels_last) if pixels.ndim == 4 else pixels
