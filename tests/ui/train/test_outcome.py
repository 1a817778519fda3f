"""What a finished run can do in figures: few pictures are counted, and two figures of the same ones are told apart."""

import re
from typing import Any

import pytest
from made_outcome import METRICS, make_outcome
from read_html import words

from smallimg.ui.train.outcome import outcome_card


def tiles(html: str) -> list[tuple[str, str, str]]:
    """(name, figure, what stands below it) of each tile."""
    found = re.findall(r"<strong>(.+?)</strong><span>([^<]+)</span>(?:<small>([^<]+)</small>)?", html)
    return [(name, figure.replace("\u00a0", " "), below.replace("\u00a0", " ")) for figure, name, below in found]


def test_figures_that_were_taken_have_tiles() -> None:
    html = outcome_card(make_outcome())
    assert "Measured on 6 pictures of the test split, which training never saw." in words(html)
    assert tiles(html) == [
        ("accuracy", "2 of 6", "between 10 and 70 %"), ("precision", "25 %", ""), ("recall", "100 %", ""),
        ("box IoU", "< 1 %", ""),
    ]  # fmt: skip


def test_of_many_pictures_a_share_is_said() -> None:
    html = outcome_card(make_outcome(metrics=METRICS | {"n": 100, "confusion_matrix": [[91, 9], [0, 0]]}))
    assert tiles(html)[0] == ("accuracy", "91 %", "between 84 and 95 %")
    assert "So few pictures" not in html


def test_seven_of_seven_are_no_hundred_percent() -> None:
    metrics = {"n": 7, "accuracy": 1.0, "classes": ["cup", "ball"], "confusion_matrix": [[3, 0], [0, 4]]}
    text = words(outcome_card(make_outcome(metrics=metrics, split="validation"))).replace("\u00a0", " ")
    assert "100 %" not in text.replace("between 65 and 100 %", "")
    assert "7 of 7" in text
    assert "So few pictures tell little" in text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"split": "validation"}, "Measured on 6 pictures kept aside in training (validation), since the data has no"),
        ({"given_boxes": True}, "which training never saw. The true boxes were given, since it has no detector."),
    ],
)
def test_what_was_measured_on_is_said(fields: dict[str, Any], sentence: str) -> None:
    text = words(outcome_card(make_outcome(**fields)))
    assert sentence in text
    assert ("test split" in text) == (fields.get("split") != "validation")


def test_an_outcome_of_an_older_kind_has_less_to_tell() -> None:
    outcome = make_outcome()
    del outcome["given_boxes"]
    text = words(outcome_card(outcome))
    assert "given" not in text
    assert "gave a name" not in text


# --- two figures for the same pictures ------------------------------------------------------------------------------

DETECTED = METRICS | {"milliseconds": {"detector": 9.0, "total": 12.0}}


def test_the_classifier_alone_and_the_whole_bundle_are_told_apart() -> None:
    alone = {"accuracy": 5 / 6, "epoch": 3}
    html = outcome_card(make_outcome(metrics=DETECTED, split="validation", classifier_alone=alone))
    assert tiles(html)[:2] == [
        ("accuracy, from the boxes it found", "2 of 6", "between 10 and 70 %"),
        ("naming alone, from the true boxes", "5 of 6", "between 44 and 97 %"),
    ]
    assert "The curve (epoch 3 was kept) shows naming alone, told where the object is." in words(html)


def test_nothing_is_said_of_true_boxes_where_the_pictures_have_none() -> None:
    metrics = {name: value for name, value in DETECTED.items() if name != "box_iou"}
    alone = {"accuracy": 5 / 6, "epoch": 3}
    html = outcome_card(make_outcome(metrics=metrics, split="validation", classifier_alone=alone))
    assert [name for name, _, _ in tiles(html)[:2]] == ["accuracy", "naming alone"]
    assert "told where the object is" not in words(html)


def test_where_nothing_has_to_be_found_the_two_are_one() -> None:
    alone = {"accuracy": 1 / 3, "epoch": 3}
    html = outcome_card(make_outcome(split="validation", classifier_alone=alone))
    assert [name for name, _, _ in tiles(html)] == ["accuracy", "precision", "recall", "box IoU"]
    assert "curve" not in words(html)
    other = outcome_card(make_outcome(split="validation", classifier_alone=alone | {"accuracy": 0.5}))
    assert tiles(other)[1][:2] == ("naming alone", "3 of 6")
    assert "The curve (epoch 3 was kept) was measured on these pictures as training holds them" in words(other)


@pytest.mark.parametrize(
    ("answered", "right", "sentence"),
    [
        (0, 0, "It gave a name to 0 of 6. It said “not sure” on all of them."),
        (1, 1, "It gave a name to 1 of 6; that name is right. On the other 5 it said “not sure”."),
        (
            5,
            4,
            "It gave a name to 5 of 6; 4 of these 5 names are right (38–96 %). On the other one it said “not sure”.",
        ),
        (6, 1, "It gave a name to 6 of 6; 1 of these 6 names is right (3–56 %)."),
    ],
)
def test_how_often_it_said_a_name_and_how_often_rightly(answered: int, right: int, sentence: str) -> None:
    metrics = METRICS | {"answered": answered, "answered_right": right}
    text = words(outcome_card(make_outcome(metrics=metrics))).replace("\u00a0", " ")
    assert sentence in text
    assert ("not sure" in text.replace("sure of it or not", "")) == (answered < 6)


def test_without_classes_there_are_only_means() -> None:
    html = outcome_card(make_outcome(metrics={"n": 1, "mask_iou": 0.8}))
    assert tiles(html) == [("mask IoU", "80 %", "")]
    assert "<table" not in html
    assert "Measured on 1 picture of the test split" in words(html)


def test_a_segmenter_has_a_tile() -> None:
    assert ("mean IoU by pixel", "43 %", "") in tiles(outcome_card(make_outcome(metrics=METRICS | {"miou": 0.43})))
