"""How far a classifier's word can be trusted: probabilities that mean what they say, and a sign of what it never met.

Both are read off pictures that were not learned from, see `smallimg.training.cross_validation`, and change no order of
classes.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from smallimg.results import UNKNOWN_BELOW

Floats = NDArray[np.floating]
#: What fewer pictures than these show is no ground for a choice.
FEWEST = 40
#: How many marks a distribution is kept as: 0, 5, 10, … 100 %.
MARKS = 21
#: What is usual: the temperature of networks that learned from few pictures, and how much its logarithm varies.
USUAL_TEMPERATURE, USUAL_SPREAD = 1.5, 0.5
#: Of things of another kind, at most this share should look familiar …
STRANGERS_LET_IN = 0.05
#: … but no more than this share of what is known is refused for it.
MOST_REFUSED = 0.45


def softmax(logits: Floats) -> NDArray[np.float64]:
    """Logits [n, classes] → probabilities."""
    return np.exp(_log_softmax(logits))


def fit_temperature(logits: Floats, labels: NDArray[np.int64]) -> float:
    """The number that logits are divided by so that the probabilities fit how often they are right.

    After Guo et al., 2017, "On calibration of modern neural networks" (arXiv:1706.04599): the one with the smallest
    cross-entropy on pictures that were not learnt from. That alone makes a handful of right answers infinitely sure, so
    there is a prior as well, log-normal around `USUAL_TEMPERATURE`, that outweighs a few pictures and yields to many.

    Args:
        logits: float [n, classes].
        labels: int64 [n].
    """
    at = np.arange(len(labels))

    def loss(logarithm: float) -> float:
        surprise = (logarithm - math.log(USUAL_TEMPERATURE)) / USUAL_SPREAD
        return float(-_log_softmax(logits / math.exp(logarithm))[at, labels].sum()) + surprise**2 / 2

    # The loss has a single valley: its bounds close in on it, from 1/20 … 20.
    low, high = -math.log(20), math.log(20)
    for _ in range(40):
        third = (high - low) / 3
        low, high = (low, high - third) if loss(low + third) < loss(high - third) else (low + third, high)
    return math.exp((low + high) / 2)


def energy(logits: Floats) -> NDArray[np.float64]:
    """How much of anything known there is in a picture: the logarithm of the summed exponentials, [n].

    After Liu et al., 2020, "Energy-based out-of-distribution detection" (arXiv:2010.03759); theirs has the other sign.
    """
    return _log_sum_exp(logits)[:, 0]


def marks(values: Floats) -> tuple[float, ...]:
    """How familiar known objects are, as `MARKS` quantiles, lowest first; none of fewer than three.

    Only objects that are named right should count: where the name would be wrong, “not sure” is the better answer.
    Fewer than `FEWEST` have no quantiles to speak of; a normal distribution of their mean and deviation has.

    Args:
        values: energies, or likenesses, of pictures that were not learned from, float [n].
    """
    shares = np.linspace(0, 1, MARKS)
    if len(values) < 3:
        return ()
    if len(values) >= FEWEST:
        quantiles = np.quantile(values, shares).tolist()
    else:
        # Its ends lie at infinity; half a step from them is far enough.
        inner = shares.clip(0.5 / (MARKS - 1), 1 - 0.5 / (MARKS - 1)).tolist()
        normal = NormalDist(float(values.mean()), max(float(values.std(ddof=1)), 1e-6))
        quantiles = [normal.inv_cdf(share) for share in inner]
    return tuple(round(float(mark), 4) for mark in quantiles)


def familiarity(value: float, marks: Sequence[float]) -> float:
    """The share of known objects whose value is lower, 0 … 1: near 0, the object is like none of them.

    Args:
        value: an object's energy or likeness.
        marks: from `marks`.
    """
    return float(np.interp(value, marks, np.linspace(0, 1, len(marks))))


def refused_share(marks: Sequence[float], others: Floats) -> float:
    """The familiarity below which an object counts as unknown, so that things of another kind do.

    Args:
        marks: from `marks`, of likenesses.
        others: how much things of other kinds are like what is known, float [n].
    """
    if not marks or not len(others):
        return UNKNOWN_BELOW
    share = familiarity(float(np.quantile(others, 1 - STRANGERS_LET_IN)), marks)
    return round(min(max(share, UNKNOWN_BELOW), MOST_REFUSED), 4)


def least_share(shares: Floats, right: NDArray[np.bool_], *, promised: float) -> float:
    """The probability from which answers are right as often as promised; of several such, the lowest.

    After Geifman and El-Yaniv, 2017, "Selective classification for deep neural networks" (arXiv:1705.08500). 1 where
    not even the surest answers keep the promise.

    Args:
        shares: of the answers to pictures that were not learned from, float [n].
        right: which of these answers were right, bool [n].
        promised: the share of answers given that are to be right, 0 … 1.
    """
    order = np.argsort(-shares, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(precision >= promised)
    return round(float(shares[order[kept[-1]]]), 4) if len(kept) else 1.0


def _log_sum_exp(logits: Floats) -> NDArray[np.float64]:
    """[n, classes] → [n, 1]; the largest is taken out first, or its exponential might not be a number."""
    wide = logits.astype(np.float64)
    largest = wide.max(axis=1, keepdims=True)
    total: NDArray[np.float64] = largest + np.log(np.exp(wide - largest).sum(axis=1, keepdims=True))
    return total


def _log_softmax(logits: Floats) -> NDArray[np.float64]:
    return np.asarray(logits.astype(np.float64) - _log_sum_exp(logits))
