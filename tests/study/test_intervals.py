"""How far a share can be trusted, against scipy's own interval."""

import pytest
from scipy.stats import binomtest

from smallimg.study.intervals import FEW, count_text, interval_text, share_text, wilson_interval


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("n", [1, 2, 7, 16, 100, 800, 10_000])
def test_the_interval_is_wilsons(n: int) -> None:
    for right in {0, 1, n // 3, n // 2, n - 1, n}:
        expected = binomtest(right, n).proportion_ci(method="wilson")
        low, high = wilson_interval(right, n)
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-6)
        assert 0 <= low <= right / n <= high <= 1


def test_no_picture_says_nothing() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("right", "n"), [(-1, 5), (6, 5), (1, 0)])
def test_a_count_that_is_none_is_refused(right: int, n: int) -> None:
    with pytest.raises(ValueError, match="a count lies between"):
        wilson_interval(right, n)


@pytest.mark.parametrize(
    ("right", "n", "text"),
    [
        (7, 7, "7 of 7 (65–100 %)"),
        (0, 7, "0 of 7 (0–35 %)"),
        (1, 1, "1 of 1 (21–100 %)"),
        (99, 99, "99 of 99 (96.3–100.0 %)"),
        (91, 100, "91 % (84–95 %)"),
        (199, 200, "99.5 % (97.2–99.9 %)"),
        (9500, 10_000, "95.0 % (94.6–95.4 %)"),
    ],
)
def test_few_pictures_are_counted_and_many_a_share(right: int, n: int, text: str) -> None:
    assert plain(share_text(right, n)) == text
    assert share_text(right, n).startswith(count_text(right, n))
    assert (" of " in count_text(right, n)) == (n < FEW)


def test_the_ends_are_joined_as_asked() -> None:
    assert plain(interval_text(7, 7, between=" and ")) == "65 and 100 %"


def test_no_share_of_all_is_claimed_where_one_is_missing() -> None:
    for n in (100, 150, 199, 500, 5000, 60_000):
        assert not plain(count_text(n - 1, n)).startswith("100"), n
        assert not plain(count_text(1, n)).startswith("0 %"), n
