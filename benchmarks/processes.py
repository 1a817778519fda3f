"""Networks that two processes learn, beside those that one learns: are the curves the same?

    python -m benchmarks.processes [--n 240] [--side 96] [--seeds 2] [--stage classifier …]

Networks of the recipe `fast` are trained for a few epochs on a drawn challenge, with each seed by one process and by
two, each of one thread. What the seeds make of a figure tells what is chance.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import typer

from benchmarks.tables import print_table
from smallimg.data.challenge import write_challenge
from smallimg.data.formats import read_dataset
from smallimg.training.bundle import train_bundle
from smallimg.training.loop import Progress
from smallimg.training.processes import processes_here
from smallimg.training.recipes import RECIPES, Recipe

EPOCHS = {"remover": 8, "detector": 8, "classifier": 16}
FIGURES = {"remover": ("loss_bce", "val_iou"), "detector": ("loss_classifier", "val_iou")}
FIGURES["classifier"] = ("loss", "val_loss")

#: Stage → its figures.
Figures = dict[str, dict[str, float]]
app = typer.Typer()


def short(side: int) -> Recipe:
    """`fast`, for pictures of that side, and over soon."""
    fast = RECIPES["fast"]
    stages: dict[str, Any] = {name: replace(getattr(fast, name), epochs=epochs) for name, epochs in EPOCHS.items()}
    stages |= {name: replace(stages[name], input_size=side) for name in ("remover", "detector")}
    return replace(fast, views=2, **stages)


@app.command()
def learn(data: Path, out: Path, seed: int, side: int, stages: str) -> None:
    """Train, in one of the processes that were started, and leave the last epochs' figures beside the bundle."""
    last: dict[str, dict[str, float]] = {}

    def report(progress: Progress) -> None:
        if progress.metrics:
            last[progress.stage] = progress.metrics

    chosen = tuple(stages.split(","))
    background = None if "remover" in chosen else "none"
    train_bundle(
        read_dataset(data), out, recipe=short(side), seed=seed, stages=chosen, background=background, report=report
    )
    if processes_here().is_first:
        out.with_suffix(".json").write_text(json.dumps(last), "utf-8")


def learned(data: Path, out: Path, *, seed: int, side: int, stages: Sequence[str], processes: int) -> Figures:
    """The figures of the last epochs of a training in so many processes, and the `seconds` that it took."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
    work = ["-m", "benchmarks.processes", "learn", str(data), str(out), str(seed), str(side), ",".join(stages)]
    started = time.perf_counter()
    subprocess.run([*launch, *work], check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    figures: Figures = json.loads(out.with_suffix(".json").read_text("utf-8"))
    return figures | {"all": {"seconds": time.perf_counter() - started}}


@app.callback(invoke_without_command=True)
def main(context: typer.Context, n: int = 240, side: int = 96, seeds: int = 2, stage: list[str] | None = None) -> None:
    """Print the table."""
    if context.invoked_subcommand is not None:
        return
    stages = [name for name in FIGURES if name in (stage or FIGURES)]
    found: dict[int, list[Figures]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        write_challenge(data, train=n, test=8, size=side, workers=1)
        for seed in range(42, 42 + seeds):
            for processes, those in found.items():
                out = Path(folder) / f"{processes}_{seed}"
                those.append(learned(data, out, seed=seed, side=side, stages=stages, processes=processes))
    rows = []
    for name, figure in [*((one, figure) for one in stages for figure in FIGURES[one]), ("all", "seconds")]:
        values = [[figures[name][figure] for figures in those] for those in found.values()]
        rows.append(
            [f"{name} {figure}", *(f"{mean(some):.3f} ({min(some):.3f} to {max(some):.3f})" for some in values)]
        )
    head = ["in the last epoch, mean (least to most)", "one process", "two"]
    print_table(f"{n} pictures of {side} px, {seeds} seeds", head, rows)


if __name__ == "__main__":
    app()
