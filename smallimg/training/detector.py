"""Training a detector: its losses, and its validation."""

import numpy as np
import torch
from accelerate.utils import set_seed
from torch import Tensor, nn
from torchmetrics.detection import MeanAveragePrecision

from smallimg.boxes import box_iou
from smallimg.networks.detectors import build_detector, top_boxes
from smallimg.training import augment
from smallimg.training.augment import window_matrices
from smallimg.training.looks import background_pool, look, look_again, whole
from smallimg.training.loop import Forward, Keep, Report, fit
from smallimg.training.recipes import StageRecipe
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
    pool = background_pool(train, recipe)

    def losses_of(forward: Forward, chosen: Tensor, _done: float) -> dict[str, Tensor]:
        matrices = window_matrices(whole(train, len(chosen)), recipe.augment)
        pixels = look(train, chosen, matrices, recipe, pool)
        targets = []
        for index, matrix in zip(chosen.tolist(), matrices, strict=True):
            moved = augment.move_boxes(train.boxes[index], matrix, recipe.input_size)
            moved = moved[(moved[:, 2:] - moved[:, :2]).amin(dim=1) >= 2]
            kinds = train.labels[index].expand(len(moved))
            targets.append({"boxes": moved, "labels": torch.ones(len(moved), dtype=torch.int64), "kinds": kinds})
        losses: dict[str, Tensor] = forward(list(pixels / 255), targets)
        return losses

    def validate(forward: Forward) -> dict[str, float]:
        matrices = window_matrices(whole(validation, len(validation)), None)
        precision = MeanAveragePrecision(box_format="xyxy")
        overlaps: list[float] = []
        for chosen in torch.split(torch.arange(len(validation)), 16):
            pixels = look_again(validation, chosen, matrices[chosen], recipe)
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
    return network, best
