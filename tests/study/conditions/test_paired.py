"""Newcombe's interval of paired shares: how often it holds the truth, and what must hold."""

import numpy as np
import pytest

from smallimg.study.conditions.paired import paired_difference


def pairs(both: int, first: int, second: int, neither: int) -> tuple[list[bool], list[bool]]:
    before = [True] * (both + first) + [False] * (second + neither)
    after = [True] * both + [False] * first + [True] * second + [False] * neither
    return before, after


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """In 2,000 draws of 60 objects, of which 70 % are right before and 55 % after, mostly the same ones."""
    random = np.random.default_rng(0)
    shares = {"both": 0.5, "first": 0.2, "second": 0.05, "neither": 0.25}
    held = 0
    for both, first, second, neither in random.multinomial(60, list(shares.values()), size=2_000).tolist():
        difference, low, high = paired_difference(*pairs(both, first, second, neither))
        assert difference == pytest.approx((second - first) / 60)
        assert low <= difference <= high
        held += low <= -0.15 <= high
    assert 0.935 <= held / 2_000 <= 0.975


def test_nothing_changed_lies_within():
    difference, low, high = paired_difference(*pairs(10, 3, 3, 10))
    assert difference == 0
    assert low < 0 < high
    assert high == pytest.approx(-low)


def test_pairs_that_go_together_tell_more():
    _, low, high = paired_difference(*pairs(50, 0, 10, 40))
    _, loose_low, loose_high = paired_difference(*pairs(30, 20, 30, 20))  # the same shares, unrelated
    assert high - low < loose_high - loose_low


@pytest.mark.parametrize(("before", "after"), [([], []), ([True], [])])
def test_what_is_not_paired_is_refused(before, after):
    with pytest.raises(ValueError, match="the same objects"):
        paired_difference(before, after)
