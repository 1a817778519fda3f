"""Measure a pipeline on a data set, and write the figures and the submission."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_calibration_error,
    multiclass_confusion_matrix,
    multiclass_precision,
    multiclass_recall,
)

from smallimg.boxes import Boxes, as_boxes, box_iou
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats.names import split_word
from smallimg.errors import DataError, ImageError
from smallimg.pictures.images import open_local
from smallimg.pictures.masks import open_mask
from smallimg.results import Box, Prediction
from smallimg.study.intervals import wilson_interval

if TYPE_CHECKING:
    from smallimg.pipeline import Pipeline

#: So many of a bundle's classes are listed where one is missing.
MOST_NAMED = 12


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a pipeline did on a data set.

    Attributes:
        metrics: the figures, as `metrics.json` holds them; see `evaluate`.
        predictions: one for each picture that could be read, in the data set's order. Their pictures are dropped,
            since thousands of cut-outs do not fit in memory.
        names: the pictures' names, as the data set's table has them; parallel to `predictions`.
        samples: what is known about each of these pictures; parallel to `predictions`.
        errors: one sentence for each picture that could not be read.
        answers: the submission: each picture's name and class, pictures that could not be read among them.
    """

    metrics: dict[str, Any]
    predictions: list[Prediction]
    names: list[str]
    samples: list[Sample]
    errors: list[str]
    answers: list[tuple[str, str]] = field(default_factory=list)


def evaluate(
    pipeline: "Pipeline",
    dataset: Dataset,
    *,
    given_boxes: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Predict every picture of `dataset` and compare with what is known about it.

    A figure is there when its ground truth is and its stage ran:

    - `n`, and `unreadable`, the names of the pictures that could not be opened;
    - `accuracy` with its `accuracy_interval` (low, high; see `intervals`), `precision` and `recall` (macro),
      `class_accuracy` by class, and `confusion_matrix` with a row a true class and a column a predicted one, both in
      the order of `classes`, the pipeline's: what is counted here is the most probable class, sure of it or not;
    - `answered`, how many pictures got a name (see `Prediction.sure_label`) instead of “not sure”, and
      `answered_right`, how many of those names are true;
    - `calibration_error`, by how much on average a probability differs from how often it is right (15 bins), and
      `known`, the share of pictures whose object the classifier counts as one of those it learnt;
    - `box_iou`, the mean IoU of the top box with the true box it fits best, 0 where no object was found, and
      `box_iou_50`, the share of pictures where that is at least 0.5;
    - `mask_iou`, the mean IoU of the cut-out's alpha and the true mask, both cut at one half, and `mask_mae`, the mean
      absolute difference of the two, 0 … 1; a picture whose true mask is empty is left out of the IoU where the cut-out
      is empty as well, which is no success (`mask_empty` counts them), and has IoU 0 where it is not;
    - `milliseconds`, the median by stage.

    Args:
        pipeline: what to measure.
        dataset: its classes are matched with the pipeline's by name.
        given_boxes: whether the pipeline is told the true boxes: what a classifier can do that has no detector yet. No
            figure of boxes is taken then.
        progress: called with (pictures done, pictures in all).

    Raises:
        DataError: when the data has a class that the pipeline does not know, or no picture could be read.
    """
    used = {dataset.class_names[sample.label] for sample in dataset.samples if sample.label is not None}
    if unknown := sorted(used - set(pipeline.class_names)):
        known, more = ", ".join(pipeline.class_names[:MOST_NAMED]), len(pipeline.class_names) - MOST_NAMED
        raise DataError(
            f"{dataset.origin} has classes the bundle was not trained for ({', '.join(unknown)}): "
            f"it knows {known}{f' and {more} more' if more > 0 else ''}."
        )
    predictions: list[Prediction] = []
    samples: list[Sample] = []
    mask_scores: list[tuple[float | None, float]] = []
    unreadable, errors = [], []
    said: dict[str, str | None] = {}  # name → class; None where the picture cannot be asked
    asked = (*dataset.samples, *dataset.left_out)
    for done, sample in enumerate(asked, start=1):
        name = _name(sample, dataset)
        counts = done <= len(dataset.samples)  # what is left out gets an answer, and is not measured
        said[name] = None
        try:
            image = open_local(sample.path)
            mask = None if sample.mask is None else open_mask(sample.mask)
        except ImageError as error:
            if counts:
                unreadable.append(name)
                errors.append(str(error))
        else:
            given = [Box(x1, y1, x2, y2, 1.0) for x1, y1, x2, y2 in sample.boxes.tolist()]
            prediction = pipeline.predict(image, boxes=given if given_boxes and counts else None)
            said[name] = prediction.label
            if mask is not None and prediction.cutout is not None:
                mask_scores.append(_compare_masks(prediction.cutout, mask))
            if counts:
                predictions.append(replace(prediction, cutout=None, crop=None))
                samples.append(sample)
        if progress is not None:
            progress(done, len(asked))
    if not predictions:
        raise DataError(f"{dataset.origin}: none of the pictures could be read, so there is nothing to measure.")

    metrics: dict[str, Any] = {"n": len(predictions), "unreadable": unreadable}
    metrics |= _class_metrics(predictions, samples, dataset.class_names, pipeline.class_names)
    if not given_boxes:
        metrics |= _box_metrics(predictions, samples)
    if mask_scores:
        overlaps = [overlap for overlap, _ in mask_scores if overlap is not None]
        metrics |= {"mask_iou": mean(overlaps)} if overlaps else {}
        metrics["mask_mae"] = mean(difference for _, difference in mask_scores)
        if empty := len(mask_scores) - len(overlaps):
            metrics["mask_empty"] = empty
    metrics["milliseconds"] = _median_milliseconds(predictions)
    answers, guessed = _answers(said)
    errors += guessed
    return Evaluation(metrics, predictions, [_name(sample, dataset) for sample in samples], samples, errors, answers)


def _answers(said: Mapping[str, str | None]) -> tuple[list[tuple[str, str]], list[str]]:
    """A class for every picture, the most frequent one where none was found; and a sentence that names those."""
    counts = Counter(label for label in said.values() if label is not None)
    if not counts:
        return [], []
    most = counts.most_common(1)[0][0]
    unasked = [name for name, label in said.items() if label is None]
    shown = ", ".join(unasked[:8]) + (" …" if len(unasked) > 8 else "")
    words = f"{len(unasked):,} pictures have" if len(unasked) > 1 else "1 picture has"
    why = "because nothing was found there, or it does not open"
    sentences = [f"{words} the most frequent class, {most}, in submission.csv, {why}: {shown}"] if unasked else []
    return [(name, label or most) for name, label in said.items()], sentences


def write_evaluation(evaluation: Evaluation, dataset: Dataset, out: Path) -> None:
    """Write `metrics.json` and `submission.csv` (Id, Category: the class as the data's own table writes it) to `out`.

    The submission has a row for every picture, and is for a scorer: no cell in it is changed for a spreadsheet.

    Raises:
        DataError: when `out` cannot be written.
    """
    ids = dict(zip(dataset.class_names, dataset.class_ids, strict=True))
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["Id", "Category"])
    # As they are: a quote before a name that begins like a formula would be another name for a scorer.
    writer.writerows((name, ids.get(label, label)) for name, label in evaluation.answers)
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write_whole(out / "metrics.json", json.dumps(evaluation.metrics, indent=1, ensure_ascii=False) + "\n")
        _write_whole(out / "submission.csv", table.getvalue())
    except OSError as error:
        raise DataError(f"{out} could not be written ({error.strerror}): choose another folder.") from error


def _class_metrics(
    predictions: Sequence[Prediction],
    samples: Sequence[Sample],
    data_classes: Sequence[str],
    classes: Sequence[str],
) -> dict[str, Any]:
    named = [
        (prediction, classes.index(data_classes[sample.label]))
        for prediction, sample in zip(predictions, samples, strict=True)
        if prediction.label is not None and sample.label is not None
    ]
    if not named:
        return {}
    true = torch.tensor([label for _, label in named])
    answers = [
        (prediction.sure_label, classes[label]) for prediction, label in named if prediction.sure_label is not None
    ]
    shares = torch.tensor([[prediction.probabilities[name] for name in classes] for prediction, _ in named])
    predicted = shares.argmax(dim=1)
    n = max(len(classes), 2)  # torchmetrics knows no fewer
    by_class = multiclass_recall(predicted, true, num_classes=n, average="none")
    present = set(true.tolist())
    interval = wilson_interval(int((predicted == true).sum()), len(named))
    return {
        "accuracy": _figure(multiclass_accuracy(predicted, true, num_classes=n, average="micro")),
        "accuracy_interval": [round(end, 6) for end in interval],
        "precision": _figure(multiclass_precision(predicted, true, num_classes=n, average="macro")),
        "recall": _figure(multiclass_recall(predicted, true, num_classes=n, average="macro")),
        "class_accuracy": {name: _figure(by_class[label]) for label, name in enumerate(classes) if label in present},
        "calibration_error": _figure(multiclass_calibration_error(shares, true, num_classes=n, n_bins=15)),
        "known": mean(float(prediction.is_known) for prediction, _ in named),
        "answered": len(answers),
        "answered_right": sum(answer == truth for answer, truth in answers),
        "confusion_matrix": multiclass_confusion_matrix(predicted, true, num_classes=n).tolist(),
        "classes": list(classes),
    }


def _figure(value: torch.Tensor) -> float:
    return round(value.item(), 6)  # float32 has no more to say


def _box_metrics(predictions: Sequence[Prediction], samples: Sequence[Sample]) -> dict[str, float]:
    overlaps = [
        _best_iou(prediction.box, sample.boxes)
        for prediction, sample in zip(predictions, samples, strict=True)
        if len(sample.boxes) and "detector" in prediction.milliseconds
    ]
    if not overlaps:
        return {}
    return {"box_iou": mean(overlaps), "box_iou_50": mean(float(overlap >= 0.5) for overlap in overlaps)}


def _best_iou(box: Box | None, true_boxes: Boxes) -> float:
    return 0.0 if box is None else float(box_iou(as_boxes(box.xyxy), true_boxes).max())


def _compare_masks(cutout: Image.Image, mask: Image.Image) -> tuple[float | None, float]:
    """(IoU, MAE) of the cut-out's alpha and the true mask, "L"; two empty masks have no IoU."""
    alpha = np.asarray(cutout.getchannel("A")) / np.float32(255)
    true = np.asarray(mask) / np.float32(255)
    both, either = ((alpha >= 0.5) & (true >= 0.5)).sum(), ((alpha >= 0.5) | (true >= 0.5)).sum()
    return (float(both / either) if either else None), float(np.abs(alpha - true).mean())


def _median_milliseconds(predictions: Sequence[Prediction]) -> dict[str, float]:
    stages = predictions[0].milliseconds
    return {stage: round(median(prediction.milliseconds[stage] for prediction in predictions), 3) for stage in stages}


def _name(sample: Sample, dataset: Dataset) -> str:
    """The picture as the data's own table names it, or else as it lies below its split's folder."""
    if sample.name is not None:
        return sample.name
    parts = sample.path.relative_to(dataset.root).parts
    is_part = len(parts) > 1 and (parts[0] == "images" or split_word(parts[0]) == split_word(dataset.split))
    return "/".join(parts[1:] if is_part else parts)


def _write_whole(path: Path, text: str) -> None:
    """Under another name first, so that no reader ever finds half a file."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)
