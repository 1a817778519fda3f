"""Networks that two processes learn, beside those that one learns: are the curves the same?

    python -m benchmarks.processes [--n 240] [--side 96]

All three networks of the recipe `fast` are trained for a few epochs on a drawn challenge, by one process, by two with
the same seed, and by one with another seed, which tells what chance alone makes. Each process takes one thread. The gap
is the mean over the epochs, the first left out, of how far a figure is from that of one process.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
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

Curve = list[tuple[str, dict[str, float]]]
app = typer.Typer()


def short(side: int) -> Recipe:
    """`fast`, for pictures of that side, and over soon."""
    fast = RECIPES["fast"]
    stages: dict[str, Any] = {name: replace(getattr(fast, name), epochs=epochs) for name, epochs in EPOCHS.items()}
    stages |= {name: replace(stages[name], input_size=side) for name in ("remover", "detector")}
    return replace(fast, views=2, **stages)


@app.command()
def learn(data: Path, out: Path, seed: int, side: int) -> None:
    """Train, in one of the processes that were started, and leave the curves beside the bundle."""
    curve: Curve = []

    def report(progress: Progress) -> None:
        if progress.metrics:
            curve.append((progress.stage, progress.metrics))

    train_bundle(read_dataset(data), out, recipe=short(side), seed=seed, report=report)
    if processes_here().is_first:
        out.with_suffix(".json").write_text(json.dumps(curve), "utf-8")


def learned(data: Path, out: Path, *, seed: int, side: int, processes: int) -> tuple[Curve, float]:
    """The curves of a training in so many processes, and the seconds that it took."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
    work = ["-m", "benchmarks.processes", "learn", str(data), str(out), str(seed), str(side)]
    started = time.perf_counter()
    subprocess.run([*launch, *work], check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    return json.loads(out.with_suffix(".json").read_text("utf-8")), time.perf_counter() - started


def figures_of(curve: Curve, stage: str, figure: str) -> list[float]:
    """A figure of a stage, epoch by epoch, the first left out."""
    return [metrics[figure] for name, metrics in curve if name == stage][1:]


@app.callback(invoke_without_command=True)
def main(context: typer.Context, n: int = 240, side: int = 96) -> None:
    """Print the table."""
    if context.invoked_subcommand is not None:
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        write_challenge(data, train=n, test=8, size=side, workers=1)
        ways = {"one": (42, 1), "two": (42, 2), "another seed": (43, 1)}
        found = {
            name: learned(data, Path(folder) / name, seed=seed, side=side, processes=processes)
            for name, (seed, processes) in ways.items()
        }
    rows = []
    for stage, names in FIGURES.items():
        for figure in names:
            one, two, other = (figures_of(curve, stage, figure) for curve, _ in found.values())
            gaps = [mean(abs(x - y) for x, y in zip(one, curve, strict=True)) for curve in (two, other)]
            last = [f"{values[-1]:.3f}" for values in (one, two, other)]
            rows.append([f"{stage} {figure}", *last, *(f"{gap:.3f}" for gap in gaps)])
    head = ["in the last epoch", "one process", "two", "one, another seed", "gap of two", "gap of another seed"]
    print_table(f"{n} pictures of {side} px", head, rows)
    typer.echo("\nseconds: " + ", ".join(f"{name} {seconds:.0f}" for name, (_, seconds) in found.items()))


if __name__ == "__main__":
    app()
