"""Two looks at the same pictures: what flips, and whether chance explains it."""

from pathlib import Path

import pytest
from scipy.stats import binomtest

from smallimg.study.comparison import (
    Column,
    compare,
    flipped,
    mcnemar_exact,
    read_comparison,
    write_comparison,
)
from smallimg.study.comparison_words import p_text, verdict
from smallimg.study.rows import Row


def column(name: str, labels: str, truths: str = "aaaab?", **metrics: float) -> Column:
    rows = [
        Row(f"={place}.jpg", f"test/{place}.jpg", None if truth == "?" else truth, label, probability=0.5)
        for place, (truth, label) in enumerate(zip(truths, labels, strict=True))
    ]
    return Column(name, {"named": 5, **metrics}, rows)


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (1, 0), (3, 9), (9, 3), (7, 7), (120, 180), (900, 1100)])
def test_mcnemar_is_the_sign_test(lost: int, won: int) -> None:
    expected = binomtest(lost, lost + won).pvalue if lost + won else 1.0
    assert mcnemar_exact(lost, won) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_of_very_many_flips_is_a_number_and_of_less_than_none_refused() -> None:
    assert 0 <= mcnemar_exact(2_000, 8_000) < 1e-300
    with pytest.raises(ValueError, match="negative"):
        mcnemar_exact(-1, 3)


def test_the_difference_has_an_interval_that_holds_it() -> None:
    first, second = column("one", "aabbba", "aaaabb"), column("two", "aaaaab", "aaaabb")
    (pair,) = compare([first, second], [(0, 1, "")]).pairs
    low, high = pair.difference_interval
    assert pair.difference == pytest.approx(1 / 3, abs=1e-6)
    assert low < pair.difference < high
    (mirrored,) = compare([second, first], [(0, 1, "")]).pairs
    assert mirrored.difference_interval == pytest.approx((-high, -low))


def test_nothing_known_in_common_tells_nothing() -> None:
    unknown = column("one", "ab", "??")
    (pair,) = compare([unknown, unknown], [(0, 1, "")]).pairs
    assert (pair.n, pair.difference, pair.difference_interval, pair.p) == (0, 0, (-1, 1), 1)


def test_only_pictures_that_both_have_named_and_whose_class_is_known_count(tmp_path: Path) -> None:
    first, second = column("one", "aabbba", f1=0.5), column("two", "abaaba")
    gone = Row("=6.jpg", "test/6.jpg", "a", error="it does not open")
    first, second = (Column(one.name, one.metrics, [*one.rows, gone]) for one in (first, second))
    comparison = compare([first, second], [(0, 1, "two for one")], ["A note."])
    (pair,) = comparison.pairs
    assert (pair.both, pair.only_first, pair.only_second, pair.neither) == (2, 1, 2, 0)
    assert (pair.n, pair.difference, pair.p) == (5, pytest.approx(0.2), 1.0)
    lost, won = flipped(comparison, pair)
    assert [before.picture for before, _ in lost] == ["test/1.jpg"]
    assert [(before.label, after.label) for before, after in won] == [("b", "a")] * 2

    write_comparison(comparison, tmp_path, name="comparison")
    again = read_comparison(tmp_path, name="comparison")
    assert again is not None
    assert (again.pairs, again.notes) == (comparison.pairs, ("A note.",))
    assert [row.name for row in again.columns[1].rows] == [row.name for row in second.rows]
    assert flipped(again, pair) == flipped(comparison, pair)
    assert again.columns[0].metrics == {"named": 5, "right": 3, "f1": 0.5}


def test_a_damaged_comparison_is_none(tmp_path: Path) -> None:
    assert read_comparison(tmp_path, name="lesson") is None
    write_comparison(compare([column("one", "aaaaaa")] * 2, [(0, 1, "")]), tmp_path, name="lesson")
    (tmp_path / "lesson.csv").write_text("name,picture\na,b\n")
    assert read_comparison(tmp_path, name="lesson") is None


def test_it_is_said_in_a_sentence() -> None:
    one, two = column("one", "aabbba"), column("two", "abaaba")
    (pair,) = compare([one, two], [(0, 1, "")]).pairs
    assert verdict(pair).startswith("1 picture goes wrong, 2 go right: +20.0 (")
    assert verdict(pair).endswith("p = 1.00, which chance alone may explain")
    (same,) = compare([one, one], [(0, 1, "")]).pairs
    assert verdict(same) == "no picture flips among 5"
    assert [p_text(p) for p in (0.5, 0.0312, 0.00012, 1e-9)] == [
        "p = 0.50", "p = 0.03", "p = 0.0001", "p <\u00a00.0001",
    ]  # fmt: skip
