"""Measure a pipeline on a data set, and write the figures and the submission."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import mean, median
from typing import Any

from smallimg.data.dataset import Dataset, Sample
from smallimg.errors import DataError, called
from smallimg.files import write_text
from smallimg.pipeline import Pipeline
from smallimg.study.box_figures import box_figures, size_figures
from smallimg.study.class_figures import class_figures
from smallimg.study.looking import Seen, Setting, look_at
from smallimg.study.rows import Row
from smallimg.study.segment_figures import segment_figures

#: So many of a bundle's classes are listed where one is missing.
MOST_NAMED = 12
AS_TRAINED = Setting()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a pipeline did on a data set.

    Attributes:
        metrics: the figures, as `metrics.json` holds them; see `evaluate`.
        rows: one for each picture of the data set, in its order, those that were not measured among them.
        errors: one sentence for each picture that could not be read.
        answers: the submission: each picture's name and class, pictures that could not be read among them.
    """

    metrics: dict[str, Any]
    rows: list[Row]
    errors: list[str]
    answers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def measured(self) -> list[Row]:
        """The rows of the pictures that were measured."""
        return [row for row in self.rows if not row.error]


def evaluate(
    pipeline: Pipeline,
    dataset: Dataset,
    *,
    setting: Setting = AS_TRAINED,
    keep: Collection[str] = (),
    take: Callable[[Seen], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Predict every picture of `dataset`, several at once, and compare with what is known about it.

    A figure is there when its ground truth is and its stage ran. A share of pictures has its interval beside it, low
    and high at 95 % (see `intervals`), as `…_interval`:

    - `n`, and `unreadable`, the names of the pictures that could not be opened;
    - `accuracy`; `precision`, `recall` and `f1`, means over the classes that are there or were named; `loss`, the mean
      of -log of the true class's probability; `named`, of how many pictures these are; `by_class`, each class's counts
      (`n` pictures of it, `named` so, `right`) and what they come to; `class_accuracy`, its recalls alone; and
      `confusion_matrix` with a row a true class and a column a predicted one, both in the order of `classes`, the
      pipeline's: what is counted in all of these is the most probable class, sure of it or not;
    - `answered`, how many pictures got a name (see `Prediction.sure_label`) instead of “not sure”, and
      `answered_right`, how many of those names are true; `thresholds`, the same counts if names were said `from`
      another probability on: the rest is “not sure” then;
    - `calibration_error`, by how much on average a probability differs from how often it is right (15 bins; Naeini et
      al., 2015), `calibration`, what was counted in each of the bins, and `known`, the share of pictures whose object
      the classifier counts as one of those it learnt;
    - `box_iou`, the mean IoU of the top box with the true box it fits best, 0 where no object was found, `box_iou_50`,
      the share of pictures where that is at least 0.5, of `boxes_known`; `without_box`, how many of
      `looked_for_boxes` pictures have no box; `map` and those that begin so, and `objects` by size, see
      `average_precision`, of boxes above the pipeline's threshold;
    - `by_size`, counts and mean IoU of pictures by the size of their largest object;
    - `mask_iou`, the mean IoU of the cut-out's alpha and the true mask, both cut at one half, and `mask_mae`, the mean
      absolute difference of the two, 0 … 1; a picture whose true mask is empty is left out of the IoU where the cut-out
      is empty as well, which is no success (`mask_empty` counts them), and has IoU 0 where it is not;
    - `miou`, of a bundle with a segmenter: of each class the pixels that are of it and were said to be, by those that
      are or were said to be, over all pictures; the mean over the `miou_classes` classes that are there or were said to
      be, without the background, whose own is `background_iou`. `segments` has each class's counts of pixels, and the
      pictures `n` that show it; `pixels_right` is the share of pixels that are right, of `segmented` pictures;
    - `milliseconds`, the median by stage, on one core of several that work at once.

    Args:
        pipeline: what to measure.
        dataset: its classes are matched with the pipeline's by name.
        setting: what the pipeline is told and which stages run. No figure of boxes is taken of boxes that were given.
        keep: which pictures to hand to `take` with the rows, of `CUT_OUTS` and `CROPS` in `smallimg.study.looking`.
        take: called with what each picture gave, in order, so that nothing of it need be kept here.
        progress: called with (pictures done, pictures in all).

    Raises:
        DataError: when the data has a class that the pipeline does not know, or no picture could be read.
    """
    refuse_unknown_classes(dataset, pipeline.class_names)
    seen: list[Seen] = []
    n = len(dataset.samples)
    # What is left out gets an answer, and is not measured.
    asked = tuple(chain(((one, True) for one in dataset.samples), ((one, False) for one in dataset.left_out)))
    look = partial(_look, dataset=dataset, setting=setting, keep=keep)
    for done, one in enumerate(pipeline.each(look, asked), start=1):
        if take is not None:
            take(one)
        seen.append(replace(one, files={}))
        if progress is not None:
            progress(done, len(asked))
    pairs = [pair for pair in zip(seen[:n], dataset.samples, strict=True) if not pair[0].row.error]
    if not pairs:
        raise DataError(f"{dataset.origin}: none of the pictures could be read, so there is nothing to measure.")
    measured, samples = [one for one, _ in pairs], [sample for _, sample in pairs]
    unreadable = [one.row for one in seen[:n] if one.row.error]
    metrics: dict[str, Any] = {"n": len(measured), "unreadable": [row.name for row in unreadable]}
    metrics |= class_figures(measured, pipeline.class_names) | box_figures(measured, samples)
    metrics |= size_figures(measured, samples) | _mask_figures(measured)
    metrics |= segment_figures([one.pixels for one in measured if one.pixels is not None], pipeline.class_names)
    metrics["milliseconds"] = _median_milliseconds(measured)
    answers, guessed = _answers({one.row.name: one.row.label for one in seen})
    return Evaluation(metrics, [one.row for one in seen], [*(row.error for row in unreadable), *guessed], answers)


def refuse_unknown_classes(dataset: Dataset, classes: Sequence[str]) -> None:
    """Hold that a pipeline can be right about each picture.

    Raises:
        DataError: when the data has a class that is not among `classes`.
    """
    used = {dataset.class_names[sample.label] for sample in dataset.samples if sample.label is not None}
    if unknown := sorted(used - set(classes)):
        known, more = ", ".join(classes[:MOST_NAMED]), len(classes) - MOST_NAMED
        raise DataError(
            f"{dataset.origin} has classes the bundle was not trained for ({', '.join(unknown)}): "
            f"it knows {known}{f' and {more} more' if more > 0 else ''}."
        )


def _look(
    pipeline: Pipeline, asked: tuple[Sample, bool], *, dataset: Dataset, setting: Setting, keep: Collection[str]
) -> Seen:
    sample, counts = asked
    return look_at(pipeline, sample, dataset, setting, counts=counts, keep=keep)


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
        write_text(out / "metrics.json", json.dumps(evaluation.metrics, indent=1, ensure_ascii=False) + "\n")
        write_text(out / "submission.csv", table.getvalue())
    except OSError as error:
        raise DataError(f"{called(out)} could not be written ({error.strerror}): choose another folder.") from error


def _mask_figures(seen: Sequence[Seen]) -> dict[str, Any]:
    scores = [one.mask for one in seen if one.mask is not None]
    if not scores:
        return {}
    overlaps = [overlap for overlap, _ in scores if overlap is not None]
    figures: dict[str, Any] = {"mask_iou": mean(overlaps)} if overlaps else {}
    figures["mask_mae"] = mean(difference for _, difference in scores)
    if empty := len(scores) - len(overlaps):
        figures["mask_empty"] = empty
    return figures


def _median_milliseconds(seen: Sequence[Seen]) -> dict[str, float]:
    return {stage: round(median(one.milliseconds[stage] for one in seen), 3) for stage in seen[0].milliseconds}
