"""What a comparison of two comes to, in words."""

from smallimg.study.comparison import Pair

#: Flips as uneven as these or more would be seen less often than this if neither were better.
CHANCE = 0.05


def verdict(pair: Pair) -> str:
    """How many pictures flip, by how much the accuracy changes, and whether that is more than chance; a sentence."""
    lost, won = pair.only_first, pair.only_second
    if not lost + won:
        return f"no picture flips among {pair.n:,}"
    low, high = pair.difference_interval
    change = f"{_points(pair.difference)} ({_points(low)} to {_points(high)} at 95 %)"
    flips = (
        f"{lost:,} {'picture goes' if lost == 1 else 'pictures go'} wrong, {won:,} {'goes' if won == 1 else 'go'} right"
    )
    return f"{flips}: {change} points of accuracy, {p_text(pair.p)}, {_meaning(pair.p)}"


def p_text(p: float) -> str:
    """A p-value with as many digits as mean something: "p = 0.21", "p = 0.003", "p < 0.0001"."""
    if p < 0.0001:
        return "p <\u00a00.0001"
    return f"p = {p:.2f}" if p >= 0.095 else f"p = {p:.1g}"


def _meaning(p: float) -> str:
    return "more than chance explains" if p < CHANCE else "which chance alone may explain"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")
