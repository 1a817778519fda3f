"""Inside detectors of one stage: every place says what it sees, and non-maximum suppression has the last word."""

import copy

import torch
from torch import Tensor
from torchvision.models.detection import FCOS, RetinaNet
from torchvision.models.detection.ssd import SSD

from smallimg.networks.detectors import yolo_grid
from smallimg.networks.detectors.yolo_grid import YoloGrid
from smallimg.study.inside.steps import NONE, DetectorSteps, Rated
from smallimg.study.inside.tensors import counts_of, level_of, normalised, pyramid_of, rated
from smallimg.study.inside.two_stage import NEVER


def one_stage_steps(network: RetinaNet | FCOS | SSD, pixels: Tensor) -> DetectorSteps:
    """RetinaNet, FCOS and SSD: torchvision's forward pass, its parts asked one after the other.

    Args:
        network: in eval mode.
        pixels: 0 … 1, [3, side, side].
    """
    side = pixels.shape[-1]
    images, _ = network.transform([pixels])
    size = images.image_sizes[0]
    scale = side / size[1]
    features = list(network.backbone(images.tensors).values())
    said = network.head(features)
    (anchors,) = network.anchor_generator(images, features)
    every = copy.copy(network)
    every.nms_thresh, every.detections_per_img = NEVER, said["cls_logits"].numel()
    found = [_found(one, features, said, anchors, size=size, scale=scale) for one in (every, network)]
    scores, moved = _places(network, said, anchors)
    return DetectorSteps(
        side,
        pyramid_of(features, side, anchors, scores, moved, scale=scale, wide=images.tensors.shape[-1]),
        NONE,
        False,
        (),
        NONE,
        found[0],
        network.nms_thresh,
        network.detections_per_img,
        found[1],
    )


def _places(network: RetinaNet | FCOS | SSD, said: dict[str, Tensor], anchors: Tensor) -> tuple[Tensor, Tensor]:
    """Scores of the likeliest class, and boxes, of all anchors."""
    logits, moves = said["cls_logits"][0], said["bbox_regression"][0]
    if isinstance(network, SSD):
        return logits.softmax(dim=-1)[:, 1:].amax(dim=1), network.box_coder.decode_single(moves, anchors)
    if isinstance(network, FCOS):
        # Of the classes that torchvision counts, the first stands for nothing and is never learned.
        shares = (logits.sigmoid() * said["bbox_ctrness"][0].sigmoid()).sqrt()
        return shares.amax(dim=1), network.box_coder.decode(moves, anchors)
    return logits.sigmoid().amax(dim=1), network.box_coder.decode_single(moves, anchors)


def _found(
    network: RetinaNet | FCOS | SSD,
    features: list[Tensor],
    said: dict[str, Tensor],
    anchors: Tensor,
    *,
    size: tuple[int, int],
    scale: float,
) -> Rated:
    if isinstance(network, SSD):
        return rated(network.postprocess_detections(said, [anchors], [size])[0], scale)
    counts = counts_of(features, len(anchors))
    by_level = {name: list(torch.split(one, counts, dim=1)) for name, one in said.items()}
    return rated(network.postprocess_detections(by_level, [list(torch.split(anchors, counts))], [size])[0], scale)


def yolo_steps(network: YoloGrid, pixels: Tensor) -> DetectorSteps:
    """The grid: a few boxes a cell.

    Args:
        network: in eval mode.
        pixels: 0 … 1, [3, side, side].
    """
    side = pixels.shape[-1]
    stages = network.backbone(normalised(pixels).contiguous(memory_format=torch.channels_last))
    scores, boxes, kinds = network.said([pixels])
    sides = torch.tensor(network.anchors)[:, None]
    centre = network.cell / 2
    anchors = torch.cat([centre - sides / 2, centre - sides / 2, centre + sides / 2, centre + sides / 2], dim=1)
    sure, _ = network.rated(scores[0], kinds[0])
    grid = (anchors.repeat(scores.shape[1], 1), sure, boxes[0].reshape(-1, 4))
    found = [
        rated(network.best(scores[0], boxes[0], kinds[0], overlap=overlap, most=most))
        for overlap, most in ((NEVER, sure.numel()), (yolo_grid.OVERLAP, yolo_grid.MOST))
    ]
    levels = [level_of(one, side / one.shape[-1]) for one in stages[:-1]]
    return DetectorSteps(
        side, (*levels, level_of(stages[-1], network.cell, grid)), NONE, False, (), NONE, found[0], yolo_grid.OVERLAP,
        yolo_grid.MOST, found[1],
    )  # fmt: skip
