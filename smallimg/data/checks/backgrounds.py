"""Backgrounds that give the class away: what a classifier could learn in place of the objects.

A probe (Alain and Bengio, 2016, arXiv:1610.01644; here a support vector machine with a Gaussian kernel, because a kind
of texture comes in all colours) is asked for the class of pictures that it has not seen, by what lies around their
objects alone. Photos of ships are taken at sea, so that it is right more often than by chance in
every real data set; where it is right nearly always, nothing makes a classifier look at the objects. Measured in
benchmarks/README.md, “Doubts about data”.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smallimg.data.checks.finding import Finding, Severity
from smallimg.data.checks.surroundings import describe
from smallimg.data.checks.thumbnails import Thumbnail
from smallimg.data.checks.thumbnails import groups as groups_of
from smallimg.data.dataset import Dataset, Sample

#: Fewer pictures of a class tell nothing of it; more pictures than this in all take long and tell no more.
FEWEST, MOST = 10, 2000
FOLDS = 5
#: What a slip costs the probe. Its kernel is as wide as 183 numbers of spread 1 are apart; three times as wide it tells
#: 5 points less of textures, and a larger cost nothing more (benchmarks/README.md).
COST = 10.0
#: Of the way from chance to always right, from where a probe is worth a word, and worth a warning.
NOTED, WARNED = 0.25, 0.6


def revealing_backgrounds(dataset: Dataset, *, progress: Callable[[int, int], None] | None = None) -> Finding | None:
    """How often the backgrounds alone tell the class, where that is far more often than by chance.

    Where nobody has said where the objects are, the borders of the pictures stand for the backgrounds.

    Args:
        dataset: pictures that open. Those of one class count, and of the others at most `MOST`, evenly by class.
        progress: called with how many pictures have been looked at, and of how many.

    Returns:
        None too where fewer than two classes have `FEWEST` pictures with enough around their objects.

    Raises:
        ImageError: when a picture does not open.
    """
    probed = probe(dataset, progress=progress)
    if probed is None:
        return None
    share, chance, least, looked_at, border = probed
    skill = (least - chance) / (1 - chance)
    if skill < NOTED:
        return None
    severity: Severity = "warning" if skill >= WARNED else "note"
    what = "the border of a picture alone tells" if border else "the background alone tells"
    may = "a classifier may learn it instead of the object"
    return Finding(
        id="background-tells-class",
        severity=severity,
        message=f"{what} the class in {100 * share:.0f} % of the pictures (by chance {100 * chance:.0f} %): {may}",
        remedy="photograph each class in several places and several classes in each place, or replace the backgrounds "
        "while training, or take them away",
        count=looked_at,
    )


def probe(
    dataset: Dataset, *, progress: Callable[[int, int], None] | None = None
) -> tuple[float, float, float, int, bool] | None:
    """Ask for the classes by the surroundings of the objects; see `revealing_backgrounds`.

    Returns:
        In which share of the pictures it is right, the mean over the classes; the share by chance; the least share that
        goes with that many pictures, at 97.5 %; how many there were; and whether their borders were looked at.
    """
    chosen, border = _chosen(dataset)
    numbers: list[NDArray[np.float32]] = []
    labels: list[int] = []
    thumbnails: list[Thumbnail] = []
    for index, sample in enumerate(chosen, start=1):
        if sample.label is not None and (described := describe(sample)) is not None:
            numbers.append(described.numbers)
            labels.append(sample.label)
            thumbnails.append(described.thumbnail)
        if progress is not None:
            progress(index, len(chosen))
    if not labels:
        return None
    groups = groups_of(thumbnails)  # the probe must not meet in one fold what it saw in another
    # As many pictures that differ as there are folds, or a fold would have none of the class.
    enough = [
        label
        for label in sorted(set(labels))
        if labels.count(label) >= FEWEST
        and len({g for g, one in zip(groups, labels, strict=True) if one == label}) >= FOLDS
    ]
    if len(enough) < 2:
        return None
    kept = np.isin(labels, enough)
    true = np.asarray(labels)[kept]
    right = _predict(np.stack(numbers)[kept], true, groups[kept]) == true
    share, least = _mean_share([right[true == label] for label in enough])
    return share, 1 / len(enough), least, len(true), border


def _chosen(dataset: Dataset) -> tuple[list[Sample], bool]:
    """Pictures of one class each, those with boxes or masks where there are any, and whether there were none."""
    named = [sample for sample in dataset.samples if sample.label is not None]
    marked = [sample for sample in named if len(sample.boxes) or sample.mask is not None]
    rng = np.random.default_rng(0)
    by_class: dict[int | None, list[Sample]] = {}
    for index in rng.permutation(len(marked or named)):
        sample = (marked or named)[index]
        by_class.setdefault(sample.label, []).append(sample)
    of_each = max(FEWEST, MOST // max(1, len(by_class)))
    return [sample for samples in by_class.values() for sample in samples[:of_each]], not marked


def _predict(numbers: NDArray[np.float32], labels: NDArray[Any], groups: NDArray[np.int64]) -> NDArray[Any]:
    """The class of each picture as a probe says it that has not seen it, nor one like it."""
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    machine = SVC(C=COST, gamma="scale", class_weight="balanced", cache_size=500)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    said: NDArray[Any] = cross_val_predict(
        make_pipeline(StandardScaler(), machine), numbers, labels, groups=groups, cv=folds
    )
    return said


def _mean_share(right: Sequence[NDArray[np.bool_]]) -> tuple[float, float]:
    """The mean over classes of how often they were told, and the low end of its 95 % interval.

    That is after Agresti and Coull, 1998, The American Statistician 52:119, who add two of either outcome, so that a
    class of ten that is always right is not taken for certain.
    """
    shares = [float(one.mean()) for one in right]
    careful = [(one.sum() + 2) / (len(one) + 4) for one in right]
    variance = sum(share * (1 - share) / (len(one) + 4) for share, one in zip(careful, right, strict=True))
    mean = sum(shares) / len(shares)
    return mean, mean - 1.96 * math.sqrt(variance) / len(shares)
