"""Inside the detectors of the first rungs: one box, or one crop after the other."""

import torch
from torch import Tensor

from smallimg.networks.detectors import crops
from smallimg.networks.detectors.crops import SlidingWindow, best_windows
from smallimg.networks.detectors.localizer import Localizer
from smallimg.networks.detectors.rcnn import RCNN
from smallimg.study.inside.steps import NONE, DetectorSteps, Rated
from smallimg.study.inside.tensors import floats, level_of, normalised, rated, to_boxes
from smallimg.study.inside.two_stage import NEVER


def localizer_steps(network: Localizer, pixels: Tensor) -> DetectorSteps:
    """Features, and four numbers; pixels 0 … 1, [3, side, side]."""
    side = pixels.shape[-1]
    stages = network.backbone(normalised(pixels).contiguous(memory_format=torch.channels_last))
    (found,) = map(rated, network([pixels]))
    levels = tuple(level_of(one, side / one.shape[-1]) for one in stages)
    return DetectorSteps(side, levels, NONE, False, (), NONE, found, crops.OVERLAP, 1, found)


def sliding_window_steps(network: SlidingWindow, pixels: Tensor) -> DetectorSteps:
    """Every window of the grid; pixels 0 … 1, [3, side, side]."""
    shares = network.shares(normalised(pixels))
    return _judged(pixels.shape[-1], network.windows, network.windows, shares, are_given=False)


def rcnn_steps(network: RCNN, pixels: Tensor, proposals: Tensor) -> DetectorSteps:
    """Every proposal [m, 4] by itself; pixels 0 … 1, [3, side, side]."""
    boxes, shares = network.judged(normalised(pixels), proposals)
    return _judged(pixels.shape[-1], proposals, boxes, shares, are_given=True)


def _judged(side: int, before: Tensor, after: Tensor, shares: Tensor, *, are_given: bool) -> DetectorSteps:
    """From windows and what they show, [n, 1 + classes]."""
    best, kinds = shares[:, 1:].max(dim=1)
    every, given = (
        rated(best_windows(after, shares, overlap=overlap, most=most))
        for overlap, most in ((NEVER, len(after)), (crops.OVERLAP, crops.MOST))
    )
    start = Rated(to_boxes(before), floats(torch.ones_like(best)), torch.zeros_like(kinds).numpy())
    second = Rated(to_boxes(after), floats(best), kinds.numpy())
    return DetectorSteps(side, (), start, are_given, (), second, every, crops.OVERLAP, crops.MOST, given)
