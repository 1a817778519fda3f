"""Boxes that nobody drew: how many around the removed background are right, and whether the doubtful come first.

    python -m benchmarks.boxes_without_drawing CHALLENGE [--every 1]

CHALLENGE is a data set with boxes; its training part is measured, which `everyday` has learned nothing from. A box
needs no correction where its IoU with the true one is 0.85 or more.
"""

from pathlib import Path

import numpy as np
import typer

from benchmarks.tables import print_table
from smallimg import DEFAULT_BUNDLE
from smallimg.boxes import box_iou
from smallimg.data.formats import read_dataset
from smallimg.pipeline import Pipeline
from smallimg.study.proposals import propose_without_background

RIGHT, SURE = 0.85, 0.8


def main(challenge: Path, every: int = 1) -> None:
    """Print the table."""
    samples = [sample for sample in read_dataset(challenge).samples if len(sample.boxes) == 1][::every]
    pipeline = Pipeline.load(DEFAULT_BUNDLE)
    overlaps, sure = [], []
    proposals = pipeline.each(propose_without_background, [sample.path for sample in samples])
    for sample, proposal in zip(samples, proposals, strict=True):
        if proposal is not None:
            overlaps.append(float(box_iou(sample.boxes, proposal.boxes)[0, 0]))
            sure.append(proposal.sure)
    iou, order = np.array(overlaps), np.argsort(sure)
    wrong, third = iou < RIGHT, len(iou) // 3
    agreed = np.array(sure) >= SURE
    rows = [
        ("need no correction (IoU ≥ 0.85)", f"{1 - wrong.mean():.1%}"),
        ("on the object (IoU ≥ 0.5)", f"{(iou >= 0.5).mean():.1%}"),
        ("of the wrong, in the first third of “unclear first”", f"{wrong[order[:third]].sum() / wrong.sum():.1%}"),
        ("the most that could be", f"{min(1.0, third / wrong.sum()):.1%}"),
        ("wrong in the first, second and last third", " · ".join(
            f"{wrong[part].mean():.1%}" for part in np.array_split(order, 3)
        )),
        ("“Agree to the surest” takes", f"{agreed.mean():.1%}"),
        ("of these need no correction", f"{1 - wrong[agreed].mean():.1%}"),
    ]  # fmt: skip
    print_table(f"Boxes without drawing, {len(iou):,} pictures", ["", "share"], [list(row) for row in rows])


if __name__ == "__main__":
    typer.run(main)
