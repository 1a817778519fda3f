"""Proposals move along with the picture's window, and are searched for once."""

import torch
from made_tensors import squares

from smallimg.boxes import box_iou
from smallimg.training import proposals as module
from smallimg.training.augment import window_matrices
from smallimg.training.proposals import Proposals


def test_they_move_along_and_are_searched_for_once(monkeypatch) -> None:
    tensors, searched = squares(3), []
    search = module.selective_search
    monkeypatch.setattr(module, "selective_search", lambda picture: searched.append(picture) or search(picture))
    proposals, chosen = Proposals(tensors), torch.tensor([2, 0])
    whole = window_matrices(torch.tensor([[0.0, 0.0, 64, 64]] * 2), None)
    first = proposals.seen(chosen, whole, 64)
    half = proposals.seen(chosen, whole, 32)
    assert len(searched) == 2
    for boxes, smaller, index in zip(first, half, chosen.tolist(), strict=True):
        assert box_iou(tensors.boxes[index].numpy(), boxes.numpy()).max() > 0.7, "the square is among them"
        assert boxes[-1].tolist() == [0, 0, 64, 64]
        assert (smaller[-1] == 32 * torch.tensor([0, 0, 1, 1])).all()
        assert {tuple(box) for box in smaller.tolist()} <= {tuple(box) for box in (boxes / 2).tolist()}
    mirrored = window_matrices(torch.tensor([[0.0, 0.0, 64, 64]] * 2), None, mirror=torch.tensor([-1.0, -1.0]))
    seen = proposals.seen(chosen, mirrored, 64)[0]
    assert {round(64 - box[2]) for box in seen[:-1].tolist()} == {round(box[0]) for box in first[0][:-1].tolist()}
