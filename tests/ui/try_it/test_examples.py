"""The pictures to start with: shipped ones are named rightly, a run's are its own."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import list_bundles
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.ui.try_it.examples import EXAMPLES, MOST, example_buttons, examples_of

#: What the examples of `cifar10` are, where that is not their name; None is “not sure”.
ANSWERS = {"duck": "bird", "jet": "airplane", "coffee": None, "rocket": None}
#: Those of the default that it has no name for; a giraffe is an animal all the same, a clock in motion nothing that it
#: knows.
NAMELESS = {"clock": None, "giraffe": "animal"}


def test_every_shipped_bundle_has_some_of_fitting_size_with_their_source() -> None:
    told = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for bundle in list_bundles():
        examples = examples_of(bundle)
        assert 6 <= len(examples) <= MOST
        for example in examples:
            assert example.path.stat().st_size <= 150_000
            assert max(open_image(example.path).size) <= 640
            assert f"`{example.path.name}`" in told or bundle == "challenge"


def test_ten_names_suit_most_of_their_examples_and_the_others_are_not_sure() -> None:
    pipeline = Pipeline.load("cifar10")
    answers = {example.title: pipeline.predict(open_image(example.path)).answer for example in examples_of("cifar10")}
    expected = {title: ANSWERS.get(title, title) for title in answers}
    assert {title for title, answer in expected.items() if answer is None} == {"coffee", "rocket"}
    wrong = {title: answer for title, answer in answers.items() if answer != expected[title]}
    assert len(wrong) <= 1, wrong


def test_the_default_says_most_of_its_examples_and_few_wrongly() -> None:
    """By their kind, or by the group that it is of; of what has no name here, the group or “not sure”."""
    pipeline = Pipeline.load(DEFAULT_BUNDLE)
    group_of = {name: group for group, names in pipeline.bundle.groups.items() for name in names}
    found = {one.title: pipeline.predict(open_image(one.path)).answer for one in examples_of(DEFAULT_BUNDLE)}
    assert found.keys() - group_of.keys() == NAMELESS.keys()
    right = {title for title, answer in found.items() if answer in (title, group_of.get(title, NAMELESS.get(title)))}
    unsure = {title for title, answer in found.items() if answer is None}
    assert len(right) >= len(found) - 3, found
    assert len(found.keys() - right - unsure) <= 1, found
    assert sum(title == answer for title, answer in found.items()) >= 3, found


def write_run(folder: Path, pictures: list[dict[str, Any]], *, missing: int = 0) -> None:
    (folder / "data").mkdir(parents=True)
    for one in pictures[missing:]:
        Image.new("RGB", (8, 8)).save(folder / "data" / one["image"])
    content = {"split": "test", "root": str(folder / "data"), "metrics": {}, "pictures": pictures}
    (folder / "results.json").write_text(json.dumps(content))


def measured(index: int, truth: str | None, label: str | None, probability: float | None) -> dict[str, Any]:
    return {"image": f"{index}.png", "truth": truth, "label": label, "probability": probability, "box_score": None}


def test_a_run_has_its_own_of_many_classes_and_two_it_is_not_sure_of(tmp_path: Path) -> None:
    classes = [f"class {index}" for index in range(4)]
    pictures = [measured(index, classes[index % 4], classes[index % 4], 0.6 + index / 100) for index in range(20)]
    pictures += [measured(20 + index, "class 0", "class 1", 0.3) for index in range(5)]
    pictures += [measured(30 + index, "class 0", "class 1", 0.99) for index in range(5)]  # wrong, and sure of it
    write_run(tmp_path, pictures)
    examples = examples_of(str(tmp_path))
    assert [example.title for example in examples] == [*classes, "class 0", "class 1", "class 0", "class 0"]
    assert [int(example.path.stem) for example in examples] == [16, 17, 18, 19, 12, 13, 20, 21]


def test_what_was_said_aloud_decides_where_it_is_known(tmp_path: Path) -> None:
    pictures = [measured(index, "a", "a", 0.9) | {"answer": "a" if index else None} for index in range(4)]
    write_run(tmp_path, pictures)
    assert [example.path.name for example in examples_of(str(tmp_path))] == ["1.png", "2.png", "3.png", "0.png"]


def test_pictures_that_are_gone_are_passed_over(tmp_path: Path) -> None:
    write_run(tmp_path, [measured(index, "a", "a", 0.9 - index / 100) for index in range(6)], missing=2)
    assert [example.path.name for example in examples_of(str(tmp_path))] == ["2.png", "3.png", "4.png", "5.png"]


def test_of_very_many_classes_not_only_the_first_of_the_alphabet(tmp_path: Path) -> None:
    write_run(tmp_path, [measured(index, f"{index:03d}", f"{index:03d}", 0.9) for index in range(100)])
    titles = [example.title for example in examples_of(str(tmp_path))]
    assert len(titles) == MOST
    assert titles[-1] > "050"


@pytest.mark.parametrize("probability", [None, 0.3])
def test_a_run_that_names_nothing_with_certainty_has_some_all_the_same(
    tmp_path: Path, probability: float | None
) -> None:
    label = None if probability is None else "a"
    write_run(tmp_path, [measured(index, "b", label, probability) for index in range(20)])
    assert len(examples_of(str(tmp_path))) == MOST


def test_without_results_there_are_none_and_the_page_says_so(tmp_path: Path) -> None:
    assert examples_of(str(tmp_path)) == []
    assert "no pictures of its own" in example_buttons(str(tmp_path))
    (tmp_path / "results.json").write_text("{}")
    assert examples_of(str(tmp_path)) == []


def test_buttons_have_names_that_are_escaped(tmp_path: Path) -> None:
    assert 'alt="light bulb"' in example_buttons("challenge")
    assert example_buttons("challenge").count("<button") == len(examples_of("challenge"))
    write_run(tmp_path, [measured(0, "<b>", "<b>", 0.9)])
    assert 'alt="&lt;b&gt;"' in example_buttons(str(tmp_path))
    assert "measured on" in example_buttons(str(tmp_path))


def test_one_that_is_damaged_leaves_the_others_their_places(tmp_path: Path) -> None:
    write_run(tmp_path, [measured(index, "a", "a", 0.9 - index / 100) for index in range(3)])
    os.truncate(tmp_path / "data" / "1.png", 20)
    html = example_buttons(str(tmp_path))
    assert ['data-index="0"' in html, 'data-index="1"' in html, 'data-index="2"' in html] == [True, False, True]
