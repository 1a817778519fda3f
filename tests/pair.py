"""Processes that train together, on this machine's processor, and a training small enough to compare."""

import os
import socket
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchmetrics.classification import MulticlassAccuracy

from smallimg.training.loop import Forward, Keep, Progress, fit
from smallimg.training.recipes import Augment, StageRecipe

RECIPE = StageRecipe("tiny", 8, 4, 4, 1e-2, Augment())
#: Batches of 4, and a last one of 1: of that the second process has nothing.
X = torch.rand(21, 3, 8, 8, generator=torch.Generator().manual_seed(0))
Y = (X.mean(dim=(1, 2, 3)) > 0.5).long()


class Tiny(nn.Module):
    """A network with weights that learn nothing, as a detector has where a batch shows nothing for them to learn."""

    def __init__(self, *, norm: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8) if norm else nn.ReLU(), nn.Flatten())
        self.head, self.unused = nn.Linear(288, 2), nn.Linear(2, 2)

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.head(self.layers(pixels))
        return logits


def train(
    keep: Keep | None = None, *, recipe: StageRecipe = RECIPE, norm: bool = False, poisoned: int | None = None
) -> dict[str, Any]:
    """Train: each epoch's figures, the best epoch's, the weights, and random numbers drawn after it.

    Args:
        keep: of `fit`.
        recipe: how.
        norm: whether there is batch norm.
        poisoned: a picture whose loss is no number.
    """
    torch.manual_seed(1)
    network = Tiny(norm=norm)
    accuracy = MulticlassAccuracy(2, average="micro")
    curve: list[dict[str, float]] = []

    def losses_of(forward: Forward, chosen: Tensor, _done: float) -> dict[str, Tensor]:
        logits = forward(X[chosen]).float()
        accuracy.update(logits.detach(), Y[chosen])
        loss = F.cross_entropy(logits, Y[chosen])
        return {"loss": loss * torch.nan if poisoned in chosen.tolist() else loss, "size": logits.square().mean()}

    def validate(forward: Forward) -> dict[str, float]:
        logits = forward(X).float()
        figures = {"score": (logits.argmax(dim=1) == Y).float().mean().item(), "mean": logits.mean().item()}
        if accuracy.update_called:
            figures["accuracy"] = accuracy.compute().item()
            accuracy.reset()
        return figures

    def report(progress: Progress) -> None:
        if progress.metrics:
            curve.append(progress.metrics)

    best = fit(
        network, stage="tiny", n=len(X), losses_of=losses_of, validate=validate, better="score", recipe=recipe, seed=3,
        report=report, keep=keep,
    )  # fmt: skip
    weights = {name: value.tolist() for name, value in network.state_dict().items()}
    return {"curve": curve, "best": best, "weights": weights, "random": torch.rand(3).tolist()}


def in_processes(count: int, work: Callable[..., Any], *arguments: object) -> list[Any]:
    """What `work(*arguments)` returns in each of some processes that were started together, None where one has gone.

    There, networks learn in float32: in bfloat16 it shows in which order numbers were added up. They are forked from
    one that has only imported torch: no thread of this one's is lost on the way.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(["smallimg.training.bundle", "torchmetrics", "pair"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started, answers = [], []
    for rank in range(count):
        ours, theirs = context.Pipe(duplex=False)
        started.append(context.Process(target=_one, args=((rank, count, port), theirs, work, arguments)))
        started[-1].start()
        theirs.close()
        answers.append(ours)
    try:
        return [_answer(ours) for ours in answers]
    finally:
        for process, ours in zip(started, answers, strict=True):
            process.join(60)
            ours.close()


def _one(place: tuple[int, int, int], answer: Any, work: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    rank, count, port = place
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count), "OMP_NUM_THREADS": "1"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true"}
    torch.set_num_threads(1)
    with mock.patch("smallimg.training.device.has_fast_bfloat16", return_value=False):
        answer.send(work(*arguments))


def _answer(end: Any) -> Any:
    try:
        return end.recv()
    except EOFError:
        return None


def said(work: Callable[[], object]) -> str:
    """The sentence that a call ends with; empty where it ends well."""
    try:
        work()
    except Exception as error:  # noqa: BLE001  (whatever it is, the test sees it)
        return f"{type(error).__name__}: {error}"
    return ""
