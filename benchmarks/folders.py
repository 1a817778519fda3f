"""A folder of photos: one after the other, and as many at once as there are cores.

    python -m benchmarks.folders [--n 200] [--side 640] [--turns 5]

The photos are the examples of `everyday`, in turn, written as JPEG of quality 90; each is opened, cut out, searched and
named. Both ways take turns.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
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


def main(n: int = 200, side: int = 640, turns: int = 5) -> None:
    """Print the table."""
    pipeline = Pipeline.load()
    ways: dict[str, Callable[[list[Path]], list[str | None]]] = {
        "one after the other": lambda files: [look(pipeline, file) for file in files],
        "several at once": lambda files: list(pipeline.each(look, files)),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        files = write_photos(Path(folder), n, side)
        answers = [way(files[:8]) for way in ways.values()]  # warm
        assert answers[0] == answers[1], "both ways say the same"
        for _ in range(turns):
            for name, way in ways.items():
                started = time.perf_counter()
                way(files)
                rates[name].append(n / (time.perf_counter() - started))
    rows = [[name, f"{statistics.median(values):.1f}", f"{min(values):.1f}"] for name, values in rates.items()]
    print_table(f"{n} photos of {side} px, median of {turns} turns", ["", "photos a second", "least"], rows)
    ratios = [fast / slow for slow, fast in zip(*rates.values(), strict=True)]
    typer.echo(f"\nratio, turn by turn: median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    typer.run(main)
