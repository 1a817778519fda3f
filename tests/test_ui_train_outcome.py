"""What a finished run can do: figures, a matrix that opens, the worst mistakes first."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from smallimg.ui.train_outcome import CELL_CLICK, MOST_SHOWN, outcome_card, pictures_of, worst_mistakes

EVIL = '<img src=x onerror="alert(1)">&\'.png'
METRICS: dict[str, Any] = {
    "n": 6,
    "unreadable": [],
    "accuracy": 0.5,
    "precision": 0.25,
    "recall": 1.0,
    "box_iou": 0.004,
    "classes": ["cup", "ball"],
    "confusion_matrix": [[2, 1], [3, 0]],
    "milliseconds": {"total": 3.0},
}


def picture(name: str, truth: str | None, label: str | None, probability: float | None = 0.5) -> dict[str, Any]:
    return {"image": name, "truth": truth, "label": label, "probability": probability, "box_score": None}


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


def make_outcome(
    root: Path, *, pictures: list[dict[str, Any]] | None = None, metrics: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    content = {"split": "test", "root": str(root), "given_boxes": False, "metrics": METRICS, "pictures": PICTURES}
    changed = {"metrics": metrics, "pictures": pictures}
    return content | {name: value for name, value in changed.items() if value is not None} | fields


def words(html: str) -> str:
    """What a reader sees: the text without its tags, spaces made one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def shown(html: str) -> list[str]:
    """The names of the pictures of a gallery, in its order."""
    return re.findall(r'<img [^>]*alt="([^"]*)"', html)


# --- figures and matrix ---------------------------------------------------------------------------------------------


def test_figures_that_were_taken_have_tiles(root: Path) -> None:
    html = outcome_card(make_outcome(root))
    assert "Measured on 6 test pictures it never saw." in words(html)
    tiles = re.findall(r"<strong>(.+?)</strong><span>([^<]+)</span>", html)
    assert [(name, figure.replace("\u00a0", " ")) for figure, name in tiles] == [
        ("accuracy", "50 %"), ("precision", "25 %"), ("recall", "100 %"), ("box IoU", "< 1 %")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"split": "validation"}, "Measured on 6 validation pictures, kept aside in training."),
        ({"given_boxes": True}, "6 test pictures it never saw, with the true boxes given, since it has no detector."),
    ],
)
def test_what_was_measured_on_is_said(root: Path, fields: dict[str, Any], sentence: str) -> None:
    assert sentence in words(outcome_card(make_outcome(root, **fields)))


def test_an_outcome_of_an_older_kind_has_no_given_boxes(root: Path) -> None:
    outcome = make_outcome(root)
    del outcome["given_boxes"]
    assert "given" not in words(outcome_card(outcome))


def test_each_cell_tells_its_count_and_its_place(root: Path) -> None:
    html = outcome_card(make_outcome(root))
    cells = re.findall(r'class="si-(right|wrong)" data-cell="(\d,\d)"[^>]*--share:([\d.]+)" (disabled)?>([^<]+)<', html)
    assert cells == [
        ("right", "0,0", "0.667", "", "2"), ("wrong", "0,1", "0.333", "", "1"),
        ("wrong", "1,0", "1.000", "", "3"), ("right", "1,1", "0.000", "disabled", "·"),
    ]  # fmt: skip
    assert "dataset.cell" in CELL_CLICK
    assert 'aria-label="3 of 3 pictures of ball were named cup"' in html


def test_a_class_without_pictures_divides_by_nothing(root: Path) -> None:
    metrics = METRICS | {"confusion_matrix": [[0, 0], [0, 0]]}
    assert outcome_card(make_outcome(root, metrics=metrics)).count("disabled") == 4


def test_without_classes_there_is_no_matrix(root: Path) -> None:
    pictures = [picture("test/1.png", None, None, None)]
    outcome = make_outcome(root, metrics={"n": 1, "mask_iou": 0.8}, pictures=pictures)
    html = outcome_card(outcome)
    assert re.findall(r"<strong>[^<]+</strong><span>([^<]+)<", html) == ["mask IoU"]
    assert "<table" not in html
    assert pictures_of(outcome, "0,0") == worst_mistakes(outcome) == ""


# --- what is behind a cell ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "title", "names"),
    [
        ("0,0", "2 × cup, rightly named", ["2", "1"]),
        ("0,1", "1 × cup, taken for ball", ["3"]),
        ("1,0", "3 × ball, taken for cup", ["5", "6", "4"]),
        ("1,1", "0 × ball, rightly named", []),
    ],
)
def test_a_cell_opens_its_pictures_the_surest_first(root: Path, cell: str, title: str, names: list[str]) -> None:
    html = pictures_of(make_outcome(root), cell)
    assert re.findall("<h3>([^<]+)</h3>", html) == [title]
    assert shown(html) == [f"test/{name}.png" for name in names]


@pytest.mark.parametrize(
    "cell", ["", "x", "1", "0,0,0", "0;0", "0,2", "2,0", "-1,-1", "0,-1", "0.5,0", "None", "9" * 50]
)
def test_a_cell_that_is_none_opens_nothing(root: Path, cell: str) -> None:
    assert pictures_of(make_outcome(root), cell) == ""


# --- mistakes -------------------------------------------------------------------------------------------------------


def test_the_surest_mistakes_come_first(root: Path) -> None:
    html = worst_mistakes(make_outcome(root))
    assert shown(html) == [f"test/{name}.png" for name in (5, 6, 3, 4)]
    assert "cup 98 % is: ball cup 80 % is: ball ball 70 % is: cup" in words(html).replace("\u00a0", " ")


def test_what_has_no_truth_or_no_answer_is_no_mistake(root: Path) -> None:
    pictures = [picture("test/1.png", None, "cup"), picture("test/2.png", "cup", None, None), PICTURES[0]]
    assert words(worst_mistakes(make_outcome(root, pictures=pictures))) == "There is no mistake to show."


def test_a_mistake_without_a_probability_comes_last(root: Path) -> None:
    pictures = [picture("test/1.png", "cup", "ball", None), picture("test/2.png", "cup", "ball", 0.1)]
    assert shown(worst_mistakes(make_outcome(root, pictures=pictures))) == ["test/2.png", "test/1.png"]


def test_many_mistakes_end_somewhere(root: Path) -> None:
    html = worst_mistakes(make_outcome(root, pictures=[PICTURES[2]] * (MOST_SHOWN + 3)))
    assert len(shown(html)) == MOST_SHOWN
    assert "… and 3 more." in html
    assert "more." not in worst_mistakes(make_outcome(root, pictures=[PICTURES[2]] * MOST_SHOWN))


def test_pictures_that_are_gone_leave_their_names(root: Path) -> None:
    (root / "test/5.png").unlink()
    (root / "test/6.png").write_text("no picture any more")
    html = worst_mistakes(make_outcome(root))
    assert shown(html) == ["test/3.png", "test/4.png"]
    assert re.findall(r'"si-gone">([^<]+)<', html) == ["test/5.png is gone", "test/6.png is gone"]
    assert shown(worst_mistakes(make_outcome(root / "moved"))) == []


def test_names_of_files_and_classes_are_escaped(root: Path) -> None:
    Image.new("RGB", (4, 4)).save(root / EVIL)
    metrics = METRICS | {"classes": [EVIL, "<b>"]}
    pictures = [picture(EVIL, EVIL, "<b>"), picture(f"gone/{EVIL}", EVIL, "<b>")]
    outcome = make_outcome(root, metrics=metrics, pictures=pictures)
    html = outcome_card(outcome) + worst_mistakes(outcome) + pictures_of(outcome, "0,1")
    assert "<img src=x" not in html
    assert "<b>" not in html
    assert "onerror" not in "".join(re.findall(r"<[a-z0-9]+ [^>]*>", re.sub(r'"[^"]*"', '""', html)))
    assert html.count("&lt;img src=x") >= 10
