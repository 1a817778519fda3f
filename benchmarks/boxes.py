"""Who finds the object: the detector, the box around the cut-out, or the surer of the two.

    python -m benchmarks.boxes PHOTOS [--every 8]

PHOTOS is as for `checkpoints/make_everyday.py`; the bundle is `everyday`, which learned nothing from these photos. Of
Tiny ImageNet's every eighth is taken.
"""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import typer

from benchmarks.tables import print_table
from checkpoints.make_everyday import photos, with_boxes, without_held_back
from smallimg.boxes import as_boxes, box_iou
from smallimg.checkpoint import find_bundle, load_bundle, save_bundle
from smallimg.datasets import Dataset
from smallimg.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.results import Box


def pipeline_with_both(folder: Path) -> tuple[Pipeline, float]:
    """The bundle with the box around every cut-out among those found, and how clear one must be as it is shipped."""
    bundle = load_bundle(shutil.copytree(find_bundle("everyday"), folder))
    detector = bundle.stages["detector"]
    save_bundle(replace(bundle, stages=dict(bundle.stages) | {"detector": replace(detector, clear_cutout=0.0)}))
    assert detector.clear_cutout is not None
    return Pipeline.load(bundle.path), detector.clear_cutout


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
    tiny = photos(folder / "tiny_boxes.zip", "val")
    _, held_back = without_held_back(photos(folder / "saliency.zip"))
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        pipeline, clear = pipeline_with_both(Path(temporary) / "everyday")
        for name, dataset in (
            ("ECSSD, held back", with_boxes(held_back)),
            ("Tiny ImageNet, val", replace(tiny, samples=tiny.samples[::every])),
        ):
            ious = np.array(list(overlaps(pipeline, clear, dataset)))
            cells = [
                f"{mean:.3f}, {share:.3f}" for mean, share in zip(ious.mean(0), (ious >= 0.5).mean(0), strict=True)
            ]
            rows.append([name, str(len(ious)), *cells])
    head = ["photos", "n", "detector", "box around the cut-out", "the surer, in use"]
    print_table("Mean IoU of the best box, share with IoU ≥ 0.5", head, rows)


if __name__ == "__main__":
    typer.run(main)
