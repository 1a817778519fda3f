"""A folder of photos: one after the other, as many at once as there are cores, and in a process a core.

    python -m benchmarks.folders [--n 200] [--side 640] [--turns 5]

The photos are the examples of `everyday`, in turn, written as JPEG of quality 90; each is opened, cut out, searched and
named. The ways take turns. The processes are there already, each with its networks, before they are timed; the memory
is what each of them holds for itself.
"""

import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import typer
from PIL import ImageOps

from benchmarks.tables import print_table
from smallimg import DEFAULT_BUNDLE
from smallimg.pictures.images import flatten, list_images, open_image
from smallimg.pipeline import Pipeline

EXAMPLES = Path(__file__).resolve().parents[1] / "assets" / "examples"


def write_photos(folder: Path, n: int, side: int) -> list[Path]:
    """`n` files, their longer side `side` pixels."""
    examples = [flatten(open_image(path)) for path in list_images(EXAMPLES / DEFAULT_BUNDLE)]
    files = []
    for index in range(n):
        files.append(folder / f"{index:03}.jpg")
        ImageOps.contain(examples[index % len(examples)], (side, side)).save(files[-1], quality=90)
    return files


def look(pipeline: Pipeline, file: Path) -> str | None:
    """What is in a photo; its pictures are dropped."""
    return pipeline.predict(open_image(file)).sure_label


@cache
def own_pipeline() -> Pipeline:
    """A worker process's pipeline, its networks of one thread."""
    return Pipeline.load(threads=1)


def look_alone(file: Path) -> str | None:
    """`look`, in a worker process."""
    return look(own_pipeline(), file)


def private_mb(_: int) -> float:
    """Memory that a worker process shares with no other, in MB, once it has looked at something else for a moment."""
    time.sleep(0.2)  # or one worker would answer for all
    rows = Path("/proc/self/smaps_rollup").read_text("ascii")
    return sum(int(size) for size in re.findall(r"^Private_\w+: +(\d+) kB", rows, re.MULTILINE)) / 1000


def main(n: int = 200, side: int = 640, turns: int = 5) -> None:
    """Print the table."""
    pipeline = Pipeline.load()
    cores = os.cpu_count() or 1
    pool = ProcessPoolExecutor(cores, mp_context=get_context("spawn"))
    ways: dict[str, Callable[[list[Path]], list[str | None]]] = {
        "one after the other": lambda files: [look(pipeline, file) for file in files],
        "several at once": lambda files: list(pipeline.each(look, files)),
        "a process a core": lambda files: list(pool.map(look_alone, files, chunksize=4)),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        files = write_photos(Path(folder), n, side)
        answers = [way(files[: 16 * cores]) for way in ways.values()]  # warm
        assert answers[0] == answers[1] == answers[2], "all ways say the same"
        for _ in range(turns):
            for name, way in ways.items():
                started = time.perf_counter()
                way(files)
                rates[name].append(n / (time.perf_counter() - started))
    rows = [[name, f"{statistics.median(values):.1f}", f"{min(values):.1f}"] for name, values in rates.items()]
    print_table(f"{n} photos of {side} px, median of {turns} turns", ["", "photos a second", "least"], rows)
    alone, threads, processes = rates.values()
    for words, fast, slow in (("several at once", threads, alone), ("a process a core to threads", processes, threads)):
        ratios = [one / other for one, other in zip(fast, slow, strict=True)]
        typer.echo(f"\nratio of {words}, turn by turn: median {statistics.median(ratios):.2f}")
    held = [f"{size:.0f}" for size in pool.map(private_mb, range(cores))]
    typer.echo(f"\nmemory of each process, MB: {', '.join(held)}")
    pool.shutdown()


if __name__ == "__main__":
    typer.run(main)
