"""Muon: what a step does to kernels and to all else."""

import pytest
import torch
from torch import nn

from smallimg.training.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(8, 40), (40, 8), (16, 16)])
def test_orthogonal_matrices_treat_all_directions_nearly_alike(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    left, _, right = torch.linalg.svd(torch.randn(*shape), full_matrices=False)
    given = left @ torch.diag(torch.logspace(0, -1, len(right))) @ right  # ten times longer one way than another
    values = torch.linalg.svdvals(orthogonal(given, steps=5).float())
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_a_step_turns_a_kernel_and_keeps_its_length() -> None:
    torch.manual_seed(0)
    kernel = nn.Parameter(torch.randn(8, 4, 3, 3) * 7)
    optimizer = Muon([kernel], lr=0.1)
    kernel.grad = torch.randn_like(kernel)
    before = kernel.detach() / kernel.detach().norm()
    optimizer.step()
    assert kernel.norm().item() == pytest.approx(8**0.5, rel=0.05)
    cosine = (before * kernel.detach() / kernel.detach().norm()).sum().item()
    assert 0.9 < cosine < 0.999


def test_all_else_learns_as_by_adamw() -> None:
    torch.manual_seed(0)
    ours, theirs = (nn.Parameter(torch.linspace(-1, 1, 6).reshape(2, 3)) for _ in range(2))
    muon = Muon([ours], lr=0.1, weight_decay=0.1)
    adamw = torch.optim.AdamW([theirs], lr=0.005, betas=(0.9, 0.99), weight_decay=0.1)
    for _ in range(5):
        gradient = torch.randn(2, 3)
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        muon.step()
        adamw.step()
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_it_goes_on_from_a_saved_state() -> None:
    torch.manual_seed(0)
    kernel, bias = torch.randn(4, 3, 3, 3), torch.randn(4)
    gradients = [(torch.randn_like(kernel), torch.randn_like(bias)) for _ in range(4)]

    def steps(optimizer: Muon, parameters: list[nn.Parameter], some: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
        for pair in some:
            for parameter, gradient in zip(parameters, pair, strict=True):
                parameter.grad = gradient.clone()
            optimizer.step()

    whole = [nn.Parameter(kernel.clone()), nn.Parameter(bias.clone())]
    steps(Muon(whole, lr=0.1), whole, gradients)

    broken = [nn.Parameter(kernel.clone()), nn.Parameter(bias.clone())]
    first = Muon(broken, lr=0.1)
    steps(first, broken, gradients[:2])
    second = Muon(broken, lr=0.1)
    second.load_state_dict(first.state_dict())
    steps(second, broken, gradients[2:])
    for one, other in zip(whole, broken, strict=True):
        assert torch.equal(one, other)


def test_a_closure_gives_the_loss() -> None:
    kernel = nn.Parameter(torch.ones(2, 1, 1, 1))
    optimizer = Muon([kernel], lr=0.1)

    def closure() -> float:
        optimizer.zero_grad()
        loss = (kernel * torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1)).sum()
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == 0.0
    assert kernel[0, 0, 0, 0] < kernel[1, 0, 0, 0]
