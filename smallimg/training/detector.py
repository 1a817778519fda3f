"""Training a detector: its losses, and its validation."""

import numpy as np
import torch
from accelerate.utils import set_seed
from torch import Tensor, nn
from torchmetrics.detection import MeanAveragePrecision

from smallimg.boxes import box_iou
from smallimg.errors import TrainingError
from smallimg.networks.detectors import build_detector, top_boxes
from smallimg.networks.detectors.kinds import draws_masks, names_boxes, needs_proposals
from smallimg.networks.detectors.rcnn import RCNN
from smallimg.training import augment
from smallimg.training.augment import window_matrices
from smallimg.training.looks import background_pool, look, look_again, resampled, whole
from smallimg.training.loop import Forward, Keep, Report, fit
from smallimg.training.proposals import Proposals
from smallimg.training.recipes import StageRecipe
from smallimg.training.svms import learn_svms
from smallimg.training.tensors import Tensors
from smallimg.training.transfer import Prepare, leave_as_it_is


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
    """Train a detector to find objects, and to name them where its arguments have `n_classes`; see `Prepare`.

    What `recipe.reads` says of the masks: those of "cutout" are what prediction will have, and the background is left
    out; those of "image" are the truth, there to put the objects on other backgrounds. `train` may hold several views
    of each picture (see `Tensors`): each step draws one of them.

    Returns:
        The network, and its best epoch's figures: its losses by name, of a Faster R-CNN four (`loss_objectness`,
        `loss_rpn_box_reg`, `loss_classifier`, `loss_box_reg`), `val_iou` (mean IoU of the top box) and `val_map` (COCO
        mAP, of the names' mean).

    Raises:
        TrainingError: when it draws masks and there are none to learn from.
    """
    set_seed(seed)
    network = build_detector(recipe.architecture, recipe.arguments)
    named, draws = names_boxes(network), draws_masks(network)
    if draws and train.alpha is None:
        raise TrainingError(
            f"{recipe.architecture} learns from masks, and these pictures have none: choose another detector, or train "
            "with a background remover, whose masks it can learn from."
        )
    start = prepare(network)
    pool = background_pool(train, recipe)
    told = needs_proposals(network)
    learned, kept_aside = Proposals(train), Proposals(validation)

    def losses_of(forward: Forward, chosen: Tensor, _done: float) -> dict[str, Tensor]:
        matrices = window_matrices(whole(train, len(chosen)), recipe.augment)
        pixels = look(train, chosen, matrices, recipe, pool)
        targets = []
        for index, matrix in zip(chosen.tolist(), matrices, strict=True):
            moved = augment.move_boxes(train.boxes[index], matrix, recipe.input_size)
            large = (moved[:, 2:] - moved[:, :2]).amin(dim=1) >= 2
            kinds = kinds_of(train, index)[large]
            targets.append({"boxes": moved[large], "labels": labels_of(kinds, named=named), "kinds": kinds})
        if draws and train.alpha is not None:
            alpha = resampled(train.alpha[chosen], matrices, recipe.input_size)
            for target, mask in zip(targets, alpha[:, 0] > 127, strict=True):
                target["masks"] = masks_in(mask, target["boxes"])
        proposals = (learned.seen(chosen, matrices, recipe.input_size),) if told else ()
        losses: dict[str, Tensor] = forward(list(pixels / 255), targets, *proposals)
        return losses

    def validate(forward: Forward) -> dict[str, float]:
        matrices = window_matrices(whole(validation, len(validation)), None)
        # Each process has seen what all of them found: nothing is left to be gathered.
        precision = MeanAveragePrecision(box_format="xyxy", sync_on_compute=False)
        overlaps: list[float] = []
        for chosen in torch.split(torch.arange(len(validation)), 16):
            pixels = look_again(validation, chosen, matrices[chosen], recipe)
            given = (None, kept_aside.seen(chosen, matrices[chosen], recipe.input_size)) if told else ()
            outputs = forward(list(pixels / 255), *given)
            found = [{name: value.float().cpu() for name, value in one.items()} for one in outputs]
            truth = [
                augment.move_boxes(validation.boxes[index], matrices[index], recipe.input_size)
                for index in chosen.tolist()
            ]
            labels = [labels_of(kinds_of(validation, index), named=named) for index in chosen.tolist()]
            precision.update(
                [{"boxes": one["boxes"], "scores": one["scores"], "labels": one["labels"].long()} for one in found],
                [{"boxes": boxes, "labels": those} for boxes, those in zip(truth, labels, strict=True)],
            )
            for top, boxes in zip(top_boxes(found), truth, strict=True):
                if len(boxes):  # in a picture that shows nothing there is no box to fit
                    overlaps.append(float(box_iou(top[None], boxes.numpy()).max(initial=0.0)))
        return {"val_iou": float(np.mean(overlaps)) if overlaps else 0.0, "val_map": precision.compute()["map"].item()}

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
    if isinstance(network, RCNN):
        labels = [labels_of(kinds_of(train, index), named=named) for index in range(len(train))]
        learn_svms(network, train, learned, labels, recipe, seed=seed)
        with torch.inference_mode():
            best |= validate(network)
    return network, best


def kinds_of(tensors: Tensors, index: int) -> Tensor:
    """The class of each box of a picture, int64 [k]; −1 where it is unknown."""
    if tensors.box_labels and len(tensors.box_labels[index]):
        return tensors.box_labels[index]
    return tensors.labels[index].expand(len(tensors.boxes[index]))


def labels_of(kinds: Tensor, *, named: bool) -> Tensor:
    """Boxes' classes [k] as a detector counts them, from 1; without names all objects are of the one there is."""
    return kinds + 1 if named else torch.ones_like(kinds)


def masks_in(mask: Tensor, boxes: Tensor) -> Tensor:
    """A picture's mask [h, w] as one for each box [k, 4]: what of it lies within; uint8 [k, h, w]."""
    masks = torch.zeros(len(boxes), *mask.shape, dtype=torch.uint8)
    for one, (x1, y1, x2, y2) in zip(masks, boxes.round().int().tolist(), strict=True):
        one[y1:y2, x1:x2] = mask[y1:y2, x1:x2]
    return masks
