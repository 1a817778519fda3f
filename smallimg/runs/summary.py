"""A run in figures, to compare it with others by.

Nothing here imports torch: a table of runs should be there at once.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, pstdev
from typing import Any, Literal

from smallimg.bundles.calibration import FEWEST
from smallimg.runs.outcome import is_matrix
from smallimg.runs.run import Run
from smallimg.study.intervals import FEW, wilson_interval

#: Stage → the figure that tells its best epoch, see `smallimg.training`.
BETTER = {"remover": "val_iou_pasted", "detector": "val_iou", "classifier": "val_accuracy", "segmenter": "val_miou"}
#: Endings of a bundle's files; beside them lies `bundle.json`.
BUNDLE_ENDINGS = frozenset({".onnx", ".md"})


@dataclass(frozen=True)
class Measured:
    """How many pictures a finished bundle named rightly, by its most probable class.

    Attributes:
        split: whose pictures these are: of a test split that training never saw, or where the data has none, those kept
            aside in training, by which it chose its best epoch.
        right, n: pictures named rightly, of how many whose class is known.
    """

    split: Literal["test", "validation"]
    right: int
    n: int

    @property
    def accuracy(self) -> float:
        return self.right / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The accuracies that go with it, see `smallimg.study.intervals`."""
        return wilson_interval(self.right, self.n)


@dataclass(frozen=True)
class Summary:
    """What is worth knowing of a run at a glance.

    Attributes:
        best_epoch, best: stage → its best epoch, counted from 1, and that epoch's figure of `BETTER`; of two alike
            the later, which is the one that training keeps.
        accuracy, precision: of the classifier on the validation pictures, epoch by epoch over the second half of its
            epochs so far, whose mean and deviation tell how good it is and how steady.
        measured: what the finished bundle can do; None before that, or where the data has no classes.
        size: bytes of the bundle's files.
    """

    best_epoch: Mapping[str, int]
    best: Mapping[str, float]
    accuracy: tuple[float, ...]
    precision: tuple[float, ...]
    measured: Measured | None
    size: int

    def measured_on(self, split: str) -> Measured | None:
        """What the bundle can do on that split's pictures; None where it was measured on others, or not at all."""
        return self.measured if self.measured is not None and self.measured.split == split else None


def summarise(run: Run, lines: Sequence[Mapping[str, Any]], measured: Measured | None) -> Summary:
    """Sum a run up.

    Args:
        run: the run.
        lines: its epochs, from `smallimg.runs.run.read_metrics`.
        measured: from `read_measured`.
    """
    best: dict[str, tuple[float, float, int]] = {}
    for line in lines:
        stage, metrics = line["stage"], line["metrics"]
        value = _share(metrics, BETTER.get(stage, ""))
        # As training chooses, see `smallimg.training.classifier.fit_classifier`.
        is_few = stage == "classifier" and 0 < run.validation < FEWEST
        chosen_by = _share(metrics, "accuracy") if is_few else None
        chosen_by = value if chosen_by is None else chosen_by
        if value is not None and chosen_by is not None and chosen_by >= best.get(stage, (0.0,))[0]:
            best[stage] = (chosen_by, value, line["epoch"])
    last = [line["metrics"] for line in lines if line["stage"] == "classifier"]
    last = last[len(last) // 2 :]
    files = [file for file in run.path.glob("*") if file.suffix in BUNDLE_ENDINGS or file.name == "bundle.json"]
    return Summary(
        best_epoch={stage: epoch for stage, (_, _, epoch) in best.items()},
        best={stage: value for stage, (_, value, _) in best.items()},
        accuracy=tuple(share for one in last if (share := _share(one, "val_accuracy")) is not None),
        precision=tuple(share for one in last if (share := _share(one, "val_precision")) is not None),
        measured=measured,
        size=sum(file.stat().st_size for file in files),
    )


def _share(metrics: Mapping[str, float], name: str) -> float | None:
    """A figure from 0 to 1; None where there is none, or it is something else."""
    return share if (share := metrics.get(name)) is not None and 0 <= share <= 1 else None


def read_measured(run: Run) -> Measured | None:
    """The counts in a run's `results.json`; None when there are none yet, or the file is damaged."""
    try:
        content = json.loads((run.path / "results.json").read_text(encoding="utf-8"))
        matrix, split = content["metrics"]["confusion_matrix"], content["split"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not is_matrix(matrix):
        return None
    right, n = sum(row[at] for at, row in enumerate(matrix)), sum(map(sum, matrix))
    return Measured("test" if split == "test" else "validation", right, n) if n else None


def mean_std(shares: Sequence[float], n: int = 0) -> str:
    """Shares of one as "91.2 ± 0.4 %", their mean and population standard deviation; "4.6 ± 0.5 of 7" of few pictures.

    Args:
        shares: one for each epoch.
        n: of how many pictures these are; 0 where nobody knows, or where they are no shares of pictures.
    """
    middle, spread = mean(shares), pstdev(shares)
    if 0 < n < FEW:
        return f"{n * middle:.1f} ± {n * spread:.1f} of {n}"
    return f"{100 * middle:.1f} ± {100 * spread:.1f} %"
