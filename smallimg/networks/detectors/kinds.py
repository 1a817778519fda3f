"""What a detector can do beside finding boxes, and what it has to be told."""

from torch import nn


def needs_proposals(network: nn.Module) -> bool:
    """Whether it is told where objects may be, rather than looking for them: `forward(images, targets, proposals)`."""
    return bool(getattr(network, "needs_proposals", False))


def names_boxes(network: nn.Module) -> bool:
    """Whether it tells several kinds of things apart; see `build_detector`."""
    return int(getattr(network, "n_classes", 1)) > 1


def draws_masks(network: nn.Module) -> bool:
    """Whether it draws what is in its boxes, and learns that from "masks" in its targets."""
    return getattr(getattr(network, "roi_heads", None), "mask_head", None) is not None
