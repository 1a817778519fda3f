"""Inside detectors of two stages: torchvision's forward pass, its parts asked one after the other."""

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import concat_box_prediction_layers
from torchvision.ops import clip_boxes_to_image, roi_align, roi_pool

from smallimg.networks.detectors.fast_rcnn import FastRCNN, OneMap
from smallimg.study.inside.steps import Cut, DetectorSteps, Level, Rated
from smallimg.study.inside.tensors import floats, level_of, normalised, pyramid_of, rated, to_boxes

#: An overlap that no two boxes have: nothing is put aside.
NEVER = 2.0
#: Places around a proposal that are shown with it.
AROUND = 2


def faster_rcnn_steps(network: GeneralizedRCNN, pixels: Tensor) -> DetectorSteps:
    """Faster R-CNN and Mask R-CNN: anchors, proposals, second stage.

    Args:
        network: in eval mode.
        pixels: 0 … 1, [3, side, side].
    """
    side = pixels.shape[-1]
    images, _ = network.transform([pixels])
    scale = side / images.image_sizes[0][1]
    maps = network.backbone(images.tensors)
    features, rpn = list(maps.values()), network.rpn
    logits, moves = rpn.head(features)
    anchors = rpn.anchor_generator(images, features)
    counts = [one[0].numel() for one in logits]
    flat, flat_moves = concat_box_prediction_layers(logits, moves)
    moved = rpn.box_coder.decode(flat_moves, anchors).view(1, -1, 4)
    (proposals,), (scores,) = rpn.filter_proposals(moved, flat, images.image_sizes, counts)
    levels = pyramid_of(
        features, side, anchors[0], flat.flatten().sigmoid(), moved[0], scale=scale, wide=images.tensors.shape[-1]
    )
    zeros = np.zeros(len(scores), np.int64)
    given = Rated(to_boxes(proposals, scale), floats(scores), zeros)
    return _second_stage(
        network.roi_heads, maps, proposals, levels, given, size=images.image_sizes[0], are_given=False, scale=scale
    )


def fast_rcnn_steps(network: FastRCNN, pixels: Tensor, proposals: Tensor) -> DetectorSteps:
    """Fast R-CNN: where objects may be it is told, [m, 4]; see `faster_rcnn_steps`."""
    side = pixels.shape[-1]
    maps = network.backbone(normalised(pixels))
    levels = tuple(level_of(one, side / one.shape[-1]) for one in maps.values())
    given = Rated(to_boxes(proposals), np.ones(len(proposals), np.float32), np.zeros(len(proposals), np.int64))
    return _second_stage(
        network.roi_heads, maps, proposals, levels, given, size=(side, side), are_given=True, scale=1.0
    )


def _second_stage(
    heads: RoIHeads,
    maps: dict[str, Tensor],
    proposals: Tensor,
    levels: tuple[Level, ...],
    given: Rated,
    *,
    size: tuple[int, int],
    are_given: bool,
    scale: float,
) -> DetectorSteps:
    pooled = heads.box_roi_pool(maps, [proposals], [size])
    logits, moves = heads.box_predictor(heads.box_head(pooled))
    shares = logits.softmax(dim=-1)
    best, kinds = shares[:, 1:].max(dim=1)
    moved = heads.box_coder.decode(moves, [proposals])[torch.arange(len(kinds)), kinds + 1]
    every = copy.copy(heads)
    every.nms_thresh, every.detections_per_img = NEVER, shares.numel()
    found = [_found(one, logits, moves, proposals, size=size, scale=scale) for one in (every, heads)]
    return DetectorSteps(
        round(size[1] * scale),
        levels,
        given,
        are_given,
        tuple(_cuts(heads.box_roi_pool, maps, proposals, pooled)),
        Rated(to_boxes(clip_boxes_to_image(moved, size), scale), floats(best), kinds.numpy()),
        found[0],
        heads.nms_thresh,
        heads.detections_per_img,
        found[1],
    )


def _found(
    heads: RoIHeads, logits: Tensor, moves: Tensor, proposals: Tensor, *, size: tuple[int, int], scale: float
) -> Rated:
    boxes, scores, labels = heads.postprocess_detections(logits, moves, [proposals], [size])
    return rated({"boxes": boxes[0], "scores": scores[0], "labels": labels[0]}, scale)


def _cuts(pool: Any, maps: dict[str, Tensor], proposals: Tensor, pooled: Tensor) -> list[Cut]:
    """What is cut out for each proposal: as the network does it, and as RoI pooling and RoI align would."""
    if isinstance(pool, OneMap):
        chosen, scales = torch.zeros(len(proposals), dtype=torch.int64), [pool.cut.spatial_scale]
        features = [maps["0"]]
    else:
        features, scales = [maps[name] for name in pool.featmap_names], pool.scales
        several = len(features) > 1
        chosen = pool.map_levels([proposals]) if several else torch.zeros(len(proposals), dtype=torch.int64)
    channels = pooled.flatten(2).std(dim=2, correction=0).argmax(dim=1).tolist()
    return [
        _cut(features[level][:, channel : channel + 1], box, scales[level], level, pooled.shape[-1])
        for box, level, channel in zip(proposals, chosen.tolist(), channels, strict=True)
    ]


def _cut(one_map: Tensor, box: Tensor, scale: float, level: int, places: int) -> Cut:
    align = roi_align(one_map, [box[None]], places, scale, sampling_ratio=2)[0, 0]
    pool = roi_pool(one_map, [box[None]], places, scale)[0, 0]
    exact = floats(box * scale)
    # As torchvision's roi_pool rounds: halves away from zero, the last place within the box.
    first, last = np.floor(exact[:2] + 0.5), np.floor(exact[2:] + 0.5)
    rounded = np.concatenate([first, np.maximum(last + 1, first + 1)]).astype(np.float32)
    height, width = one_map.shape[-2:]
    left, top = (max(0, int(min(exact[axis], rounded[axis])) - AROUND) for axis in (0, 1))
    right, bottom = (
        min(most, int(np.ceil(max(exact[axis], rounded[axis]))) + AROUND) for axis, most in ((2, width), (3, height))
    )
    part = floats(one_map[0, 0, top:bottom, left:right])
    return Cut(level, exact, rounded, (left, top), part, floats(align), floats(pool))
