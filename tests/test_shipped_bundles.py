"""The bundles that come along: small enough to be hosted, with cards that say where they come from, and of use."""

import json
from pathlib import Path

import pytest

from smallimg.checkpoint import STAGE_FILES, find_bundle, load_bundle
from smallimg.images import open_image
from smallimg.pipeline import Pipeline

EXAMPLES = Path(__file__).parents[1] / "assets" / "examples"


@pytest.mark.parametrize("name", ["everyday", "challenge"])
def test_a_shipped_bundle_is_whole_and_small(name: str) -> None:
    bundle = load_bundle(name)
    assert set(bundle.stages) == set(STAGE_FILES)
    assert all(bundle.file(stage).stat().st_size < 10_000_000 for stage in bundle.stages)
    card = (find_bundle(name) / "README.md").read_text(encoding="utf-8")
    for word in ("no pre-trained network", "seed", "## Figures", "## Limits"):
        assert word in card
    assert json.loads((find_bundle(name) / "bundle.json").read_text(encoding="utf-8"))["card"]["command"] in card


@pytest.fixture(scope="module")
def everyday() -> Pipeline:
    return Pipeline.load("everyday")


def test_a_cat_is_a_cat_and_an_animal(everyday: Pipeline) -> None:
    prediction = everyday.predict(open_image(EXAMPLES / "everyday" / "cat.jpg"))
    assert prediction.label == "cat"
    assert prediction.is_known
    assert prediction.groups["animal"] > 0.9
    assert prediction.box is not None


def test_a_cup_of_coffee_is_nothing_it_knows(everyday: Pipeline) -> None:
    prediction = everyday.predict(open_image(EXAMPLES / "everyday" / "coffee.jpg"))
    assert not prediction.is_known
