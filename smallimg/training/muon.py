"""Muon: an optimiser for convolutional networks that needs about half the steps of stochastic gradient descent."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from smallimg.training.precision import has_fast_bfloat16

#: Coefficients of the quintic iteration, chosen for a steep slope at zero: few steps bring small singular values up.
_A, _B, _C = 3.4445, -4.7750, 2.0315
#: What is no kernel (biases, batch norm's scales, dense layers) learns by Adam, at this share of the kernels' rate.
_REST = 0.05


class Muon(torch.optim.Optimizer):
    """Convolution kernels move along their momentum made orthogonal; all other parameters learn by AdamW.

    An orthogonal step changes what every combination of inputs gives by the same amount, rare ones too. A kernel is
    kept at a fixed length: batch norm follows it, so only its direction counts, and `lr` is how far that turns.

    After Jordan et al., 2024, "Muon: an optimizer for hidden layers in neural networks", as in "94% on CIFAR-10 in 2.59
    seconds on a single GPU"; torch's own Muon takes matrices only.

    Args:
        params: parameters or groups of them, as for any optimiser.
        lr: of the kernels, as a share of their length; a step turns them by that much.
        momentum: of the kernels, Nesterov's.
        weight_decay: of the others, as in AdamW.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        *,
        lr: float,
        momentum: float = 0.6,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step along the gradients; a closure computes them anew."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                if parameter.ndim == 4:
                    self._turn(parameter, parameter.grad, group)
                else:
                    self._adamw(parameter, parameter.grad, group)
        return loss

    def _turn(self, kernel: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[kernel]
        mean = state.setdefault("mean", torch.zeros_like(kernel)).mul_(group["momentum"]).add_(gradient)
        ahead = gradient.add(mean, alpha=group["momentum"])
        kernel.mul_(len(kernel) ** 0.5 / kernel.norm().clamp(min=1e-12))
        kernel.sub_(orthogonal(ahead.reshape(len(kernel), -1)).view(kernel.shape), alpha=group["lr"])

    def _adamw(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state, rate = self.state[parameter], group["lr"] * _REST
        mean = state.setdefault("mean", torch.zeros_like(parameter)).lerp_(gradient, 0.1)
        square = state.setdefault("square", torch.zeros_like(parameter)).lerp_(gradient * gradient, 0.01)
        step = state["step"] = state.get("step", 0) + 1
        parameter.mul_(1 - rate * group["weight_decay"])
        parameter.sub_(mean / (1 - 0.9**step) / ((square / (1 - 0.99**step)).sqrt() + 1e-8), alpha=rate)


def orthogonal(matrix: Tensor, *, steps: int = 4) -> Tensor:
    """Nearly the orthogonal matrix next to a given one [m, n], by Newton–Schulz iteration.

    Its singular values end up between about 0.7 and 1.2, which is as good as 1 here and needs no decomposition. It
    takes bfloat16 where that is fast, and elsewhere float32: on a CPU without instructions for it, a step of a network
    of 4.5 M weights took 15 s instead of 0.9 (2 cores with AVX2).
    """
    found: Tensor = matrix.bfloat16() if has_fast_bfloat16() else matrix.float()
    found = found / (found.norm() + 1e-7)
    is_tall = found.shape[0] > found.shape[1]
    found = found.T if is_tall else found
    for _ in range(steps):
        gram = found @ found.T
        found = _A * found + (_B * gram + _C * gram @ gram) @ found
    return (found.T if is_tall else found).type_as(matrix)
