"""The one training loop.

accelerate chooses the device and the precision. On a CPU, bfloat16 is used only where the processor has
instructions for it; with channels-last memory it is then two to four times faster than float32.
"""

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn

from smallimg.errors import TrainingError
from smallimg.recipes import StageRecipe


@dataclass(frozen=True)
class Progress:
    """How far a run is; `metrics` is filled at the end of each epoch."""

    stage: str
    epoch: int
    epochs: int
    step: int
    steps: int
    metrics: dict[str, float] = field(default_factory=dict)


Report = Callable[[Progress], None]


def has_fast_bfloat16() -> bool:
    """Whether this machine computes bfloat16 faster than float32: a CUDA GPU, or a CPU with instructions for it."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def fit(
    network: nn.Module,
    *,
    stage: str,
    n: int,
    losses_of: Callable[[nn.Module, Tensor, float], dict[str, Tensor]],
    validate: Callable[[nn.Module], dict[str, float]],
    better: str,
    recipe: StageRecipe,
    seed: int,
    report: Report,
) -> dict[str, float]:
    """Train a network in place and leave it with the weights of its best epoch.

    Only the network's own forward runs in reduced precision: boxes and sampling grids stay in float32.

    Args:
        n: how many training pictures there are.
        losses_of: network, indices [batch] and the share of the run that is done → named losses of that batch; their
            sum is minimised.
        validate: network in eval mode → figures of the validation split.
        better: the figure that tells the best epoch, higher is better.

    Returns:
        The best epoch's figures.

    Raises:
        TrainingError: when a loss is not a finite number.
    """
    accelerator = Accelerator(mixed_precision="bf16" if has_fast_bfloat16() else "no")
    set_seed(seed)
    network.to(memory_format=torch.channels_last)
    make = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
    optimizer = make(_decayed_apart(network, recipe.weight_decay), lr=recipe.learning_rate)
    steps = math.ceil(n / recipe.batch_size)
    factor = _one_cycle(steps * recipe.epochs) if recipe.schedule == "one_cycle" else lambda _: 1.0
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    model, optimizer = accelerator.prepare(network, optimizer)

    best: dict[str, float] = {}
    best_weights = copy.deepcopy(network.state_dict())
    for epoch in range(1, recipe.epochs + 1):
        model.train()
        sums: dict[str, float] = {}
        for step, chosen in enumerate(torch.split(torch.randperm(n), recipe.batch_size), start=1):
            done = (epoch - 1) / recipe.epochs
            losses = losses_of(model, chosen, done)
            loss = torch.stack(list(losses.values())).sum()
            if not loss.isfinite():
                raise TrainingError(
                    f"The {stage}'s loss became {loss.item()} in epoch {epoch}: lower its learning rate "
                    f"(now {recipe.learning_rate:g}) and start again."
                )
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + value.item() / steps
            report(Progress(stage, epoch, recipe.epochs, step, steps))
        with torch.no_grad(), _fresh_batch_norm(network):
            for chosen in torch.split(torch.randperm(n)[: 16 * recipe.batch_size], recipe.batch_size):
                losses_of(model, chosen, done)
        model.eval()
        with torch.inference_mode():
            metrics = sums | validate(model)
        metrics["learning_rate"] = optimizer.param_groups[0]["lr"]
        if not best or metrics[better] >= best[better]:
            best = metrics | {"epoch": epoch}
            best_weights = copy.deepcopy(network.state_dict())
        report(Progress(stage, epoch, recipe.epochs, steps, steps, metrics))
    # prepare() gave the network a forward in reduced precision; the caller gets its own back.
    accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    network.load_state_dict(best_weights)
    network.eval()
    return best


@contextmanager
def _fresh_batch_norm(network: nn.Module) -> Iterator[None]:
    """Measure batch norm's statistics anew, as plain means over the batches seen inside.

    The running averages follow the last ten batches. Cut-outs are plain grey for the most part, so a channel's
    statistics swing from batch to batch, and a detector that learns well can find nothing in evaluation. The remedy is
    Wu and Johnson's (2021, arXiv:2105.07576).
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    yield
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _decayed_apart(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for matrices and kernels only: biases and batch norm's scales have no size to keep small."""
    kernels = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
    return [{"params": kernels, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _one_cycle(total: int) -> Callable[[int], float]:
    """Learning rate factor by step: up in a straight line for 15 % of them, then down along a cosine."""
    up = max(1, round(0.15 * total))

    def factor(step: int) -> float:
        if step < up:
            return (step + 1) / up
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - up) / max(1, total - up)))) + 1e-4

    return factor
