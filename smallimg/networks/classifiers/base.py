"""What every classifier has: a body that sees, a head that decides, and what it may keep of the pictures it saw."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ImageClassifier(nn.Module):
    """A body that sees and a head that decides; the head's last layer is linear, its inputs are the embedding.

    Attributes:
        head: what comes after `body`.
        mirrored: whether, in prediction, it looks at the mirror image too and means both; it costs twice the time.
        seen: embeddings [k, d] of length 1 of pictures that it learned from, kept to tell what is like none of them;
            None where there are none.
    """

    head: nn.Sequential
    mirrored: bool = False
    seen: Tensor | None

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", None)

    def body(self, pixels: Tensor) -> Tensor:
        """Pixels 0 … 255 [n, 3, h, w] → what the head decides from."""
        raise NotImplementedError

    def embed(self, pixels: Tensor) -> Tensor:
        """Pixels 0 … 255 [n, 3, h, w] → embeddings [n, d]."""
        if not self.mirrored or self.training:
            embeddings: Tensor = self.head[:-1](self.body(pixels))
            return embeddings
        both: Tensor = self.head[:-1](self.body(torch.cat([pixels, pixels.flip(-1)])))
        straight, mirrored = both.chunk(2)
        return (straight + mirrored) / 2

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels 0 … 255 [n, 3, h, w] → logits [n, n_classes]."""
        logits: Tensor = self.head[-1](self.embed(pixels))
        return logits

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *others: Any) -> None:
        # How many pictures were seen is known only to the file.
        if (seen := state_dict.get(f"{prefix}seen")) is not None:
            self.seen = torch.empty_like(seen, dtype=torch.float32)
        super()._load_from_state_dict(state_dict, prefix, *others)


def likeness(embeddings: Tensor, seen: Tensor) -> Tensor:
    """How much each picture is like the one most like it of those seen: the cosine between their embeddings, [n].

    Two pictures of one kind of thing point the same way; how far, which softmax goes by, tells less of what was never
    met. After Sun et al., 2022, "Out-of-distribution detection with deep nearest neighbors" (arXiv:2204.06507).

    Args:
        embeddings: of the pictures, [n, d].
        seen: of those learned from, of length 1, [k, d].
    """
    return (F.normalize(embeddings) @ seen.T).amax(dim=1)
