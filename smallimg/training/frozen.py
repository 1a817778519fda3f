"""A classifier of which only the head learns: what its frozen body makes of a picture needs to be computed but once."""

import torch
from torch import Tensor, nn

from smallimg.networks.classifiers.base import ImageClassifier

BATCH = 128


def only_head_learns(network: ImageClassifier) -> bool:
    """Whether every weight outside the head is kept from learning, see `smallimg.training.transfer.freeze`."""
    return not any(
        parameter.requires_grad for name, parameter in network.named_parameters() if not name.startswith("head.")
    )


class FrozenBody:
    """The part of a classifier that does not change in training, and the part that does.

    Attributes:
        learner: the head from its first layer on that has weights, or drops some out.
    """

    def __init__(self, network: ImageClassifier) -> None:
        self._network = network
        first = next(at for at, layer in enumerate(network.head) if _changes(layer))
        self._fixed, self.learner = network.head[:first], network.head[first:]

    def __call__(self, pixels: Tensor, *, mirrored: bool) -> Tensor:
        """Pixels 0 … 255, float32 [n, 3, side, side] → what the learner takes, [n, …].

        Args:
            pixels: pictures.
            mirrored: whether to look as in prediction, which may mean the mirror image too.
        """
        self._network.eval()
        with torch.no_grad():
            parts = [self._look(batch) for batch in torch.split(pixels, BATCH)]
            if mirrored and self._network.mirrored:
                others = [self._look(batch.flip(-1)) for batch in torch.split(pixels, BATCH)]
                parts = [(one + other) / 2 for one, other in zip(parts, others, strict=True)]
        return torch.cat(parts)

    def _look(self, pixels: Tensor) -> Tensor:
        seen: Tensor = self._fixed(self._network.body(pixels.contiguous(memory_format=torch.channels_last)))
        return seen


def _changes(layer: nn.Module) -> bool:
    """Whether a layer learns, or acts by chance in training."""
    return isinstance(layer, nn.Dropout) or next(layer.parameters(), None) is not None
