"""How well a map says what matters: the network is shown the picture without, or with nothing but, the hot pixels.

Deletion and insertion: Petsiuk, Das and Saenko, 2018, “RISE: randomized input sampling for explanation of black-box
models” (arXiv:1806.07421). The hottest pixels are greyed first (deletion: the score should fall soon), or put first
into a blurred picture (insertion: it should rise soon); the figure is the area under that curve, 0 … 1.

A number alone says little, for it depends on the picture. So the same is done in two orders that know nothing of the
network: at random, and from the middle outwards, where objects mostly are.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from smallimg.bundles.sessions import Floats
from smallimg.pictures.preprocess import FILL

STEPS = 12
#: Squares a side that the random order takes whole: single pixels of noise are no hiding, and would flatter every map.
RANDOM_SQUARES = 8
#: Of a look's side: how far the blurred picture is blurred.
BLUR = 1 / 8
#: Looks [n, looks, 3, side, side], uint8 → what the network says of the target for each of the n, 0 … 1.
Shares = Callable[[NDArray[np.uint8]], Floats]


@dataclass(frozen=True)
class Curves:
    """The areas under both curves, 0 … 1.

    Attributes:
        deletion: low is good.
        insertion: high is good.
    """

    deletion: float
    insertion: float

    @property
    def gain(self) -> float:
        """Insertion less deletion, −1 … 1: high is good."""
        return self.insertion - self.deletion


@dataclass(frozen=True)
class Faithfulness:
    """A map's curves beside those of the two orders that know nothing."""

    map: Curves
    random: Curves
    middle: Curves

    def as_dict(self) -> dict[str, dict[str, float]]:
        return {name: {key: round(value, 4) for key, value in one.items()} for name, one in asdict(self).items()}


def faithfulness(
    heats: Sequence[Floats], looks: NDArray[np.uint8], shares: Shares, *, steps: int = STEPS
) -> Faithfulness:
    """Measure a map on what the network looked at.

    Args:
        heats: of each look, [side, side].
        looks: uint8 RGB [looks, 3, side, side].
        shares: the network.
        steps: points of a curve after the first.
    """
    side = looks.shape[-1]
    rows, columns = np.indices((side, side))
    middle = -((rows - (side - 1) / 2) ** 2 + (columns - (side - 1) / 2) ** 2)
    squares = np.random.default_rng(0).random((RANDOM_SQUARES, RANDOM_SQUARES))
    at = np.arange(side) * RANDOM_SQUARES // side
    orders = (list(heats), [squares[np.ix_(at, at)]] * len(looks), [middle] * len(looks))
    return Faithfulness(*(_curves(order, looks, shares, steps) for order in orders))


def _curves(heats: Sequence[NDArray[np.floating]], looks: NDArray[np.uint8], shares: Shares, steps: int) -> Curves:
    grey = np.broadcast_to(np.array(FILL, np.uint8)[:, None, None], looks.shape[1:])
    deleted = [_sequence(look, grey, heat, steps) for look, heat in zip(looks, heats, strict=True)]
    inserted = [_sequence(_blurred(look), look, heat, steps) for look, heat in zip(looks, heats, strict=True)]
    return Curves(*(float(np.trapezoid(shares(np.stack(one, axis=1)), dx=1 / steps)) for one in (deleted, inserted)))


def _sequence(
    begun: NDArray[np.uint8], end: NDArray[np.uint8], heat: NDArray[np.floating], steps: int
) -> NDArray[np.uint8]:
    """One picture turning into another, the hottest pixels first, uint8 [steps + 1, 3, side, side]."""
    order = np.argsort(-heat.ravel(), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    bounds = np.arange(steps + 1) * len(order) / steps
    changed = rank.reshape(1, 1, *heat.shape) < bounds[:, None, None, None]
    return np.where(changed, end, begun)


def _blurred(look: NDArray[np.uint8]) -> NDArray[np.uint8]:
    picture = Image.fromarray(np.ascontiguousarray(look.transpose(1, 2, 0)))
    blurred = picture.filter(ImageFilter.GaussianBlur(look.shape[-1] * BLUR))
    return np.asarray(blurred).transpose(2, 0, 1)
