"""Evaluating a data set: pictures a second, and how much memory it takes to go on.

    python -m benchmarks.evaluating [--n 10000] [--side 224] [--model everyday]

The pictures are the examples of `everyday` that it has names for, in turn, as JPEG of quality 90, each with its class
and a box; everything is done that `evaluate` does with them, `predictions.csv` and mean average precision included.
The processor's time tells how fast it would be alone where something else is running. The memory is what the process
holds beyond what it held after the first pictures, when all networks are there: at most while it runs, and at the end
of the measuring.
"""

import csv
import resource
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

import typer
from PIL import ImageOps

from benchmarks.tables import print_table
from smallimg import DEFAULT_BUNDLE
from smallimg.data.formats import read_dataset
from smallimg.pictures.images import flatten, list_images, open_image
from smallimg.pipeline import Pipeline
from smallimg.study.evaluation import evaluate, write_evaluation
from smallimg.study.rows import row_file, write_row

EXAMPLES = Path(__file__).resolve().parents[1] / "assets" / "examples" / DEFAULT_BUNDLE
WARM = 200


def write_labelled(folder: Path, n: int, side: int, names: Collection[str]) -> None:
    """`n` pictures, their longer side `side` pixels, and their table; those alike are one file on the disk."""
    (folder / "test").mkdir(parents=True)
    first: dict[Path, Path] = {}
    with (folder / "test.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "xmin", "ymin", "xmax", "ymax", "class"])
        examples = [path for path in list_images(EXAMPLES) if path.stem in names]
        for index in range(n):
            example, target = examples[index % len(examples)], folder / "test" / f"{index:05}.jpg"
            if example in first:
                target.hardlink_to(first[example])
            else:
                ImageOps.contain(flatten(open_image(example)), (side, side)).save(target, quality=90)
                first[example] = target
            table.writerow([target.name, 20, 20, side // 2, side // 2, example.stem])


def held_mb(*, most: bool = False) -> float:
    """What this process holds now, or has held at most, in MB."""
    if most:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def main(n: int = 10_000, side: int = 224, model: str = DEFAULT_BUNDLE) -> None:
    """Print the table."""
    pipeline = Pipeline.load(model)
    held: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "data", Path(folder) / "report"
        out.mkdir()
        write_labelled(data, n, side, pipeline.class_names)
        dataset = read_dataset(data, split="test")
        write_labelled(Path(folder) / "warm", WARM, side, pipeline.class_names)
        evaluate(pipeline, read_dataset(Path(folder) / "warm", split="test"))
        before = held_mb()

        def watch(done: int, _of: int) -> None:
            if done % 100 == 0:
                held.append(held_mb())

        started, worked = time.perf_counter(), time.process_time()
        with row_file(out / "predictions.csv") as lines:
            evaluation = evaluate(pipeline, dataset, take=lambda seen: write_row(lines, seen.row), progress=watch)
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
        write_evaluation(evaluation, dataset, out)
    row = [
        f"{n / seconds:.1f}",
        f"{1000 * worked / n:.1f}",
        f"{max(held) - before:.0f}",
        f"{held_mb(most=True) * 1.048576 - before:.0f}",
    ]
    head = [
        "pictures a second",
        "processor time a picture, ms",
        "memory beyond the first pictures, MB: while predicting",
        "at most, measuring included",
    ]
    print_table(f"{n:,} pictures of {side} px, bundle {model}", head, [row])


if __name__ == "__main__":
    typer.run(main)
