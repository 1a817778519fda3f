"""What the fifth document found of small objects, held against what was measured here: found, not found, or open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from smallimg.study.conditions.factors import BACKGROUND, CROP, DOWNSCALE, FULL, MOTION
from smallimg.study.conditions.objects import SIZES
from smallimg.study.conditions.tried import Cell, Change

Verdict = Literal["found", "not found", "open"]


@dataclass(frozen=True)
class Finding:
    """A claim, whether it holds here, and the figures that say so."""

    claim: str
    verdict: Verdict
    figures: str


def findings(cells: Sequence[Cell], changes: Sequence[Change]) -> list[Finding]:
    """Each claim with its verdict; “open” is where the intervals leave it open, or a size has no objects."""
    return [
        _larger_is_easier(cells),
        _one_way(changes, CROP, "small", "cropping helps small objects", up=True),
        _hurts_most(changes, DOWNSCALE, "fewer pixels hurt small objects most"),
        _hurts_most(changes, MOTION, "motion blur hurts small objects most"),
        _one_way(changes, BACKGROUND, "large", "a blurred background helps large objects", up=True),
    ]


def _larger_is_easier(cells: Sequence[Cell]) -> Finding:
    claim = "small objects are named worse than medium ones, and these worse than large ones"
    by_size = {one.size: one for one in cells if one.condition == FULL}
    there = [by_size[size] for size in SIZES if size in by_size]
    figures = ", ".join(f"{one.size} {one.correct} of {one.n}" for one in there)
    if len(there) < len(SIZES):
        return Finding(claim, "open", figures or "no objects")
    small, medium, large = there
    if not small.accuracy < medium.accuracy < large.accuracy:
        reverse = small.interval[0] > medium.interval[1] or medium.interval[0] > large.interval[1]
        return Finding(claim, "not found" if reverse else "open", figures)
    apart = small.interval[1] < medium.interval[0] and medium.interval[1] < large.interval[0]
    return Finding(claim, "found" if apart else "open", figures)


def _one_way(changes: Sequence[Change], condition: str, size: str, claim: str, *, up: bool) -> Finding:
    change = next((one for one in changes if (one.condition, one.size) == (condition, size)), None)
    if change is None:
        return Finding(claim, "open", f"no {size} objects")
    towards, away = (change.low > 0, change.high < 0) if up else (change.high < 0, change.low > 0)
    return Finding(claim, "found" if towards else "not found" if away else "open", _said(change))


def _hurts_most(changes: Sequence[Change], condition: str, claim: str) -> Finding:
    by_size = {one.size: one for one in changes if one.condition == condition and one.size in SIZES}
    figures = "; ".join(f"{size} {_said(one)}" for size, one in by_size.items())
    others = [one for size, one in by_size.items() if size != "small"]
    if "small" not in by_size or not others:
        return Finding(claim, "open", figures or "no objects")
    small = by_size["small"]
    if all(small.high < one.low for one in others):
        return Finding(claim, "found", figures)
    return Finding(claim, "not found" if any(one.high < small.low for one in others) else "open", figures)


def _said(change: Change) -> str:
    difference, low, high = (f"{100 * value:+.0f}" for value in (change.difference, change.low, change.high))
    return f"{difference} points ({low} to {high}, {change.n} objects)"
