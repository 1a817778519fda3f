"""Occlusion: Zeiler and Fergus, 2014, “Visualizing and understanding convolutional networks” (arXiv:1311.2901)."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from smallimg.bundles.sessions import Floats
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.pictures.preprocess import FILL
from smallimg.study.explain.targets import ClassTarget

#: Of the look's side: that of the patch, and how far it moves.
PATCH, STEP = 1 / 4, 1 / 8
BATCH = 64


def occlusion(network: ImageClassifier, pixels: Tensor, target: ClassTarget) -> Tensor:
    """How far the target falls when a grey patch hides a place.

    Args:
        network: in eval mode.
        pixels: looks, 0 … 255, float32 [n, 3, side, side].
        target: what is asked about.

    Returns:
        Heat of each look, float32 [n, side, side], in units of the target: how much it falls on average when a patch
        hides that pixel; below 0 where hiding it helps.
    """

    def scores(hidden: NDArray[np.uint8]) -> Floats:
        with torch.inference_mode():
            batches = [target(network(torch.from_numpy(part).float())) for part in np.split(hidden, _cuts(len(hidden)))]
        found: Floats = torch.cat(batches).numpy()
        return found

    looks = pixels.numpy().astype(np.uint8)
    return torch.from_numpy(np.stack([occlude(look, scores) for look in looks]))


def occlude(
    look: NDArray[np.uint8],
    scores: Callable[[NDArray[np.uint8]], Floats],
    *,
    patch: float = PATCH,
    step: float = STEP,
) -> Floats:
    """How much a score falls on average when a grey patch hides a pixel, float32 [side, side].

    Args:
        look: uint8 [3, side, side].
        scores: of pictures [n, 3, side, side], one number each, [n].
        patch: side of the patch, as a share of the look's.
        step: how far it moves, likewise.
    """
    side = look.shape[-1]
    width, stride = max(1, round(side * patch)), max(1, round(side * step))
    # It starts and ends half outside, so that a pixel at the edge is hidden as often as one in the middle.
    first, last = -(width // 2), side - width + width // 2
    starts = np.rint(np.linspace(first, last, round((last - first) / stride) + 1)).astype(int).tolist()
    places = [
        (slice(max(top, 0), min(top + width, side)), slice(max(left, 0), min(left + width, side)))
        for top in starts
        for left in starts
    ]
    hidden = np.repeat(look[None], len(places), axis=0)
    for one, (rows, columns) in zip(hidden, places, strict=True):
        one[:, rows, columns] = np.array(FILL, np.uint8)[:, None, None]
    falls = scores(look[None])[0] - scores(hidden)
    total, times = np.zeros((side, side), np.float32), np.zeros((side, side), np.float32)
    for (rows, columns), fall in zip(places, falls, strict=True):
        total[rows, columns] += fall
        times[rows, columns] += 1
    return np.asarray(total / np.maximum(times, 1), np.float32)


def _cuts(n: int) -> list[int]:
    return list(range(BATCH, n, BATCH))
