"""Which is taken for which, what is behind a cell, and the mistakes: those that were said aloud apart from the rest."""

import re
from pathlib import Path
from typing import Any

import pytest
from made_outcome import METRICS, make_outcome
from PIL import Image
from read_html import EVIL, tags_of, words

from smallimg.ui.train.mistakes import MOST_SHOWN, confusion_matrix, pictures_of, worst_mistakes


def picture(
    name: str, truth: str | None, label: str | None, probability: float | None = 0.5, *, sure: bool = True
) -> dict[str, Any]:
    answer = label if sure else None
    return {
        "image": name, "truth": truth, "answer": answer, "label": label, "probability": probability, "box_score": None,
    }  # fmt: skip


PICTURES = [
    picture("test/1.png", "cup", "cup", 0.6),
    picture("test/2.png", "cup", "cup", 0.9),
    picture("test/3.png", "cup", "ball", 0.7),
    picture("test/4.png", "ball", "cup", 0.51),
    picture("test/5.png", "ball", "cup", 0.98),
    picture("test/6.png", "ball", "cup", 0.8),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The data, all pictures of it there."""
    (tmp_path / "test").mkdir()
    for index in range(1, 7):
        Image.new("RGB", (20, 10), (40 * index, 9, 9)).save(tmp_path / "test" / f"{index}.png")
    return tmp_path


def seen(root: Path, *, pictures: list[dict[str, Any]] = PICTURES, **changes: Any) -> dict[str, Any]:
    """The results on pictures that are there."""
    return make_outcome(root=str(root), pictures=pictures, **changes)


def shown(html: str) -> list[str]:
    """The names of the pictures of a gallery, in its order."""
    return re.findall(r'<img [^>]*alt="([^"]*)"', html)


# --- the matrix -----------------------------------------------------------------------------------------------------


def test_each_cell_tells_its_count_and_its_place(root: Path) -> None:
    html = confusion_matrix(seen(root))
    cells = re.findall(r'class="si-(right|wrong)" data-cell="(\d,\d)"[^>]*--share:([\d.]+)" (disabled)?>([^<]+)<', html)
    assert cells == [
        ("right", "0,0", "0.667", "", "2"), ("wrong", "0,1", "0.333", "", "1"),
        ("wrong", "1,0", "1.000", "", "3"), ("right", "1,1", "0.000", "disabled", "·"),
    ]  # fmt: skip
    assert 'aria-label="3 of 3 pictures of ball were taken for cup"' in html


def test_a_class_without_pictures_divides_by_nothing(root: Path) -> None:
    metrics = METRICS | {"confusion_matrix": [[0, 0], [0, 0]]}
    assert confusion_matrix(seen(root, metrics=metrics)).count("disabled") == 4


def test_without_classes_there_is_no_matrix(root: Path) -> None:
    pictures = [picture("test/1.png", None, None, None)]
    outcome = seen(root, metrics={"n": 1, "mask_iou": 0.8}, pictures=pictures)
    html = confusion_matrix(outcome)
    assert html == ""
    assert pictures_of(outcome, "0,0") == worst_mistakes(outcome) == ""


# --- what is behind a cell ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "title", "names"),
    [
        ("0,0", "2 × cup, rightly taken for cup", ["2", "1"]),
        ("0,1", "1 × cup, taken for ball", ["3"]),
        ("1,0", "3 × ball, taken for cup", ["5", "6", "4"]),
        ("1,1", "0 × ball, rightly taken for ball", []),
    ],
)
def test_a_cell_opens_its_pictures_the_surest_first(root: Path, cell: str, title: str, names: list[str]) -> None:
    html = pictures_of(seen(root), cell)
    assert re.findall("<h3>([^<]+)</h3>", html) == [title]
    assert shown(html) == [f"test/{name}.png" for name in names]


@pytest.mark.parametrize(
    "cell", ["", "x", "1", "0,0,0", "0;0", "0,2", "2,0", "-1,-1", "0,-1", "0.5,0", "None", "9" * 50]
)
def test_a_cell_that_is_none_opens_nothing(root: Path, cell: str) -> None:
    assert pictures_of(seen(root), cell) == ""


def test_a_cell_says_of_how_many_it_was_not_sure(root: Path) -> None:
    unsure = [one | {"answer": None, "probability": 0.34} for one in PICTURES]
    half = [*PICTURES[:4], *unsure[4:]]
    for pictures, title, label in (
        (half, "3 × ball, taken for cup; not sure of 2", ", 2 of them not surely"),
        (unsure, "3 × ball, taken for cup; not sure of any", ", 3 of them not surely"),
    ):
        outcome = seen(root, pictures=pictures)
        html = pictures_of(outcome, "1,0")
        assert title in html
        assert "not sure (closest: cup 34 %) is: ball" in words(html).replace("\u00a0", " ").replace("( ", "(")
        assert f"3 of 3 pictures of ball were taken for cup{label}" in confusion_matrix(outcome)
    assert "taken for ball; not sure of it" in pictures_of(seen(root, pictures=unsure), "0,1")


# --- mistakes -------------------------------------------------------------------------------------------------------


def test_the_surest_mistakes_come_first(root: Path) -> None:
    html = worst_mistakes(seen(root))
    assert shown(html) == [f"test/{name}.png" for name in (5, 6, 3, 4)]
    assert "cup 98 % is: ball cup 80 % is: ball ball 70 % is: cup" in words(html).replace("\u00a0", " ")


def test_what_has_no_truth_or_no_answer_is_no_mistake(root: Path) -> None:
    pictures = [picture("test/1.png", None, "cup"), picture("test/2.png", "cup", None, None), PICTURES[0]]
    assert words(worst_mistakes(seen(root, pictures=pictures))) == "There is no mistake to show."


def test_what_was_not_said_is_no_sure_mistake(root: Path) -> None:
    """A guess of 13 % among ten classes is wrong often enough, and nothing that anybody was told."""
    pictures = [picture("test/1.png", "cup", "ball", 0.13, sure=False), PICTURES[4]]
    html = worst_mistakes(seen(root, pictures=pictures))
    sure, unsure = html.split("</section>")[:2]
    assert ("sure of it" in sure, shown(sure)) == (True, ["test/5.png"])
    assert ("Wrong, and not sure" in unsure, shown(unsure)) == (True, ["test/1.png"])
    assert "not sure (closest: ball 13 %)" in words(unsure).replace("\u00a0", " ")
    html = worst_mistakes(seen(root, pictures=pictures[:1]))
    assert "There is no mistake that it was sure of." in html
    assert "and sure" not in html


@pytest.mark.parametrize(("probability", "is_sure"), [(0.13, False), (0.49, False), (0.9, True), (None, False)])
def test_results_of_an_older_kind_are_sure_of_nothing_below_one_half(
    root: Path, probability: float | None, is_sure: bool
) -> None:
    one = picture("test/1.png", "cup", "ball", probability)
    del one["answer"]
    assert ("and sure of it" in worst_mistakes(seen(root, pictures=[one]))) == is_sure


def test_a_mistake_without_a_probability_comes_last(root: Path) -> None:
    pictures = [picture("test/1.png", "cup", "ball", None), picture("test/2.png", "cup", "ball", 0.1)]
    assert shown(worst_mistakes(seen(root, pictures=pictures))) == ["test/2.png", "test/1.png"]


def test_many_mistakes_end_somewhere(root: Path) -> None:
    html = worst_mistakes(seen(root, pictures=[PICTURES[2]] * (MOST_SHOWN + 3)))
    assert len(shown(html)) == MOST_SHOWN
    assert "… and 3 more." in html
    assert "more." not in worst_mistakes(seen(root, pictures=[PICTURES[2]] * MOST_SHOWN))


def test_pictures_that_are_gone_leave_their_names(root: Path) -> None:
    (root / "test/5.png").unlink()
    (root / "test/6.png").write_text("no picture any more")
    html = worst_mistakes(seen(root))
    assert shown(html) == ["test/3.png", "test/4.png"]
    assert re.findall(r'"si-gone">([^<]+)<', html) == ["test/5.png is gone", "test/6.png is gone"]
    assert shown(worst_mistakes(seen(root / "moved"))) == []


def test_names_of_files_and_classes_are_escaped(root: Path) -> None:
    Image.new("RGB", (4, 4)).save(root / EVIL)
    metrics = METRICS | {"classes": [EVIL, "<b>"]}
    pictures = [picture(EVIL, EVIL, "<b>"), picture(f"gone/{EVIL}", EVIL, "<b>")]
    outcome = seen(root, metrics=metrics, pictures=pictures)
    html = confusion_matrix(outcome) + worst_mistakes(outcome) + pictures_of(outcome, "0,1")
    assert "<img src=x" not in html
    assert "<b>" not in html
    assert "onerror" not in tags_of(html)
    assert html.count("&lt;img src=x") >= 10
