"""Detectors side by side on the same pictures: how many objects each finds, how well its boxes fit, what it costs."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import mean, median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.boxes import as_boxes, box_iou
from smallimg.data.dataset import Dataset
from smallimg.errors import BundleError, DataError, ImageError, called
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.results import Prediction

#: Pictures on which the search alone is timed: it takes a second and more.
_SEARCHES = 5


@dataclass(frozen=True)
class Measured:
    """How one detector did.

    Attributes:
        name: of its bundle.
        architecture: of the detector.
        figures: those of `smallimg.study.average_precision`.
        iou: mean IoU of its best box with the true one that it fits best; 0 where it found nothing.
        milliseconds: a picture, median, from the picture as it is opened to the boxes, proposals included.
        search_ms: how many of these selective search takes, median of a few pictures; 0 where it is not asked.
        megabytes: of its file.
        n: how many pictures with known boxes there were.
    """

    name: str
    architecture: str
    figures: Mapping[str, Any]
    iou: float
    milliseconds: float
    search_ms: float
    megabytes: float
    n: int


def measure_detectors(
    pipelines: Mapping[str, Pipeline], dataset: Dataset, *, progress: Callable[[int, int], None] = lambda *_: None
) -> list[Measured]:
    """Each detector on every picture whose boxes are known, in turns, so that none has the quiet moments for itself.

    Args:
        pipelines: by the name to report.
        dataset: pictures that none of them has learned from.
        progress: called with (pictures done, pictures in all).

    Raises:
        BundleError: when a bundle has no detector.
        DataError: when no boxes are known, or none of the pictures can be opened.
    """
    # pycocotools comes with what trains; a picture can be looked at without.
    from smallimg.study.average_precision import average_precision  # noqa: PLC0415

    for pipeline in pipelines.values():
        if not finds(pipeline):
            raise BundleError(
                f"“{called(pipeline.bundle.path)}” has no detector to compare: choose bundles that have one."
            )
    samples = [sample for sample in dataset.samples if len(sample.boxes) or sample.is_negative]
    if not any(len(sample.boxes) for sample in samples):
        raise DataError(f"{dataset.origin}: detectors are compared by true boxes, and none are known here.")
    found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in pipelines}
    times: dict[str, list[float]] = {name: [] for name in pipelines}
    searches: dict[str, list[float]] = {name: [] for name in pipelines}
    true = []
    for pipeline in pipelines.values():
        pipeline.warm_up()
    for done, sample in enumerate(samples, start=1):
        try:
            image = open_image(sample.path)
        except ImageError:
            progress(done, len(samples))
            continue
        true.append(sample.boxes)
        for name, pipeline in pipelines.items():
            said = pipeline.predict(image, classify=False, remove_background=reads_cutouts(pipeline))
            rows = [(*box.xyxy, box.score) for box in said.boxes]
            found[name].append(np.asarray(rows, np.float32).reshape(-1, 5))
            times[name].append(said.milliseconds["total"])
            if _searches(pipeline) and len(searches[name]) < _SEARCHES:
                searches[name].append(_search_ms(pipeline, image, said))
        progress(done, len(samples))
    if not true:
        raise DataError(f"{dataset.origin}: none of its {len(samples)} pictures with boxes can be opened.")
    return [
        Measured(
            name,
            pipeline.bundle.stages["detector"].architecture,
            average_precision(found[name], true),
            mean(best_overlaps(found[name], true)),
            median(times[name]),
            median(searches[name]) if searches[name] else 0.0,
            pipeline.bundle.file("detector").stat().st_size / 1e6,
            sum(len(boxes) > 0 for boxes in true),
        )
        for name, pipeline in pipelines.items()
    ]


def thinned(dataset: Dataset, most: int) -> Dataset:
    """At most so many of its pictures with known boxes, evenly from all of them."""
    samples = [sample for sample in dataset.samples if len(sample.boxes) or sample.is_negative]
    count = max(1, most)
    if len(samples) > count:
        samples = [samples[int(place * len(samples) / count)] for place in range(count)]
    return replace(dataset, samples=tuple(samples))


def finds(pipeline: Pipeline) -> bool:
    """Whether there is a detector in it at all."""
    return "detector" in pipeline.bundle.stages


def _searches(pipeline: Pipeline) -> bool:
    """Whether its detector is told boxes by selective search."""
    return pipeline.bundle.stages["detector"].architecture in ("rcnn", "fast_rcnn")


def _search_ms(pipeline: Pipeline, image: Image.Image, said: Prediction) -> float:
    from smallimg.pictures.selective_search import selective_search  # noqa: PLC0415  # scikit-image, for who asks

    look, _ = pipeline.detector_look(image, said)
    began = time.perf_counter()
    selective_search(np.moveaxis(look, 0, 2))
    return 1000 * (time.perf_counter() - began)


def reads_cutouts(pipeline: Pipeline) -> bool:
    """Whether its detector looks at cut-outs, which are then part of what it costs."""
    return pipeline.bundle.stages["detector"].reads == "cutout" and pipeline.bundle.background != "none"


def best_overlaps(found: list[NDArray[np.float32]], true: list[NDArray[np.float32]]) -> list[float]:
    """Of each picture with boxes [m, 4] the IoU of the best-scored box found [k, 5] with the one that it fits best."""
    return [
        float(box_iou(as_boxes(some[:1, :4]), boxes).max(initial=0.0))
        for some, boxes in zip(found, true, strict=True)
        if len(boxes)
    ]
