"""What every classifier has: a body that sees, a head that decides, and what it may keep of the pictures it saw."""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: How many of the nearest count: one alone may be an odd one.
NEAREST = 3


class Memory(NamedTuple):
    """What a classifier keeps of pictures, to tell what is like none of the things that it has learned.

    Attributes:
        seen: embeddings of pictures that it learned from, of length 1, [k, d].
        others: the same of other things, where some are known, [m, d].
        towards: and where its classes lie, seen from those, [c, d] of length 1, see `smallimg.training.others`.
    """

    seen: Tensor
    others: Tensor | None = None
    towards: Tensor | None = None

    def likeness(self, embeddings: Tensor) -> Tensor:
        """How much each picture is like what was seen, [n].

        Two pictures of one kind of thing point the same way; how far, which softmax goes by, tells less of what was
        never met. So it is the cosine to the one most like it; after Sun et al., 2022, "Out-of-distribution detection
        with deep nearest neighbors" (arXiv:2204.06507). Where other things are known, it is the mean of the nearest
        three, less the same for those, and besides how far it lies in the direction of a class.

        Args:
            embeddings: of the pictures, [n, d].
        """
        looked = F.normalize(embeddings)
        if self.others is None or self.towards is None:
            return (looked @ self.seen.T).amax(dim=1)
        towards = (looked @ self.towards.T).amax(dim=1)
        return _nearest(looked, self.seen) - _nearest(looked, self.others) + towards


def _nearest(looked: Tensor, kept: Tensor) -> Tensor:
    return (looked @ kept.T).topk(min(NEAREST, len(kept)), dim=1).values.mean(dim=1)


class ImageClassifier(nn.Module):
    """A body that sees and a head that decides; the head's last layer is linear, its inputs are the embedding.

    Attributes:
        head: what comes after `body`.
        mirrored: whether, in prediction, it looks at the mirror image too and means both; it costs twice the time.
        seen, others, towards: its `memory`; None where there is none.
    """

    head: nn.Sequential
    mirrored: bool = False
    seen: Tensor | None
    others: Tensor | None
    towards: Tensor | None

    def __init__(self) -> None:
        super().__init__()
        for name in Memory._fields:
            self.register_buffer(name, None)

    @property
    def memory(self) -> Memory | None:
        """What it keeps of pictures."""
        return None if self.seen is None else Memory(self.seen, self.others, self.towards)

    def remember(self, memory: Memory) -> None:
        """Keep that, and write it with the weights."""
        self.seen, self.others, self.towards = memory

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
        # How many pictures it keeps is known only to the file.
        for name in Memory._fields:
            if (kept := state_dict.get(f"{prefix}{name}")) is not None:
                setattr(self, name, torch.empty_like(kept, dtype=torch.float32))
        super()._load_from_state_dict(state_dict, prefix, *others)
