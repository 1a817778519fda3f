"""How far a share of so many pictures can be trusted: its 95 % interval, and how to say both.

Seven of seven pictures named rightly are no 100 %: a network that errs on one picture in ten does so every other time.
Few pictures are therefore counted, and every share comes with Wilson's interval (Wilson, 1927, J. Am. Stat. Assoc.
22:209; for why this one: Brown, Cai and DasGupta, 2001, Statistical Science 16:101). It holds for shares of pictures; a
mean over classes or a mean overlap is none and has no such interval.
"""

import math

#: Below so many pictures a share is said as a count: "7 of 7".
FEW = 100
QUANTILE = 1.959964  # of the normal distribution, for 95 % in the middle
_SPACE = "\u00a0"


def wilson_interval(right: int, n: int) -> tuple[float, float]:
    """The shares of one, low and high, that `right` of `n` go with, at 95 %; (0, 1) for no picture at all.

    Raises:
        ValueError: when `right` is not within 0 … `n`.
    """
    if not 0 <= right <= n:
        raise ValueError(f"a count lies between 0 and the {n} that were looked at, got {right}")
    if n == 0:
        return 0.0, 1.0
    share, z2 = right / n, QUANTILE**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = QUANTILE / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return (0.0 if right == 0 else centre - half), (1.0 if right == n else centre + half)


def interval_text(right: int, n: int, *, between: str = "–") -> str:
    """The interval as "65–100 %", with as many decimals as it is narrow; `between` stands between its ends."""
    low, high = wilson_interval(right, n)
    decimals = _decimals(right, n)
    return f"{100 * low:.{decimals}f}{between}{100 * high:.{decimals}f}{_SPACE}%"


def count_text(right: int, n: int) -> str:
    """What was counted: "7 of 7" where the pictures are few, else a share, "91 %"."""
    return f"{right} of {n}" if n < FEW else f"{100 * right / n:.{_decimals(right, n)}f}{_SPACE}%"


def share_text(right: int, n: int) -> str:
    """Both in one: "7 of 7 (65–100 %)", "91 % (84–95 %)"."""
    return f"{count_text(right, n)} ({interval_text(right, n)})"


def _decimals(right: int, n: int) -> int:
    """No more than the interval's width lets stand: 84–95 %, but 90.4–91.6 %."""
    low, high = wilson_interval(right, n)
    return max(0, math.ceil(-math.log10(20 * (high - low))))
