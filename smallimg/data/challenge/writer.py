"""Write the challenge: pictures, masks, boxes, and what is what."""

import csv
import io
import json
import os
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from smallimg.boxes import mask_to_box
from smallimg.data.challenge.crowd import draw_crowd
from smallimg.data.challenge.scene import draw_picture
from smallimg.errors import DataError, called

# Each class has its own ground while training, and loses it in the test: whoever learnt the ground fails there.
TRAIN_BACKGROUNDS: dict[str, str] = {
    "plug": "wood",
    "phone": "tiles",
    "scissors": "cloth",
    "light bulb": "concrete",
    "can": "brick",
    "sunglasses": "sand",
    "ball": "grass",
    "cup": "knit",
}
TEST_BACKGROUND = "marble"
CLASS_NAMES: tuple[str, ...] = tuple(TRAIN_BACKGROUNDS)
SPLITS = ("train", "test")
MIN_SIZE = 32


#: An object: its box, x1, y1, x2, y2, and its class.
Placed = tuple[tuple[int, ...], int]


@dataclass(frozen=True)
class _Task:
    """Everything one picture depends on, and where it goes."""

    out: Path
    split: str
    index: int
    label: int
    seed: int
    size: int
    objects: int


def write_challenge(
    out: Path,
    *,
    train: int = 1600,
    test: int = 800,
    size: int = 224,
    seed: int = 2025,
    objects: int = 1,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Draw the challenge into the empty or new folder `out`.

    `<split>/0000.jpg` … (RGB, size × size), `<split>_masks/0000.png` (0 or 255), `<split>.csv` with the columns
    image, xmin, ymin, xmax, ymax, class (pixels, half-open; class an index), and, last of all, `challenge.json` with
    the classes' names: without that file a set is not finished. The classes are balanced, their order is shuffled.
    The same seed gives the same bytes, whatever `workers` is (processes; None takes one for each CPU core).

    Args:
        train, test: how many pictures; size: their side in pixels.
        objects: most of them in a picture. More than one, from 1 to so many, are smaller and lie beside one another;
            each has a row of its own, and the ground is that of the first.
        progress: called with how many pictures are done, and of how many.

    Raises:
        DataError: when `out` is a file or holds anything, or a number makes no set.
    """
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(
            f"{called(out)} is not an empty folder: choose a new name for the challenge, or empty it first."
        )
    if train < 1 or test < 0 or size < MIN_SIZE or objects < 1:
        raise DataError(
            f"a challenge needs at least 1 training picture, a side of {MIN_SIZE} pixels and 1 object a picture, "
            f"got {train} training and {test} test pictures of {size} pixels with {objects} objects"
        )
    counts = {"train": train, "test": test}
    for split in SPLITS:
        (out / split).mkdir(parents=True, exist_ok=True)
        (out / f"{split}_masks").mkdir(exist_ok=True)
    tasks = [
        _Task(out, split, index, int(label), seed, size, objects)
        for number, split in enumerate(SPLITS)
        for index, label in enumerate(_shuffled_labels(counts[split], np.random.default_rng([seed, number])))
    ]
    rows: dict[str, list[list[object]]] = {split: [] for split in SPLITS}
    with closing(_run(tasks, workers or os.cpu_count() or 1)) as drawn:  # nobody draws on where this ends early
        for done, (task, found) in enumerate(zip(tasks, drawn, strict=True), start=1):
            rows[task.split] += [[f"{task.index:04d}.jpg", *box, label] for box, label in found]
            if progress is not None:
                progress(done, len(tasks))
    for split in SPLITS:
        _write_csv(out / f"{split}.csv", rows[split])
    summary = {
        "classes": list(CLASS_NAMES),
        "seed": seed,
        "size": size,
        "train": train,
        "test": test,
        **({"objects": objects} if objects > 1 else {}),
        "backgrounds": {"train": TRAIN_BACKGROUNDS, "test": TEST_BACKGROUND},
    }
    partial = out / "challenge.json.partial"
    partial.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    partial.replace(out / "challenge.json")


def _shuffled_labels(count: int, rng: np.random.Generator) -> list[int]:
    """`count` labels, each class as often as any other (± 1), in random order."""
    return [int(label) for label in rng.permutation(np.arange(count) % len(CLASS_NAMES))]


def _run(tasks: list[_Task], workers: int) -> Generator[list[Placed]]:
    """Draw every task's picture; yield its objects in the tasks' order."""
    if workers == 1:
        yield from map(_draw, tasks)
        return
    # Spawned, not forked: the caller may have threads, and forked threads' locks stay locked.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_draw, tasks, chunksize=8)


def _draw(task: _Task) -> list[Placed]:
    """Draw and save one picture and its mask; return its objects."""
    rng = np.random.default_rng([task.seed, SPLITS.index(task.split), task.index])
    name = CLASS_NAMES[task.label]
    background = TRAIN_BACKGROUNDS[name] if task.split == "train" else TEST_BACKGROUND
    labels = [task.label]
    if task.objects > 1:
        labels += rng.integers(0, len(CLASS_NAMES), int(rng.integers(0, task.objects))).tolist()
        picture, masks = draw_crowd([CLASS_NAMES[label] for label in labels], background, rng, size=task.size)
    else:
        picture, mask = draw_picture(name, background, rng, size=task.size)
        masks = [mask]
    Image.fromarray(picture).save(task.out / task.split / f"{task.index:04d}.jpg", quality=92)
    whole = np.logical_or.reduce(masks) if masks else np.zeros((task.size, task.size), np.bool_)
    Image.fromarray(whole).save(task.out / f"{task.split}_masks" / f"{task.index:04d}.png")
    boxes = [mask_to_box(mask) for mask in masks]
    if not boxes or any(box is None for box in boxes):
        raise DataError(f"picture {task.index} of {task.split} came out without an object: take another seed or size")
    return [(tuple(map(int, box)), label) for box, label in zip(boxes, labels, strict=False) if box is not None]


def _write_csv(path: Path, rows: list[list[object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "xmin", "ymin", "xmax", "ymax", "class"])
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
