"""Where objects may be in the pictures of a training, for the detectors that are told."""

import torch
from torch import Tensor

from smallimg.pictures.selective_search import selective_search
from smallimg.training import augment
from smallimg.training.tensors import Tensors

#: Pixels of a proposal's shorter side that a window leaves of it, for it to be learned from.
LEAST = 4


class Proposals:
    """Selective search of each picture in its first view, made when it is first asked for, and kept.

    A picture that is mirrored, zoomed and moved has the same proposals, moved along: a search takes far longer than a
    step. On another background it would have others, so what learns from these reads pictures as they are.
    """

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self._found: dict[int, Tensor] = {}

    def seen(self, chosen: Tensor, matrices: Tensor, side: int) -> list[Tensor]:
        """Of each chosen picture the proposals [k, 4] as they lie in its window, in pixels of its `side`."""
        moved = []
        for index, matrix in zip(chosen.tolist(), matrices, strict=True):
            boxes = augment.move_boxes(self._of(index), matrix, side)
            large = (boxes[:, 2:] - boxes[:, :2]).amin(dim=1) >= LEAST
            whole = torch.tensor([[0.0, 0.0, side, side]])
            moved.append(torch.cat([boxes[large], whole]))  # there is always one
        return moved

    def _of(self, index: int) -> Tensor:
        if index not in self._found:
            picture = self._tensors.pixels[index].permute(1, 2, 0).numpy()
            self._found[index] = torch.from_numpy(selective_search(picture))
        return self._found[index]
