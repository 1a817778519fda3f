"""How figures and answers are said: the same words and numbers everywhere."""

import pytest
from PIL import Image

from smallimg.cli.wording import file_size, listed, milliseconds, named, names_of_boxes, percent, why_unsure
from smallimg.results import Box, Prediction
from smallimg.ui.cards import picture_row
from smallimg.ui.try_it.downloads import table_row


def found(probabilities: dict[str, float], familiarity: float | None = None) -> Prediction:
    return Prediction((9, 9), None, (), Image.new("RGB", (8, 8)), probabilities, {"total": 1.0}, familiarity)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 %"), (0.004, "< 1 %"), (0.008, "1 %"), (0.25, "25 %"), (0.9949, "99 %"), (0.9999, "> 99 %"), (1, "100 %")],
)
def test_percent_claims_neither_nothing_nor_everything(value: float, text: str) -> None:
    assert percent(value).replace("\u00a0", " ") == text


def test_times_and_sizes_are_in_the_unit_people_use() -> None:
    assert [milliseconds(value).replace("\u00a0", " ") for value in (0.42, 0.97, 38.4, 999.6, 2140)] == [
        "0.4 ms",
        "1 ms",
        "38 ms",
        "1.0 s",
        "2.1 s",
    ]
    assert [file_size(value).replace("\u00a0", " ") for value in (820, 31_400, 999_900, 2_400_000)] == [
        "820 B",
        "31 kB",
        "1.0 MB",
        "2.4 MB",
    ]


def test_names_of_boxes_are_those_that_are_likely_and_always_the_best() -> None:
    def boxes(*scores: float) -> Prediction:
        made = tuple(
            Box(0, 0, 5, 5, score, name=name) for score, name in zip(scores, ("dog", "dog", "cat"), strict=True)
        )
        return Prediction((9, 9), None, made, None, {})

    assert names_of_boxes(boxes(0.9, 0.7, 0.5)) == "dog, dog and cat"
    assert names_of_boxes(boxes(0.3, 0.2, 0.1)) == "dog"
    assert names_of_boxes(Prediction((9, 9), None, (Box(0, 0, 5, 5, 0.9),), None, {})) == ""


@pytest.mark.parametrize(
    ("prediction", "name", "why"),
    [
        (found({"cat": 0.9, "dog": 0.1}), "cat", ""),
        (found({"cat": 0.53, "dog": 0.47}), "not sure (cat?)", "two are too close"),
        (found({"cat": 0.4, "dog": 0.3, "cow": 0.3}), "not sure (cat?)", "no class has half"),
        (found({"cat": 0.9, "dog": 0.1}, 0.01), "not sure (cat?)", "like nothing it knows"),
        (Prediction((9, 9), None, (), None, {}), "", ""),
    ],
)
def test_an_answer_or_why_there_is_none(prediction: Prediction, name: str, why: str) -> None:
    assert (named(prediction), why_unsure(prediction)) == (name, why)


@pytest.mark.parametrize("share", [0.77496, 0.99996, 0.77504, 0.995, 0.9949])
def test_card_and_table_say_the_same_number(share: float) -> None:
    # 0.77496 was 77 % on the card and, rounded to 0.775 before, 78 % in the table; 0.99996 was "> 99 %" and "100 %".
    prediction = found({"cat": share, "dog": 1 - share})
    assert table_row("a.png", prediction)[2] == percent(share)
    html = picture_row("a.png", Image.new("RGB", (9, 9)), prediction, size=1)
    assert f"<strong>cat</strong> {percent(share)}</p>" in html
    assert f'<span class="si-value">{percent(share)}</span>' in html


def test_lists_read_as_sentences_and_end() -> None:
    assert [listed(list("abc"[:n])) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
    assert listed([f"c{i}" for i in range(145)], most=3) == "c0, c1, c2 and 142 more"
