"""A finished run's bundle is measured once, picture by picture; `smallimg.runs.outcome` reads what comes of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from smallimg.bundles.bundle import Bundle
from smallimg.data.dataset import Dataset, only_classes, split_train_validation, trainable
from smallimg.data.formats import OWN_LIMITS, read_dataset
from smallimg.errors import DataError
from smallimg.files import write_text
from smallimg.pipeline import Pipeline
from smallimg.study.evaluation import evaluate
from smallimg.study.looking import Setting, boxes_are_given


class Asked(Protocol):
    """What has to be known of a run: a `smallimg.runs.run.RunConfig`."""

    @property
    def data(self) -> str: ...
    @property
    def split(self) -> str: ...
    @property
    def stages(self) -> tuple[str, ...]: ...
    @property
    def seed(self) -> int: ...


def write_outcome(
    run_path: Path,
    asked: Asked,
    *,
    learned: Dataset | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure a run's bundle on the data's test split, or where there is none on what was kept aside in training.

    Args:
        learned: all that it was trained and validated on, where that is known; read again otherwise.
        progress: called with (pictures measured, pictures in all).

    Returns:
        What `results.json` holds then: `split` ("test" or "validation"), `root` of the pictures, `given_boxes` (whether
        the true boxes stood in for the detector that the bundle lacks), `metrics` as `evaluate` gives them,
        `classifier_alone` (on the validation pictures only: the `accuracy`
        and the `epoch` of the curve that the kept classifier has on the same pictures' true boxes; else None), and
        `pictures`: for each its `image` below the root, `truth`, `answer` (see `Prediction.sure_label`), `label`,
        `probability` of that label and `box_score`; what is not known is None.

    Raises:
        DataError: when the data is gone or nothing in it can be measured.
        BundleError: when the run has no bundle.
    """
    pipeline = Pipeline.load(run_path)
    dataset = only_classes(measured_part(asked, learned), pipeline.class_names)
    given = boxes_are_given(pipeline.bundle, dataset)
    evaluation = evaluate(pipeline, dataset, setting=Setting(given_boxes=given), progress=progress)
    pictures = [row.as_picture() for row in evaluation.measured]
    content = {
        "split": dataset.split,
        "root": str(dataset.root.resolve()),
        "given_boxes": given,
        "metrics": evaluation.metrics,
        "classifier_alone": _classifier_alone(pipeline.bundle, asked) if dataset.split == "validation" else None,
        "pictures": pictures,
    }
    write_text(run_path / "results.json", json.dumps(content, ensure_ascii=False) + "\n")
    return content


def _classifier_alone(bundle: Bundle, asked: Asked) -> dict[str, float] | None:
    """What training measured of the classifier it kept; None where this run trained none, but took one over."""
    figures = bundle.card.get("metrics", {})
    kept = {"accuracy": figures.get("classifier val_accuracy"), "epoch": figures.get("classifier epoch")}
    return kept if "classifier" in asked.stages and None not in kept.values() else None


def measured_part(asked: Asked, learned: Dataset | None = None) -> Dataset:
    """What a run is measured on; for `learned` and the errors see `write_outcome`."""
    try:
        test = read_dataset(asked.data, split="test", **OWN_LIMITS)
    except DataError:
        test = None
    if test is not None and test.split == "test":
        return test
    if learned is None:
        learned = trainable(read_dataset(asked.data, split=asked.split, **OWN_LIMITS))
    return split_train_validation(learned, seed=asked.seed)[1]
