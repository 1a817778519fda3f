"""How far a classifier's word can be trusted: probabilities that mean what they say, and a sign of what it never met.

Both are read off pictures that were not learned from, see `smallimg.cross_validation`, and change no order of classes.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from smallimg.intervals import FEWEST
from smallimg.results import UNKNOWN_BELOW

#: How many marks a distribution is kept as: 0, 5, 10, … 100 %.
MARKS = 21
#: What is usual: the temperature of networks that learned from few pictures, and how much its logarithm varies.
USUAL_TEMPERATURE, USUAL_SPREAD = 1.5, 0.5
#: Of things of another kind, at most this share should look familiar …
STRANGERS_LET_IN = 0.1
#: … but no more than this share of what is known is refused for it.
MOST_REFUSED = 0.4


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The number that logits are divided by so that the probabilities fit how often they are right.

    After Guo et al., 2017, "On calibration of modern neural networks" (arXiv:1706.04599): the one with the smallest
    cross-entropy on pictures that were not learnt from. That alone makes a handful of right answers infinitely sure, so
    there is a prior as well, log-normal around `USUAL_TEMPERATURE`, that outweighs a few pictures and yields to many.

    Args:
        logits: float [n, classes].
        labels: int64 [n].
    """
    logits = logits.double()

    def loss(logarithm: float) -> float:
        surprise = (logarithm - math.log(USUAL_TEMPERATURE)) / USUAL_SPREAD
        return F.cross_entropy(logits / math.exp(logarithm), labels, reduction="sum").item() + surprise**2 / 2

    # The loss has a single valley: its bounds close in on it, from 1/20 … 20.
    low, high = -math.log(20), math.log(20)
    for _ in range(40):
        third = (high - low) / 3
        low, high = (low, high - third) if loss(low + third) < loss(high - third) else (low + third, high)
    return math.exp((low + high) / 2)


def energy(logits: Tensor) -> Tensor:
    """How much of anything known there is in a picture: the logarithm of the summed exponentials, [n].

    After Liu et al., 2020, "Energy-based out-of-distribution detection" (arXiv:2010.03759); theirs has the other sign.
    """
    return logits.logsumexp(dim=1)


def marks(values: Tensor) -> tuple[float, ...]:
    """How familiar known objects are, as `MARKS` quantiles, lowest first; none of fewer than three.

    Only objects that are named right should count: where the name would be wrong, “not sure” is the better answer.
    Fewer than `FEWEST` have no quantiles to speak of; a normal distribution of their mean and deviation has.

    Args:
        values: energies, or likenesses, of pictures that were not learned from, float [n].
    """
    shares = torch.linspace(0, 1, MARKS)
    if len(values) < 3:
        return ()
    if len(values) >= FEWEST:
        quantiles = values.quantile(shares).tolist()
    else:
        # Its ends lie at infinity; half a step from them is far enough.
        inner = shares.clamp(0.5 / (MARKS - 1), 1 - 0.5 / (MARKS - 1)).tolist()
        normal = NormalDist(values.mean().item(), max(values.std().item(), 1e-6))
        quantiles = [normal.inv_cdf(share) for share in inner]
    return tuple(round(float(mark), 4) for mark in quantiles)


def familiarity(value: float, marks: Sequence[float]) -> float:
    """The share of known objects whose value is lower, 0 … 1: near 0, the object is like none of them.

    Args:
        value: an object's energy or likeness.
        marks: from `marks`.
    """
    return float(np.interp(value, marks, np.linspace(0, 1, len(marks))))


def refused_share(marks: Sequence[float], others: Tensor) -> float:
    """The familiarity below which an object counts as unknown, so that things of another kind do.

    What a thing of another kind looks like is known without any: to all classes but its own, each picture is one.

    Args:
        marks: from `marks`, of likenesses.
        others: how much pictures are like those of the other classes, float [n].
    """
    if not marks or not len(others):
        return UNKNOWN_BELOW
    share = familiarity(others.quantile(1 - STRANGERS_LET_IN).item(), marks)
    return round(min(max(share, UNKNOWN_BELOW), MOST_REFUSED), 4)
