"""The result types refuse what cannot be, and say it in the words of the downloads."""

import json
import math
from dataclasses import FrozenInstanceError, replace

import pytest
from PIL import Image

from smallimg.results import Box, Prediction

NOTHING = Prediction((4, 3), None, (), None, {})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, 0, math.nan, 1, 0.5), "finite"),
        ((0, 0, math.inf, 1, 0.5), "finite"),
        ((0, 0, 1, 1, math.nan), "finite"),
        ((2, 0, 1, 1, 0.5), "x1 <= x2"),
        ((0, 2, 1, 1, 0.5), "y1 <= y2"),
        ((0, 0, 1, 1, 1.01), "score"),
        ((0, 0, 1, 1, -0.01), "score"),
    ],
)
def test_an_impossible_box_is_refused(values: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Box(*values)


def test_an_empty_box_and_the_ends_of_the_score_are_fine() -> None:
    assert Box(1, 1, 1, 1, 0).xyxy == (1, 1, 1, 1)
    assert Box(0, 0, 1, 1, 1).score == 1


@pytest.mark.parametrize(("mode", "size"), [("RGB", (4, 3)), ("RGBA", (3, 4))])
def test_a_cut_out_of_another_kind_or_size_is_refused(mode: str, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cut-out must be RGBA"):
        Prediction((4, 3), Image.new(mode, size), (), None, {})


def test_boxes_out_of_order_are_refused() -> None:
    low, high = Box(0, 0, 1, 1, 0.2), Box(0, 0, 2, 2, 0.7)
    assert Prediction((4, 3), None, (high, low), None, {}).box is high
    with pytest.raises(ValueError, match="best score first"):
        Prediction((4, 3), None, (low, high), None, {})


@pytest.mark.parametrize("probabilities", [{"a": 0.5, "b": 0.4}, {"a": 1.2, "b": -0.2}, {"a": math.nan, "b": 1}])
def test_probabilities_that_are_none_are_refused(probabilities: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="probabilities"):
        Prediction((4, 3), None, (), None, probabilities)


def test_nothing_found_is_a_value() -> None:
    assert NOTHING.box is None
    assert NOTHING.label is None
    expected = {
        "image": "a.jpg",
        "box": None,
        "box_score": None,
        "answer": None,
        "level": None,
        "label": None,
        "probabilities": {},
        "milliseconds": {},
        "engine": None,
        "known": None,
    }
    assert NOTHING.as_dict("a.jpg") == expected


def test_a_prediction_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        NOTHING.size_wh = (1, 1)  # type: ignore[misc]


def test_the_json_object_has_the_documented_keys_in_order_and_few_digits() -> None:
    prediction = Prediction(
        (224, 224),
        Image.new("RGBA", (224, 224)),
        (Box(1.26, 2, 200.04, 100, 0.98765), Box(0, 0, 9, 9, 0.1)),
        Image.new("RGB", (64, 64)),
        {"cup": 0.123456, "light bulb": 0.876544},
        {"detector": 12.345, "total": 20.0},
        engine="onnxruntime",
    )
    assert prediction.label == "light bulb"
    found = json.dumps(prediction.as_dict("ü.jpg"), ensure_ascii=False)
    assert found == (
        '{"image": "ü.jpg", "box": [1.3, 2, 200.0, 100], "box_score": 0.9877, "answer": "light bulb", '
        '"level": "kind", "label": "light bulb", "probabilities": {"cup": 0.1235, "light bulb": 0.8765}, '
        '"milliseconds": {"detector": 12.3, "total": 20.0}, "engine": "onnxruntime", "known": true}'
    )


@pytest.mark.parametrize(
    ("familiarity", "is_known"), [(None, True), (1.0, True), (0.05, True), (0.049, False), (0.0, False)]
)
def test_what_is_stranger_than_nearly_all_is_unknown(familiarity: float | None, is_known: bool) -> None:
    found = Prediction((4, 3), None, (), None, {"a": 1.0}, {}, familiarity)
    assert found.is_known is is_known
    assert found.as_dict("a.jpg")["known"] is is_known


@pytest.mark.parametrize(
    ("probabilities", "familiarity", "answer"),
    [
        ({"bird": 0.22, "guitar": 0.218, "ship": 0.562}, None, "ship"),
        ({"bird": 0.22, "cat": 0.218, "a": 0.19, "b": 0.186, "c": 0.186}, None, None),  # the first of five alike
        ({"ship": 0.43, "cat": 0.2, "dog": 0.2, "car": 0.17}, None, None),  # below one half
        ({"cat": 0.53, "dog": 0.47}, None, None),  # no clear margin
        ({"cat": 0.58, "dog": 0.42}, None, "cat"),
        ({"cat": 0.99, "dog": 0.01}, 0.01, None),  # like nothing it knows
        ({"cat": 1.0}, None, "cat"),
        ({}, None, None),
    ],
)
def test_a_name_is_the_answer_only_where_it_can_be_said_aloud(
    probabilities: dict[str, float], familiarity: float | None, answer: str | None
) -> None:
    found = Prediction((4, 3), None, (), None, probabilities, {}, familiarity)
    assert found.answer == answer
    assert found.as_dict("a.jpg")["answer"] == answer
    assert found.as_dict("a.jpg")["level"] == (None if answer is None else "kind")


@pytest.mark.parametrize(
    ("probabilities", "answer", "level"),
    [
        ({"dog": 0.42, "cat": 0.2, "car": 0.3, "bus": 0.08}, None, None),  # animals have 0.62 and need 0.7
        ({"dog": 0.42, "cat": 0.33, "car": 0.2, "bus": 0.05}, "animal", "group"),  # no clear margin between two
        ({"dog": 0.42, "cat": 0.2, "car": 0.2, "bus": 0.18}, "dog", "kind"),  # half is not asked for
        ({"dog": 0.39, "cat": 0.33, "car": 0.2, "bus": 0.08}, "animal", "group"),
        ({"dog": 0.38, "cat": 0.2, "car": 0.22, "bus": 0.2}, None, None),
    ],
)
def test_an_answer_backs_off_from_kind_to_group_to_not_sure(
    probabilities: dict[str, float], answer: str | None, level: str | None
) -> None:
    animals = probabilities["dog"] + probabilities["cat"]
    found = Prediction(
        (4, 3), None, (), None, probabilities, {}, 0.5, {"animal": animals, "vehicle": 1 - animals},
        named_from=0.4, group_from=0.7,
    )  # fmt: skip
    assert (found.answer, found.level) == (answer, level)
    said = found.as_dict("a.jpg")
    assert (said["answer"], said["level"]) == (answer, level)
    strange = replace(found, familiarity=0.01)
    assert (strange.answer, strange.level) == (None, None)


def test_groups_are_said_where_there_are_some() -> None:
    found = Prediction(
        (4, 3), None, (), None, {"dog": 0.3, "cat": 0.3, "car": 0.4}, {}, 0.5, {"animal": 0.6, "vehicle": 0.4}
    )
    assert (found.label, found.group, found.as_dict("a.jpg")["group"]) == ("car", "animal", "animal")
    assert NOTHING.group is None


@pytest.mark.parametrize(
    ("groups", "familiarity", "answer"),
    [
        ({"animal": 0.6, "vehicle": 0.4}, 0.5, "animal"),
        ({"animal": 0.52, "vehicle": 0.48}, 0.5, None),
        ({"animal": 0.97, "vehicle": 0.03}, 0.01, None),
        ({}, 0.5, None),
    ],
)
def test_a_group_is_said_by_the_same_rule(groups: dict[str, float], familiarity: float, answer: str | None) -> None:
    found = Prediction((4, 3), None, (), None, {"dog": 0.4, "cat": 0.3, "car": 0.3}, {}, familiarity, groups)
    assert found.sure_group == answer
    assert (found.answer, found.level) == (answer, "group" if answer else None)
    assert found.as_dict("a.jpg").get("group") == answer
