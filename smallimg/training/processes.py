"""Several processes that train one network together, as `torchrun` and `accelerate launch` start them.

Each holds all pictures and the same weights, and takes its share of every batch; gradients are added up before a step,
so that a batch teaches what it teaches one process. Three things are not quite the same: random changes of pictures
are drawn by each process for its share, batch norm sees a share at a time (its running statistics are averaged before
anything is measured), and a detector's losses are averaged within a share by the boxes that are there.

What is written is written by the first of them, on a disk that all can read.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import parse_flag_from_env
from torch import Tensor, distributed, nn

from smallimg.errors import SmallimgError, TrainingError

#: For a step of another process's, the slowest of which is the cutting out of many pictures.
PATIENCE = timedelta(hours=2)
LOST = (
    "Another of the processes has ended without a word, perhaps because memory was short: start again, with fewer of "
    "them if that is so."
)


@dataclass(frozen=True)
class Processes:
    """This process among those that train together; alone, everything here does nothing and costs nothing.

    What is asked of all of them has to be asked by each, in the same order.
    """

    index: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes and tells."""
        return self.index == 0

    def share(self, rows: Tensor) -> Tensor:
        """This one's part of `rows` [k]; the parts differ by one at most, the first are larger, some may be empty."""
        return torch.tensor_split(rows, self.count)[self.index]

    def refuse_if_too_many(self, batch: int) -> None:
        """Hold that of a batch of so many pictures there is a share for each.

        Raises:
            TrainingError: when there is none.
        """
        if self.count > batch:
            raise TrainingError(
                f"{self.count} processes cannot share batches of {batch}: start fewer processes, or choose larger "
                "batches and more pictures."
            )

    def agreed(self, answer: bool) -> bool:
        """What the first process answers: all do the same then, also where a file has appeared meanwhile."""
        if self.count == 1:
            return answer
        said = torch.tensor(int(answer))
        with _still_there():
            distributed.broadcast(said, 0)
        return bool(said)

    def wait(self) -> None:
        """Wait until all have come here, for instance until the first has written what the others will read."""
        self.agreed(True)

    def sum(self, value: Tensor) -> Tensor:
        """A tensor added up over all."""
        if self.count > 1:
            value = value.clone()
            with _still_there():
                distributed.all_reduce(value)
        return value

    def gather(self, value: Any) -> list[Any]:
        """What each has, in their order."""
        values = [value] * self.count
        if self.count > 1:
            with _still_there():
                distributed.all_gather_object(values, value)
        return values

    def total(self, figures: dict[str, float]) -> dict[str, float]:
        """Figures added up over all by their names, in the order of the first."""
        totals: dict[str, float] = {}
        for some in self.gather(figures):
            for name, value in some.items():
                totals[name] = totals.get(name, 0.0) + value
        return totals

    def add_gradients(self, network: nn.Module) -> None:
        """Add the gradients of all up; a weight for which none has any keeps none."""
        if self.count == 1:
            return
        learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
        there = torch.tensor([parameter.grad is not None for parameter in learning], device=learning[0].device)
        gradients = [torch.zeros_like(one) if one.grad is None else one.grad for one in learning]
        added = self.sum(torch.cat([there.float(), *(gradient.flatten() for gradient in gradients)]))
        sizes = [len(learning), *(parameter.numel() for parameter in learning)]
        anywhere, *parts = torch.split(added, sizes)
        for parameter, part, is_there in zip(learning, parts, anywhere.tolist(), strict=True):
            parameter.grad = part.view_as(parameter) if is_there else None

    def part_ways(self, seed: int, epoch: int) -> None:
        """From here on each draws random numbers of its own; the first goes on with those that all had."""
        if not self.is_first:
            torch.manual_seed(seed + 1_000_003 * epoch + 7_919 * self.index)

    def meet(self, network: nn.Module) -> None:
        """From here on all draw the random numbers of the first again, and share what batch norm has taken down.

        Its running statistics become the mean of those of all.
        """
        if self.count == 1:
            return
        state, counts = torch.get_rng_state(), [one for one in network.buffers() if not one.is_floating_point()]
        with _still_there():
            for value in (state, *counts):
                distributed.broadcast(value, 0)
        torch.set_rng_state(state)
        buffers = [buffer for buffer in network.buffers() if buffer.is_floating_point()]
        if not buffers:
            return
        means = self.sum(torch.cat([one.flatten() for one in buffers])) / self.count
        for buffer, mean in zip(buffers, torch.split(means, [buffer.numel() for buffer in buffers]), strict=True):
            buffer.copy_(mean.view_as(buffer))

    def together(self, forward: Callable[..., Any]) -> Callable[..., Any]:
        """A network's forward on whole batches, of which each process takes its share; all get all that comes out.

        Its inputs are tensors [k, …], lists of k, or None; what comes out is a tensor [k, …] or a list of k.
        """
        if self.count == 1:
            return forward

        def shared(*inputs: Any) -> Any:
            k = len(inputs[0])
            if k < self.count:
                return forward(*inputs)
            rows = self.share(torch.arange(k))
            mine = slice(int(rows[0]), int(rows[-1]) + 1)
            parts = self.gather(forward(*(one if one is None else one[mine] for one in inputs)))
            return torch.cat(parts) if isinstance(parts[0], Tensor) else [one for part in parts for one in part]

        return shared


def processes_here() -> Processes:
    """This process among those that were started together; they meet when this is first asked.

    Raises:
        TrainingError: where there are GPUs, but not one for each.
    """
    if not {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys() or os.environ["WORLD_SIZE"] == "1":
        return Processes()
    gpus = 0 if keeps_to_processor() else torch.cuda.device_count()
    local = int(os.environ.get("LOCAL_RANK", os.environ["RANK"]))
    if 0 < gpus <= local:
        raise TrainingError(
            f"There {'is 1 GPU' if gpus == 1 else f'are {gpus} GPUs'} here and each process takes one: start as many "
            "processes as there are, or set CUDA_VISIBLE_DEVICES to nothing to train on the processor."
        )
    with _still_there():
        # What lies in memory is exchanged by gloo also where weights are by NCCL.
        state = PartialState(cpu=not gpus, backend="cuda:nccl,cpu:gloo" if gpus else "gloo", timeout=PATIENCE)
    return Processes(state.process_index, state.num_processes)


def keeps_to_processor() -> bool:
    """Whether somebody asked for that, as `accelerate launch --cpu` does."""
    return bool(parse_flag_from_env("ACCELERATE_USE_CPU"))


def started_alone() -> bool:
    """Whether several processes were asked for and one was started: `accelerate launch` needs MPI for more on a CPU."""
    return {"ACCELERATE_MIXED_PRECISION", "MASTER_PORT"} <= os.environ.keys() and "RANK" not in os.environ


@contextmanager
def one_voice(exit_silently: Callable[[], BaseException]) -> Iterator[Processes]:
    """Train within this block: of what goes wrong in several processes one speaks, the others end with it.

    Args:
        exit_silently: makes the exception that the others end with.
    """
    here = processes_here()
    try:
        yield here
        here.wait()
    except (SmallimgError, OSError, RuntimeError, MemoryError) as error:
        if here.count > 1 and not _speaks():
            raise exit_silently() from error
        raise
    else:
        if here.count > 1:
            distributed.destroy_process_group()


def _speaks() -> bool:
    """Whether this is the first process that has something to say. Who hosts the others' store may have gone."""
    try:
        store = distributed.TCPStore(  # type: ignore[attr-defined]
            os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False, timeout=timedelta(seconds=10)
        )
        return store.add("smallimg/said", 1) == 1
    except RuntimeError:
        return False


@contextmanager
def _still_there() -> Iterator[None]:
    """What asks the others within this block fails with a sentence where one of them has gone."""
    try:
        yield
    except RuntimeError as error:  # torch has no class of its own for gloo's
        raise TrainingError(LOST) from error
