"""The one training loop.

accelerate chooses the device and the precision. On a CPU, bfloat16 is used only where the processor has
instructions for it; with channels-last memory it is then two to four times faster than float32.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import convert_to_fp32, send_to_device, set_seed
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
#: A network's forward; tensors come from the CPU and go back to it, as float32.
Forward = Callable[..., Any]


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
    losses_of: Callable[[Forward, Tensor, float], dict[str, Tensor]],
    validate: Callable[[Forward], dict[str, float]],
    better: str,
    recipe: StageRecipe,
    seed: int,
    report: Report,
) -> dict[str, float]:
    """Train a network in place and leave it with the weights of its best epoch.

    Only the network's own forward runs in reduced precision: boxes and sampling grids stay in float32. The figures of
    each epoch are taken that way too, which chooses the best; its own are then measured in float32, as in prediction.

    Args:
        n: how many training pictures there are.
        losses_of: the network's forward, indices [batch] and the share of the run that is done → named losses of that
            batch; their sum is minimised.
        validate: the forward in eval mode → figures of the validation split.
        better: the figure that tells the best epoch, higher is better.

    Returns:
        The best epoch's figures, those of `validate` in float32.

    Raises:
        TrainingError: when a loss is not a finite number.
    """
    accelerator = Accelerator(mixed_precision="bf16" if has_fast_bfloat16() else "no")
    set_seed(seed)
    network.to(accelerator.device).to(memory_format=torch.channels_last)
    make = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
    optimizer = make(_decayed_apart(network, recipe.weight_decay), lr=recipe.learning_rate)
    steps = math.ceil(n / recipe.batch_size)
    factor = _one_cycle(steps * recipe.epochs) if recipe.schedule == "one_cycle" else lambda _: 1.0
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    optimizer = accelerator.prepare(optimizer)

    def exact(*inputs: Any) -> Any:
        return send_to_device(convert_to_fp32(network(*send_to_device(inputs, accelerator.device))), "cpu")

    def forward(*inputs: Any) -> Any:
        with accelerator.autocast():
            return exact(*inputs)

    best: dict[str, float] = {}
    best_weights = copy.deepcopy(network.state_dict())
    for epoch in range(1, recipe.epochs + 1):
        done = (epoch - 1) / recipe.epochs
        network.train()
        sums: dict[str, float] = {}
        for step, chosen in enumerate(torch.split(torch.randperm(n), recipe.batch_size), start=1):
            losses = losses_of(forward, chosen, done)
            loss = torch.stack(list(losses.values())).sum()
            if not loss.isfinite():
                raise TrainingError(
                    f"The {stage}'s loss became {loss.item()} in epoch {epoch}: lower its learning rate "
                    f"(now {recipe.learning_rate:g}) and start again."
                )
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + value.item() / steps
            report(Progress(stage, epoch, recipe.epochs, step, steps))
        network.eval()
        with torch.inference_mode():
            metrics = sums | validate(forward)
        metrics["learning_rate"] = optimizer.param_groups[0]["lr"]
        if not best or metrics[better] >= best[better]:
            best = metrics | {"epoch": epoch}
            best_weights = copy.deepcopy(network.state_dict())
        report(Progress(stage, epoch, recipe.epochs, steps, steps, metrics))
    network.load_state_dict(best_weights)
    network.eval()
    with torch.inference_mode():
        best |= validate(exact)
    network.cpu()
    return best


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
