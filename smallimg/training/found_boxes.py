"""Boxes that nobody drew, for names that are learned on the features of a bundle which finds things itself.

The new bundle looks where that one's networks say the object is. So that is where it has to learn: a head that has
learned whole pictures would be asked about crops, and one that looks at whole pictures only learns their backgrounds as
much as the things.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from smallimg.boxes import Boxes, as_boxes
from smallimg.data.dataset import Dataset, Sample
from smallimg.errors import ImageError, Stopped
from smallimg.pictures.images import open_local, read_size
from smallimg.pipeline import Pipeline
from smallimg.training.loop import Keep, Progress, Report
from smallimg.training.recipes import Recipe
from smallimg.training.start import Start

#: No network looks at more pixels a side than these.
ENOUGH = 960


def learns_where_it_finds(plan: Recipe, stages: Sequence[str], start: Start | None, dataset: Dataset) -> bool:
    """Whether a training is of names alone, on features of networks that find things, from pictures without boxes."""
    if start is None or start.mode != "features" or tuple(stages) != ("classifier",) or plan.background != "own":
        return False
    source = start.bundle
    samples = (*dataset.samples, *dataset.validation)
    known = any(len(sample.boxes) or sample.mask for sample in samples)
    return source is not None and {"background", "detector"} <= source.stages.keys() and not known


def looking_twice(plan: Recipe) -> Recipe:
    """The plan of such a training: it looks at the whole picture too, as the box may be wrong, and means both.

    Nothing is put on other backgrounds: the masks of few pictures are too rough for it.
    """
    classifier = replace(plan.classifier, whole_too=True, augment=replace(plan.classifier.augment, paste=0.0))
    return replace(plan, classifier=classifier)


def with_found_boxes(dataset: Dataset, start: Start, *, report: Report, keep: Keep | None) -> Dataset:
    """The data set with the box in each picture that the start's networks like best; none where they find nothing.

    Raises:
        Stopped: when `keep` asked for it.
    """
    pipeline = Pipeline.load(start.source)
    parts = (dataset.samples, dataset.validation)
    samples = [sample for part in parts for sample in part]
    boxed: list[Sample] = []
    for sample, box in zip(samples, pipeline.each(best_box, [sample.path for sample in samples]), strict=True):
        if keep is not None and keep.should_stop():
            raise Stopped("The run was stopped while its objects were being found.")
        boxed.append(replace(sample, boxes=as_boxes([]) if box is None else box))
        report(Progress("cutouts", 1, 1, len(boxed), len(samples)))
    count = len(dataset.samples)
    return replace(dataset, samples=tuple(boxed[:count]), validation=tuple(boxed[count:]))


def best_box(pipeline: Pipeline, path: Path) -> Boxes | None:
    """Where a pipeline would look in a picture, float32 [1, 4], xyxy in pixels; None where nothing is found."""
    try:
        width, _ = read_size(path)
        image = open_local(path, at_least=ENOUGH)
    except ImageError:  # whoever reads the pictures says so
        return None
    found = pipeline.predict(image, classify=False).box
    factor = width / image.width  # a large picture may have come as a half or a quarter
    return None if found is None else as_boxes([value * factor for value in found.xyxy])
