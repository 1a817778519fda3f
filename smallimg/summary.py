"""A run in figures, to compare it with others by.

Nothing here imports torch: a table of runs should be there at once.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, pstdev
from typing import Any

from smallimg.runs import Run

#: Stage → the figure that tells its best epoch, see `smallimg.training`.
BETTER = {"remover": "val_iou_pasted", "detector": "val_iou", "classifier": "val_accuracy"}
#: Endings of a bundle's files; beside them lies `bundle.json`.
BUNDLE_ENDINGS = frozenset({".onnx", ".safetensors", ".md"})


@dataclass(frozen=True)
class Summary:
    """What is worth knowing of a run at a glance.

    Attributes:
        best_epoch, best: stage → its best epoch, counted from 1, and that epoch's figure of `BETTER`; of two alike
            the later, which is the one that training keeps.
        accuracy, precision: of the classifier on the validation pictures, epoch by epoch over the second half of its
            epochs so far, whose mean and deviation tell how good it is and how steady.
        test_accuracy: of the finished bundle; None before that.
        size: bytes of the bundle's files.
    """

    best_epoch: Mapping[str, int]
    best: Mapping[str, float]
    accuracy: tuple[float, ...]
    precision: tuple[float, ...]
    test_accuracy: float | None
    size: int


def summarise(run: Run, lines: Sequence[Mapping[str, Any]], measured: Mapping[str, Any] | None) -> Summary:
    """Sum a run up.

    Args:
        run: the run.
        lines: its epochs, from `smallimg.runs.read_metrics`.
        measured: the `metrics` of its `results.json`, None before there are any.
    """
    best: dict[str, tuple[float, int]] = {}
    for line in lines:
        value = line["metrics"].get(BETTER.get(line["stage"], ""))
        if value is not None and value >= best.get(line["stage"], (0.0, 0))[0]:
            best[line["stage"]] = (value, line["epoch"])
    last = [line["metrics"] for line in lines if line["stage"] == "classifier"]
    last = last[len(last) // 2 :]
    files = [file for file in run.path.glob("*") if file.suffix in BUNDLE_ENDINGS or file.name == "bundle.json"]
    return Summary(
        best_epoch={stage: epoch for stage, (_, epoch) in best.items()},
        best={stage: value for stage, (value, _) in best.items()},
        accuracy=tuple(metrics["val_accuracy"] for metrics in last if "val_accuracy" in metrics),
        precision=tuple(metrics["val_precision"] for metrics in last if "val_precision" in metrics),
        test_accuracy=(measured or {}).get("accuracy"),
        size=sum(file.stat().st_size for file in files),
    )


def read_measured(run: Run) -> Mapping[str, Any] | None:
    """The `metrics` in a run's `results.json`; None when there are none yet, or the file is damaged."""
    try:
        metrics = json.loads((run.path / "results.json").read_text(encoding="utf-8"))["metrics"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return metrics if isinstance(metrics, dict) else None


def mean_std(shares: Sequence[float]) -> str:
    """Shares of one as "91.2 ± 0.4 %": their mean and population standard deviation."""
    return f"{100 * mean(shares):.1f} ± {100 * pstdev(shares):.1f} %"
