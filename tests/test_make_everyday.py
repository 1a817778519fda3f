"""What `checkpoints/making/` does with masks that a network made itself."""

import pytest
import torch
from torch import Tensor, nn

from checkpoints.making.remover import mean_of, with_own_masks
from smallimg.networks.unet import SmallUNet
from smallimg.training.tensors import Tensors

BOXES = (torch.tensor([[8.0, 8.0, 40.0, 56.0]]), torch.tensor([[0.0, 0.0, 16.0, 16.0]]))


class Marks(SmallUNet):
    """A remover that marks the left part of every picture."""

    def __init__(self, columns: int) -> None:
        nn.Module.__init__(self)
        self.columns = columns

    def forward(self, pixels: Tensor) -> Tensor:
        logits = torch.full_like(pixels[:, :1], -20.0)
        logits[..., : self.columns] = 20.0
        return logits


@pytest.fixture
def pictures() -> Tensors:
    return Tensors(torch.full((2, 3, 64, 64), 90, dtype=torch.uint8), None, BOXES, torch.zeros(2).long())


def test_own_masks_stay_within_their_boxes(pictures: Tensors) -> None:
    own = with_own_masks(Marks(64), pictures)
    assert own.alpha is not None
    assert len(own) == 2
    for mask, ((x1, y1, x2, y2),) in zip(own.alpha, (boxes.int().tolist() for boxes in BOXES), strict=True):
        assert (mask[:, y1:y2, x1:x2] == 255).all()
        assert (mask > 0).sum() == (x2 - x1) * (y2 - y1)


def test_masks_that_do_not_fill_their_box_are_left_out(pictures: Tensors) -> None:
    assert len(with_own_masks(Marks(0), pictures)) == 0
    # Marked from the left one way round and from the right the other: half opaque, outside of column 20 … 44.
    narrow = with_own_masks(Marks(20), pictures)
    assert narrow.alpha is not None
    assert [boxes.tolist() for boxes in narrow.boxes] == [BOXES[1].tolist()]


def test_mean_lies_halfway() -> None:
    torch.manual_seed(0)
    first, second = SmallUNet(), SmallUNet()
    for name, value in mean_of(first, second).state_dict().items():
        ends = first.state_dict()[name], second.state_dict()[name]
        torch.testing.assert_close(value, sum(ends) / 2, check_dtype=False)
