"""`train`: a bundle's networks, here and now; `runs start` trains them in a process of their own."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
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
    may_be_folder,
    overridden,
)
from smallimg.cli.progress import say, training_bar


def train(
    data: Data,
    *,
    out: Annotated[
        Path,
        typer.Option(callback=may_be_folder, help="Folder to write the bundle to; stages it has already are kept."),
    ],
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
    state: Annotated[
        Path | None,
        typer.Option(
            callback=may_be_folder,
            help="Folder to leave the state of each epoch in: the same command goes on from there.",
        ),
    ] = None,
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Train a bundle's networks, from scratch or from others.

    DATA is a folder, or a zip of one: in the challenge's form (train/ and train.csv with the columns
    image,xmin,ymin,xmax,ymax,class, and perhaps train_masks/), or folders named by class, or images/ and masks/, or as
    labelling tools write it: COCO, YOLO, Pascal VOC, Roboflow, Label Studio, Create ML. A fifth of it is kept aside to
    measure on. The remover learns from masks, the detector from boxes, the classifier from classes; the segmenter,
    which marks every pixel by its class, from masks and classes.

    Several processes share the work where `torchrun --nproc-per-node 2 -m smallimg train …` starts them.
    """
    allow_pixels(max_pixels)
    from smallimg.training.processes import one_voice, started_alone

    if started_alone():
        say(
            "`accelerate launch` starts one process here: with `--multi_gpu` it starts as many as it is told, also "
            "without a GPU, as `torchrun --nproc-per-node 2 -m smallimg train …` does."
        )
    with one_voice(lambda: typer.Exit(1)) as here, _heard(here.is_first):
        from smallimg.data.dataset import together, trainable
        from smallimg.training.bundle import train_bundle
        from smallimg.training.device import place_here
        from smallimg.training.loop import Keep
        from smallimg.training.start import chosen_start

        found = read_split(data, "train")
        dataset = trainable(found)
        for sentence in (*together(dataset.problems[len(found.problems) :]), *dataset.notes[len(found.notes) :]):
            say(sentence)
        overrides = overridden(reads, architecture, name_boxes=name_boxes)
        stages = chosen_stages(stage, recipe=recipe, background=background, start_from=start_from)
        start = chosen_start(start_from, start_mode, dataset, stages, recipe=recipe, own_network=bool(architecture))
        say(f"training {place_here()}")
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
                keep=Keep(state) if state else None,
            )
        typer.echo(f"Bundle written to {bundle}")
    if dataset.problems:
        raise typer.Exit(1)


@contextmanager
def _heard(is_heard: bool) -> Iterator[None]:
    """What one of several processes says, if it is the one that is heard."""
    with ExitStack() as stack:
        if not is_heard:
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stdout(nowhere))
            stack.enter_context(redirect_stderr(nowhere))
        yield
