"""How long `check` takes over many pictures, and the reading of a table with a million rows; how much memory.

    python -m benchmarks.data_checks [--n 10000] [--side 320] [--rows 1000000]

The pictures are the examples of `everyday`, cut at other places and blended in pairs, so that no two are the same:
JPEGs with a box each, every tenth with a mask. The table's rows are boxes of as many small pictures. Both are drawn to
a temporary folder. Each is looked at by a process of its own, with a quarter of the pictures as well to see what memory
grows by.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import typer
from PIL import Image, ImageOps

from benchmarks.folders import EXAMPLES
from benchmarks.tables import print_table
from smallimg import DEFAULT_BUNDLE
from smallimg.pictures.images import flatten, list_images, open_image

HEADER = "image,xmin,ymin,xmax,ymax,class"
READ = "import sys; from smallimg.data.formats import read_dataset; read_dataset(sys.argv[1])"


def write_pictures(root: Path, n: int, side: int) -> None:
    """`n` photos in ten classes, three quarters as high as wide."""
    rng = np.random.default_rng(0)
    size_wh = (side, 3 * side // 4)
    larger = (size_wh[0] * 5 // 4, size_wh[1] * 5 // 4)
    photos = [ImageOps.fit(flatten(open_image(path)), larger) for path in list_images(EXAMPLES / DEFAULT_BUNDLE)]
    rows = [HEADER]
    (root / "train").mkdir(parents=True)
    (root / "train_masks").mkdir()
    for index in range(n):
        first, second = (_cut(photos[rng.integers(len(photos))], size_wh, rng) for _ in range(2))
        Image.blend(first, second, float(rng.uniform(0.2, 0.8))).save(root / f"train/{index:05}.jpg", quality=90)
        x, y = rng.integers(0, size_wh[0] // 3), rng.integers(0, size_wh[1] // 3)
        box = (int(x), int(y), int(x) + side // 3, int(y) + side // 3)
        rows.append(f"{index:05}.jpg,{','.join(map(str, box))},class{index % 10}")
        if index % 10 == 0:
            mask = Image.new("L", size_wh)
            mask.paste(255, box)
            mask.save(root / f"train_masks/{index:05}.png")
    (root / "train.csv").write_text("\n".join(rows) + "\n")


def _cut(photo: Image.Image, size_wh: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    x, y = (int(rng.integers(0, whole - part + 1)) for whole, part in zip(photo.size, size_wh, strict=True))
    cut = photo.crop((x, y, x + size_wh[0], y + size_wh[1]))
    return ImageOps.mirror(cut) if rng.random() < 0.5 else cut


def write_table(root: Path, pictures: int, rows: int) -> None:
    """A table of boxes, of as many on each picture, none twice."""
    (root / "train").mkdir(parents=True)
    for index in range(pictures):
        Image.new("RGB", (64, 48), (index % 256, index // 256 % 256, 0)).save(root / f"train/{index:05}.jpg")
    with (root / "train.csv").open("w") as table:
        table.write(HEADER + "\n")
        for row in range(rows):
            number = row // pictures
            x, y = number % 30 + 0.125 * (number // 600 % 8), number // 30 % 20
            table.write(f"{row % pictures:05}.jpg,{x},{y},{x + 12.5},{y + 9},class{row % 50}\n")


def measure(arguments: Sequence[str]) -> list[str]:
    """Run Python with these arguments: seconds, seconds of the processors, and the most memory in MiB."""
    started = time.perf_counter()
    devnull = os.open(os.devnull, os.O_WRONLY)
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, *arguments],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, devnull, 1), (os.POSIX_SPAWN_DUP2, devnull, 2)],
    )
    os.close(devnull)
    most = 0
    # What wait4 says of memory would begin with that of this process, which has torch in it.
    while (ended := os.wait4(child, os.WNOHANG))[0] == 0:
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{child}/status").read_text(encoding="utf-8"))
        most = max(most, int(peak[1])) if peak and time.perf_counter() - started > 0.5 else most
        time.sleep(0.02)
    _, status, usage = ended
    assert os.waitstatus_to_exitcode(status) in (0, 1), "it ran; 1 says that something was found"
    seconds = time.perf_counter() - started
    return [f"{seconds:.1f}", f"{usage.ru_utime + usage.ru_stime:.1f}", f"{most / 1024:.0f}"]


def main(n: int = 10_000, side: int = 320, rows: int = 1_000_000) -> None:
    """Print the table."""
    table: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (n // 4, n):
            root = Path(folder) / f"pictures{count}"
            write_pictures(root, count, side)
            arguments = ["-m", "smallimg", "check", str(root), "--quick", "--json"]
            table.append([f"`check --quick` of {count:,} pictures", *measure(arguments)])
        root = Path(folder) / "table"
        write_table(root, n, rows)
        table.append([f"reading {rows:,} rows of {n:,} pictures", *measure(["-c", READ, str(root)])])
    load = f"{os.getloadavg()[0]:.1f} processes waited for the cores"
    print_table(f"JPEGs of {side} px; {load}", ["", "seconds", "of processors", "most memory, MiB"], table)


if __name__ == "__main__":
    typer.run(main)
