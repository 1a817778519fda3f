"""`train`: a bundle's networks, here and now; `runs start` trains them in a process of their own."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from smallimg.cli.data import read_split
from smallimg.cli.options import (
    ArchitectureOption,
    BoxesFromMasksOption,
    CutOutsOption,
    Data,
    EpochsOption,
    MaxPixelsOption,
    NameBoxesOption,
    ReadsOption,
    RecipeOption,
    SeedOption,
    StageOption,
    StartFromOption,
    StartModeOption,
    allow_pixels,
    chosen_stages,
    overridden,
)
from smallimg.cli.progress import say, training_bar


def train(
    data: Data,
    *,
    out: Annotated[Path, typer.Option(help="Folder to write the bundle to; stages it has already are kept.")],
    stage: StageOption = None,
    recipe: RecipeOption = "fast",
    background: CutOutsOption = None,
    reads: ReadsOption = None,
    architecture: ArchitectureOption = None,
    name_boxes: NameBoxesOption = False,
    epochs: EpochsOption = None,
    seed: SeedOption = 42,
    boxes_from_masks: BoxesFromMasksOption = False,
    start_from: StartFromOption = None,
    start_mode: StartModeOption = "all",
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Train a bundle's networks, from scratch or from others.

    DATA is a folder, or a zip of one: in the challenge's form (train/ and train.csv with the columns
    image,xmin,ymin,xmax,ymax,class, and perhaps train_masks/), or folders named by class, or images/ and masks/, or as
    labelling tools write it: COCO, YOLO, Pascal VOC, Roboflow, Label Studio, Create ML. A fifth of it is kept aside to
    measure on. The remover learns from masks, the detector from boxes, the classifier from classes.
    """
    allow_pixels(max_pixels)
    from smallimg.data.dataset import together, trainable
    from smallimg.training.bundle import train_bundle
    from smallimg.training.start import chosen_start

    found = read_split(data, "train")
    dataset = trainable(found)
    for sentence in (*together(dataset.problems[len(found.problems) :]), *dataset.notes[len(found.notes) :]):
        say(sentence)
    overrides = overridden(reads, architecture, name_boxes=name_boxes)
    stages = chosen_stages(stage, recipe=recipe, background=background, start_from=start_from)
    start = chosen_start(start_from, start_mode, dataset, stages, recipe=recipe, own_network=bool(architecture))
    with training_bar() as report:
        bundle = train_bundle(
            dataset,
            out,
            stages=stages,
            recipe=recipe,
            background=background,
            overrides=overrides,
            epochs=epochs,
            seed=seed,
            boxes_from_masks=boxes_from_masks,
            start=start,
            report=report,
            command=f"python -m smallimg {shlex.join(sys.argv[1:])}",
        )
    typer.echo(f"Bundle written to {bundle}")
    if dataset.problems:
        raise typer.Exit(1)
