"""How far off a detector is in one picture whose true box is told: the losses that training would have lowered."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from smallimg.networks.detectors.kinds import draws_masks, names_boxes, needs_proposals
from smallimg.pictures.selective_search import selective_search

_LEFT_OUT = ("loss_mask", "loss_kind")


def losses_of(
    network: nn.Module, look: NDArray[np.uint8], box: tuple[float, float, float, float], *, kind: int = 0
) -> dict[str, float]:
    """The losses of a detector in eval mode, by the names that training writes down; it is left as it was.

    It is asked as in training, but with what batch norm has learned. The examples that training draws by lot are drawn
    from one seed, so that the same box has the same losses. Two are left out: that of masks, of which a box says
    nothing, and that of a head which is there in training only.

    Args:
        network: a detector.
        look: what it sees, uint8 [3, side, side].
        box: around the object, (x1, y1, x2, y2) in pixels of `look`.
        kind: the object's class, for a detector that names boxes.
    """
    pixels = torch.from_numpy(look).float() / 255
    target = {"boxes": torch.tensor([box]), "labels": torch.tensor([kind + 1 if names_boxes(network) else 1])}
    target["kinds"] = torch.tensor([kind])
    if draws_masks(network):
        target["masks"] = torch.ones(1, *look.shape[1:], dtype=torch.uint8)
    proposals = [torch.from_numpy(selective_search(np.moveaxis(look, 0, 2)))] if needs_proposals(network) else None
    network.train()
    try:
        for module in network.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            losses = network([pixels], [target], *([] if proposals is None else [proposals]))
    finally:
        network.eval()
    return {name: float(loss) for name, loss in losses.items() if name not in _LEFT_OUT}
