"""Two ways to look at the same pictures: which flip, and whether that is more than chance."""

import csv
from math import comb

import pytest

from smallimg.files import read_json
from smallimg.study.comparison import Column, compare, flipped, mcnemar_exact, paired_interval, write_comparison
from smallimg.study.rows import Row


def column(name: str, labels: str, truths: str) -> Column:
    pairs = enumerate(zip(labels, truths, strict=True))
    return Column(name, {}, [Row(f"{n}.png", f"{n}.png", truth, label) for n, (label, truth) in pairs])


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 6), (3, 9), (40, 20), (5, 5)])
def test_flips_are_judged_as_a_fair_coin_would(first: int, second: int) -> None:
    n = first + second
    tail = sum(comb(n, k) for k in range(min(first, second) + 1)) / 2**n
    assert mcnemar_exact(first, second) == pytest.approx(min(1.0, 2 * tail))
    assert mcnemar_exact(first, second) == mcnemar_exact(second, first)


def test_a_count_below_none_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        mcnemar_exact(-1, 2)


def test_the_interval_holds_the_difference() -> None:
    low, high = paired_interval(5, 20, 100)
    assert low < 0.15 < high
    assert low > 0
    low, high = paired_interval(0, 0, 10)
    assert low < 0 < high


def test_flips_are_counted_and_named(tmp_path) -> None:
    truths = "aaabbb"
    made = compare((column("one", "aabbba", truths), column("two", "aaaaab", truths)), [(0, 1, "the names")])
    (pair,) = made.pairs
    assert (pair.both, pair.only_first, pair.only_second, pair.neither, pair.n) == (2, 2, 2, 0, 6)
    lost, won = flipped(made, pair)
    assert [first.name for first, _ in lost] == ["3.png", "4.png"]
    assert [first.name for first, _ in won] == ["2.png", "5.png"]
    write_comparison(made, tmp_path, name="comparison")
    assert read_json(tmp_path / "comparison.json")["pairs"][0]["only_first"] == 2
    with (tmp_path / "comparison.csv").open(newline="") as file:
        assert len(list(csv.reader(file))) == 7


def test_pictures_of_which_nothing_is_known_are_not_compared() -> None:
    unknown = Column("two", {}, [Row("0.png", "0.png", None, "a"), Row("1.png", "1.png", "a", "a")])
    (pair,) = compare((unknown, unknown), [(0, 1, "nothing")]).pairs
    assert (pair.n, pair.both) == (1, 1)
