"""How far a classifier's word can be trusted: probabilities that mean what they say, and a sign of what it never met.

Both are read off the validation pictures after training and change no prediction's order.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

#: How many marks a distribution of energies is kept as: 0, 5, 10, … 100 %.
MARKS = 21
#: With fewer known objects than these, nobody can say what is stranger than 95 % of them.
FEWEST = 40


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The number that logits are divided by so that the probabilities fit how often they are right.

    After Guo et al., 2017, "On calibration of modern neural networks" (arXiv:1706.04599): the one with the smallest
    cross-entropy on pictures that were not learnt from.

    Args:
        logits: float [n, classes].
        labels: int64 [n].
    """
    logits = logits.double()

    def loss(logarithm: float) -> float:
        return F.cross_entropy(logits / math.exp(logarithm), labels).item()

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


def energy_marks(logits: Tensor, labels: Tensor) -> tuple[float, ...]:
    """The energies of known objects as `MARKS` quantiles, lowest first; none of fewer objects than `FEWEST`.

    Only those that are named right count: where the name would be wrong, “not sure” is the better answer.

    Args:
        logits: of pictures that were not learned from, [n, classes].
        labels: their classes, int64 [n].
    """
    right = logits[logits.argmax(dim=1) == labels]
    if len(right) < FEWEST:
        return ()
    return tuple(round(float(mark), 4) for mark in energy(right).quantile(torch.linspace(0, 1, MARKS)))


def familiarity(value: float, marks: Sequence[float]) -> float:
    """The share of known objects whose energy is lower, 0 … 1: near 0, the object is like none of them.

    Args:
        value: an object's energy.
        marks: from `energy_marks`.
    """
    return float(np.interp(value, marks, np.linspace(0, 1, len(marks))))
