"""How well pictures were named: figures from their probabilities and true classes."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_calibration_error,
    multiclass_confusion_matrix,
    multiclass_f1_score,
    multiclass_precision,
    multiclass_recall,
)

from smallimg.study.intervals import wilson_interval
from smallimg.study.looking import Seen
from smallimg.study.rows import Row

#: Into so many equal parts probabilities are sorted, to see how often each is right.
BINS = 15
#: A true class is taken to be at least this probable, or a single one that was ruled out would make the loss infinite.
LEAST_SHARE = 1e-7
#: The thresholds at which answers are counted: 0, 0.01, … 1.
THRESHOLDS = tuple(step / 100 for step in range(101))


def class_figures(seen: Sequence[Seen], classes: Sequence[str]) -> dict[str, Any]:
    """The figures of pictures whose class is known, as `smallimg.study.evaluation.evaluate` describes them; none where
    there are no such pictures.

    Args:
        seen: pictures that were measured.
        classes: the pipeline's, in the order of the probabilities.
    """
    named = [one for one in seen if one.shares is not None and one.row.truth is not None]
    if not named:
        return {}
    rows = [one.row for one in named]
    number = {name: label for label, name in enumerate(classes)}
    true = torch.tensor([number[str(row.truth)] for row in rows])
    shares = torch.from_numpy(np.stack([one.shares for one in named if one.shares is not None]))
    predicted = shares.argmax(dim=1)
    n = max(len(classes), 2)  # torchmetrics knows no fewer
    right = int((predicted == true).sum())
    by_class = _by_class(rows, classes)
    answers = [row for row in rows if row.level == "kind"]
    known = sum(one.is_known for one in named)
    surprise = -shares[torch.arange(len(true)), true].clamp(min=LEAST_SHARE).log()
    return {
        "accuracy": _figure(multiclass_accuracy(predicted, true, num_classes=n, average="micro")),
        "accuracy_interval": _interval(right, len(named)),
        "precision": _figure(multiclass_precision(predicted, true, num_classes=n, average="macro")),
        "recall": _figure(multiclass_recall(predicted, true, num_classes=n, average="macro")),
        "f1": _figure(multiclass_f1_score(predicted, true, num_classes=n, average="macro")),
        "loss": _figure(surprise.mean()),
        "class_accuracy": {name: one["recall"] for name, one in by_class.items() if one["n"]},
        "by_class": by_class,
        "calibration_error": _figure(multiclass_calibration_error(shares, true, num_classes=n, n_bins=BINS)),
        "calibration": _calibration(shares.amax(dim=1).numpy(), (predicted == true).numpy()),
        "known": known / len(named),
        "known_interval": _interval(known, len(named)),
        "named": len(named),
        "answered": len(answers),
        "answered_right": sum(row.answer == row.truth for row in answers),
        "thresholds": _thresholds(rows),
        "confusion_matrix": multiclass_confusion_matrix(predicted, true, num_classes=n).tolist(),
        "classes": list(classes),
    }


def _by_class(rows: Sequence[Row], classes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of each class that is there or was named: counts, and what they come to; None where nothing can be divided."""
    there, named = Counter(row.truth for row in rows), Counter(row.label for row in rows)
    hits = Counter(row.label for row in rows if row.is_right)
    return {
        name: {
            "n": there[name],
            "named": named[name],
            "right": hits[name],
            "precision": _share(hits[name], named[name]),
            "precision_interval": _interval(hits[name], named[name]) if named[name] else None,
            "recall": _share(hits[name], there[name]),
            "recall_interval": _interval(hits[name], there[name]) if there[name] else None,
            "f1": _share(2 * hits[name], there[name] + named[name]),
        }
        for name in classes
        if there[name] or named[name]
    }


def _calibration(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """How often answers are right, by how probable they are; parts without any are left out."""
    part = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    return [
        {
            "low": round(one / BINS, 4),
            "high": round((one + 1) / BINS, 4),
            "n": int(inside.sum()),
            "right": int(right[inside].sum()),
            "confidence": round(float(confidence[inside].mean()), 6),
        }
        for one in range(BINS)
        if (inside := part == one).any()
    ]


def _thresholds(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """How many pictures a name would be said of from each threshold on, and how many of these names are right."""
    shares = np.array([row.probability if row.sayable else -1.0 for row in rows])
    right = np.array([row.is_right for row in rows])
    said = [shares >= threshold for threshold in THRESHOLDS]
    return {
        "from": list(THRESHOLDS),
        "answered": [int(one.sum()) for one in said],
        "right": [int(right[one].sum()) for one in said],
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _interval(right: int, n: int) -> list[float]:
    return [round(end, 6) for end in wilson_interval(right, n)]


def _figure(value: torch.Tensor) -> float:
    return round(value.item(), 6)  # float32 has no more to say
