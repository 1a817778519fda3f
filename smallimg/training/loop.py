"""The one training loop, of one process or of several that share each batch, see `smallimg.training.processes`.

accelerate finds the device, and `smallimg.training.device` the precision. On a CPU, bfloat16 is used only where the
processor has instructions for it; with channels-last memory it is then two to four times faster than float32.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import convert_to_fp32, set_seed
from torch import Tensor, nn

from smallimg.errors import Stopped, TrainingError, called
from smallimg.files import whole
from smallimg.training.device import place_here
from smallimg.training.muon import Muon
from smallimg.training.processes import Processes, processes_here
from smallimg.training.recipes import StageRecipe


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


@dataclass(frozen=True)
class Keep:
    """Where a run leaves its state after every epoch, and how it is asked to stop.

    Attributes:
        folder: holds `<stage>.pt`. A run that finds its file there continues as if it had never been interrupted:
            weights, optimiser, schedule, best epoch and random numbers are those of the unbroken run. None keeps
            nothing, for a training that is short enough to begin anew.
        should_stop: asked before every step.
    """

    folder: Path | None
    should_stop: Callable[[], bool] = lambda: False


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    "muon": Muon,
}
#: A network's forward; tensors come from the CPU and go back to it, as float32.
Forward = Callable[..., Any]


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
    keep: Keep | None = None,
    start: str = "",
) -> dict[str, float]:
    """Train a network in place and leave it with the weights of its best epoch.

    Several processes that were started together share each batch, and the validation pictures; all of them end with
    the same weights and figures, and the first alone keeps the state. Each calls its own `report`.

    Only the network's own forward runs in reduced precision: boxes and sampling grids stay in float32. The figures of
    each epoch are taken that way too, which chooses the best; its own are then measured in float32, as in prediction.

    Args:
        n: how many training pictures there are.
        losses_of: the network's forward, indices [batch] and the share of the run that is done → named losses of that
            batch, each a mean over it; their sum is minimised.
        validate: the forward in eval mode → figures of the validation split.
        better: the figure that tells the best epoch, higher is better.
        keep: where to leave the run's state and to look for it; None keeps nothing.
        start: what the network starts from, in words; a kept state with another start is another run's.

    Returns:
        The best epoch's figures, those of `validate` in float32.

    Raises:
        TrainingError: when a loss is not a finite number, the kept state is damaged or of another run, a batch has
            fewer pictures than there are processes, or one of these has gone.
        Stopped: when `keep` asked for it; the epoch under way is lost, those before it are kept.
    """
    here = processes_here()
    here.refuse_if_too_many(min(n, recipe.batch_size))
    place = place_here()
    accelerator = Accelerator(mixed_precision=place.precision)
    set_seed(seed)
    network.to(accelerator.device).to(memory_format=torch.channels_last)
    steps = math.ceil(n / recipe.batch_size)
    optimizer, schedule = _optimizer(network, recipe, steps)
    optimizer = accelerator.prepare(optimizer)

    def exact(*inputs: Any) -> Any:
        return place.back(convert_to_fp32(network(*place.send(inputs, accelerator.device))))

    def forward(*inputs: Any) -> Any:
        with accelerator.autocast():
            return exact(*inputs)

    best, best_weights, finished = dict[str, float](), copy.deepcopy(network.state_dict()), 0
    state = _State(network, optimizer, schedule, f"{recipe}, n={n}, seed={seed}" + (f", {start}" if start else ""))
    file = keep.folder / f"{stage}.pt" if keep and keep.folder else None
    if here.agreed(file is not None and file.is_file()) and file is not None:
        best, best_weights, finished = state.read(file)
    for epoch in range(finished + 1, recipe.epochs + 1):
        done = (epoch - 1) / recipe.epochs
        network.train()
        _set_norm(network, done, frozen=done >= recipe.freeze_norm_from)
        sums: dict[str, float] = {}
        batches = torch.split(torch.randperm(n), recipe.batch_size)  # the same in all processes
        here.part_ways(seed, epoch)
        for step, chosen in enumerate(batches, start=1):
            if keep and here.agreed(keep.should_stop()):
                raise Stopped(f"The {stage} was stopped in epoch {epoch} of {recipe.epochs}.")
            mine = here.share(chosen)
            losses = losses_of(forward, mine, done) if len(mine) else {}
            # Means over a share, weighted so that those of all add up to the mean over the batch.
            losses = {name: value * (len(mine) / len(chosen)) for name, value in losses.items()}
            if not (total := _learn(losses, network, optimizer, accelerator, here)).isfinite():
                raise TrainingError(
                    f"The {stage}'s loss became {total.item()} in epoch {epoch}: lower its learning rate "
                    f"(now {recipe.learning_rate:g}) and start again."
                )
            schedule.step()
            sums |= {name: sums.get(name, 0.0) + value.item() / steps for name, value in losses.items()}
            report(Progress(stage, epoch, recipe.epochs, step, steps))
        here.meet(network)
        network.eval()
        with torch.inference_mode():
            metrics = here.total(sums) | validate(here.together(forward))
        metrics["learning_rate"] = optimizer.param_groups[0]["lr"]
        if not best or metrics[better] >= best[better]:
            best = metrics | {"epoch": epoch}
            best_weights = copy.deepcopy(network.state_dict())
        report(Progress(stage, epoch, recipe.epochs, steps, steps, metrics))
        # After the report: what is reported twice can be told by its epoch, what never is cannot.
        if file is not None and here.is_first:
            state.write(file, best, best_weights, epoch)
    network.load_state_dict(best_weights)
    network.eval()
    with torch.inference_mode():
        best |= validate(here.together(exact))
    network.cpu()
    return best


def _learn(
    losses: dict[str, Tensor], network: nn.Module, optimizer: Any, accelerator: Accelerator, here: Processes
) -> Tensor:
    """A step down a batch's losses, of which this process has its part, perhaps none; their sum over all processes."""
    loss = torch.stack(list(losses.values())).sum() if losses else torch.zeros(())
    if losses:
        accelerator.backward(loss)
    here.add_gradients(network)
    accelerator.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
    optimizer.zero_grad()
    return here.sum(loss.detach())


def _set_norm(network: nn.Module, done: float, *, frozen: bool) -> None:
    """Let batch norm's statistics average over more batches as the weights settle, or hold still.

    They hold still, too, where the weights are not to learn: those were learned with them.

    Args:
        done: share of the run that is over.
        frozen: whether all of it trains with the statistics that it has, as in prediction.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = max(0.01, 0.1 * (1 - done))
            module.train(not frozen and module.weight.requires_grad)


@dataclass(frozen=True)
class _State:
    """All that a run's future depends on. Its random numbers are torch's alone, see `smallimg.training.augment`.

    Attributes:
        network, optimizer, schedule: what changes from step to step.
        run: the settings in words: another run's state must not be taken for this one's.
    """

    network: nn.Module
    optimizer: Any
    schedule: torch.optim.lr_scheduler.LRScheduler
    run: str

    def write(self, file: Path, best: dict[str, float], best_weights: dict[str, Tensor], epoch: int) -> None:
        """A temporary name comes first: whenever the process is killed, the last whole state is there."""
        file.parent.mkdir(parents=True, exist_ok=True)
        state = {name: getattr(self, name).state_dict() for name in ("network", "optimizer", "schedule")}
        state |= {"best": best, "best_weights": best_weights, "epoch": epoch}
        with whole(file) as temporary:
            torch.save(state | {"run": self.run, "random": torch.get_rng_state()}, temporary)

    def read(self, file: Path) -> tuple[dict[str, float], dict[str, Tensor], int]:
        """Continue where `write` was called, and give back what it was called with.

        Raises:
            TrainingError: when the file is damaged or of another run.
        """
        try:
            state = torch.load(file, weights_only=True, map_location="cpu")
            run = state["run"]
        except (OSError, RuntimeError, EOFError, KeyError, TypeError, UnpicklingError) as error:
            raise TrainingError(
                f"{called(file)} is damaged ({type(error).__name__}): delete it to train that stage anew."
            ) from error
        if run != self.run:
            raise TrainingError(
                f"{called(file)} is of a run with other settings or data: delete it to train that stage anew."
            )
        for name in ("network", "optimizer", "schedule"):
            getattr(self, name).load_state_dict(state[name])
        torch.set_rng_state(state["random"])
        return state["best"], state["best_weights"], state["epoch"]


def _optimizer(
    network: nn.Module, recipe: StageRecipe, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """A recipe's optimiser, and its schedule over epochs of so many steps."""
    optimizer = OPTIMIZERS[recipe.optimizer](_decayed_apart(network, recipe.weight_decay), lr=recipe.learning_rate)
    factor = _one_cycle(steps * recipe.epochs) if recipe.schedule == "one_cycle" else lambda _: 1.0
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


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
