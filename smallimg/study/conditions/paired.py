"""How much a change costs where the same objects were tried before and after it."""

import math
from collections.abc import Sequence

from smallimg.study.intervals import wilson_interval


def paired_difference(before: Sequence[bool], after: Sequence[bool]) -> tuple[float, float, float]:
    """The share that is right after a change less that before it, with its 95 % interval: (difference, low, high).

    Newcombe's interval for paired shares, from Wilson's of each and how the two go together (method 10 of Newcombe,
    1998, Statistics in Medicine 17:2635); without its correction of phi for continuity.

    Raises:
        ValueError: when the two are not of the same objects, or there are none.
    """
    n = len(before)
    if n == 0 or n != len(after):
        raise ValueError(f"expected what came of the same objects before and after, got {n} and {len(after)}")
    both = sum(one and other for one, other in zip(before, after, strict=True))
    first, second = sum(before), sum(after)
    p1, p2 = first / n, second / n
    (low1, high1), (low2, high2) = wilson_interval(first, n), wilson_interval(second, n)
    spread = math.sqrt(first * (n - first) * second * (n - second))
    phi = (both * n - first * second) / spread if spread else 0.0
    down1, up1, down2, up2 = p1 - low1, high1 - p1, p2 - low2, high2 - p2
    below = math.sqrt(max(0.0, down2**2 - 2 * phi * down2 * up1 + up1**2))
    above = math.sqrt(max(0.0, up2**2 - 2 * phi * up2 * down1 + down1**2))
    return p2 - p1, p2 - p1 - below, p2 - p1 + above
