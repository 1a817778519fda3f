"""Who finds the object: the detector, the box around the cut-out, or the surer of the two.

    python -m benchmarks.boxes PHOTOS [--every 8]

PHOTOS is as for `checkpoints.make_everyday`; the bundle is `everyday`, which learned nothing from these photos. Of
Tiny ImageNet's every eighth is taken.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import typer

from benchmarks.tables import print_table
from checkpoints.making.data import BOXED, MASKED, photos, with_boxes, without_held_back
from smallimg.boxes import as_boxes, box_iou
from smallimg.data.dataset import Dataset
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.results import Box


def pipeline_with_both() -> tuple[Pipeline, float]:
    """The bundle with the box around every cut-out among those found, and how clear one must be as it is shipped."""
    pipeline = Pipeline.load("everyday")
    stages = dict(pipeline.bundle.stages)
    clear = stages["detector"].clear_cutout
    assert clear is not None
    stages["detector"] = replace(stages["detector"], clear_cutout=0.0)
    pipeline.bundle = replace(pipeline.bundle, stages=stages)
    return pipeline, clear


def overlaps(pipeline: Pipeline, clear: float, dataset: Dataset) -> Iterator[tuple[float, float, float]]:
    """IoU with the true box, picture by picture: of the detector's best, of the cut-out's, of the one in use."""
    for sample in dataset.samples:

        def iou(box: Box | None, true: np.ndarray = sample.boxes) -> float:
            return 0.0 if box is None else float(box_iou(as_boxes(box.xyxy), true).max())

        found = pipeline.predict(open_image(sample.path), classify=False, score_threshold=0.0).boxes
        around = next((box for box in found if box.of_cutout), None)
        detected = next((box for box in found if not box.of_cutout), None)
        is_clear = around is not None and around.score >= max(clear, detected.score if detected else 0.0)
        yield iou(detected), iou(around), iou(around if is_clear else detected)


def main(folder: Path, every: int = 8) -> None:
    """Print the table."""
    tiny = photos(folder / BOXED, "val")
    _, held_back = without_held_back(photos(folder / MASKED))
    rows = []
    pipeline, clear = pipeline_with_both()
    for name, dataset in (
        ("ECSSD, held back", with_boxes(held_back)),
        ("Tiny ImageNet, val", replace(tiny, samples=tiny.samples[::every])),
    ):
        ious = np.array(list(overlaps(pipeline, clear, dataset)))
        means, shares = ious.mean(0), (ious >= 0.5).mean(0)
        rows.append([name, str(len(ious)), *(f"{m:.3f}, {s:.3f}" for m, s in zip(means, shares, strict=True))])
    head = ["photos", "n", "detector", "box around the cut-out", "the surer, in use"]
    print_table("Mean IoU of the best box, share with IoU ≥ 0.5", head, rows)


if __name__ == "__main__":
    typer.run(main)
