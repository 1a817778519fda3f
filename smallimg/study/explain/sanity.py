"""Whether a map has to do with what was learned: it is made again of the same network with its weights shuffled.

Adebayo et al., 2018, “Sanity checks for saliency maps” (arXiv:1810.03292): a map that stays the same shows the
picture's edges, or the network's build, and nothing that was learned.
"""

import copy
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from scipy.stats import rankdata
from torch import nn

from smallimg.bundles.sessions import Floats

Network = TypeVar("Network", bound=nn.Module)
SHUFFLES = 3


def shuffled(network: Network, *, seed: int) -> Network:
    """A copy whose weights have changed places within each layer; their sizes stay, what they know is gone."""
    generator = torch.Generator().manual_seed(seed)
    copied = copy.deepcopy(network)
    with torch.no_grad():
        for weights in copied.parameters():
            flat = weights.flatten()
            weights.copy_(flat[torch.randperm(len(flat), generator=generator)].reshape(weights.shape))
    return copied


def rank_correlation(first: Floats, second: Floats) -> float:
    """Spearman's, −1 … 1, over all values of two maps of one shape; 0 where one of them is the same everywhere."""
    ranks = [rankdata(values.ravel()) for values in (first, second)]
    if any(np.ptp(one) == 0 for one in ranks):
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


def sameness(
    heat: Floats, network: Network, explain: Callable[[Network], Floats], *, shuffles: int = SHUFFLES
) -> float:
    """How much a map is like those of shuffled networks: the mean rank correlation, −1 … 1; near 0 is good.

    Far below 0 it is as bad as far above: a map that shuffled weights only turn over was not made by what was learned.

    Args:
        heat: the map, of any shape.
        network: that it is of.
        explain: makes such a map of a network.
        shuffles: of how many.
    """
    others = [explain(shuffled(network, seed=seed)) for seed in range(shuffles)]
    return float(np.mean([rank_correlation(heat, other) for other in others]))
