"""“How does it find things?”: what the page is sent of a picture, and what is said where there is nothing to follow."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from read_html import words

from smallimg.pictures.images import open_image
from smallimg.ui.inside import panel
from smallimg.ui.inside.panel import Insides, look_inside
from smallimg.ui.inside.server import losses_function
from smallimg.ui.pipelines import Pipelines

DOG = Path(__file__).parents[3] / "assets" / "examples" / "everyday" / "dog.jpg"
DRAWERS = (Path(panel.__file__).parent / "steps.js").read_text("utf-8")


@pytest.fixture(scope="module")
def pipelines() -> Pipelines:
    return Pipelines()


@pytest.fixture(scope="module")
def told(pipelines: Pipelines) -> dict[str, Any]:
    message, value = look_inside(pipelines, Insides(), "everyday", str(DOG))
    assert message == ""
    assert len(str(value)) < 700_000, "it goes through the queue to the page"
    return json.loads(str(value))


def test_a_two_stage_detector_is_followed_from_the_picture_to_its_boxes(told: dict[str, Any]) -> None:
    kinds = [step["kind"] for step in told["steps"]]
    assert kinds == [
        "sees", "features", "places", "sure", "proposals", "cut", "second", "alone", "final", "losses"
    ]  # fmt: skip
    assert all(re.search(rf"^  {kind}: ", DRAWERS, re.MULTILINE) for kind in kinds)
    assert [(level["w"], level["step"]) for level in told["levels"]] == [(32, 4), (16, 8), (8, 16), (4, 32)]
    assert len(told["proposals"]) == len(told["cuts"]) == len(told["second"]) == 25
    for level in told["levels"]:
        count = level["w"] * level["h"] * len(level["anchors"])
        assert len(base64.b64decode(level["scores"])) == count
        assert len(base64.b64decode(level["moved"])) == 8 * count


def test_its_last_boxes_are_those_that_try_it_shows(told: dict[str, Any], pipelines: Pipelines) -> None:
    prediction = pipelines.get("everyday", "own").predict(open_image(DOG), classify=False)
    shown = [box.score for box in prediction.boxes if not box.of_cutout]
    assert shown
    np.testing.assert_allclose([box[4] for box in told["final"]][: len(shown)], shown, atol=1e-3)
    aside = told["aside"][told["overlaps"].index(told["overlap"])]
    kept = [box for box, by in zip(told["candidates"], aside, strict=True) if by < 0]
    assert kept[: len(told["final"])] == told["final"]
    assert set(told["aside"][-1]) == {-1}, "where all may overlap, none is put aside"


def test_what_cannot_be_followed_is_said(pipelines: Pipelines, tmp_path: Path) -> None:
    no_picture = tmp_path / "no.jpg"
    no_picture.write_text("no")
    assert look_inside(pipelines, Insides(), "everyday", None) == ("", None)
    assert "no.jpg" in words(look_inside(pipelines, Insides(), "everyday", str(no_picture))[0])
    assert "are gone" in words(look_inside(pipelines, Insides(), str(tmp_path / "gone"), str(DOG))[0])
    pipeline = pipelines.get("challenge", "own")
    detector = pipeline.bundle.stages.pop("detector")
    try:
        message, value = look_inside(pipelines, Insides(), "challenge", str(DOG))
    finally:
        pipeline.bundle.stages["detector"] = detector
    assert value is None
    assert "has no detector to look inside of" in words(message)


def test_a_true_box_is_answered_with_its_losses_and_nonsense_with_a_sentence(
    told: dict[str, Any], pipelines: Pipelines
) -> None:
    losses = losses_function(pipelines, Insides().get)
    asked = {"model": "everyday", "look": told["look"], "box": told["final"][0][:4], "kind": 0}
    names = [name for name, _, _ in losses(asked)["losses"]]
    assert names == ["Objectness", "First boxes", "Second judgement", "Last boxes"]
    turned = "data:image/png;base64,"
    for wrong, words_of_it in (
        ({"box": [5, 5, 6, 6]}, "too small"),
        ({"box": [1, 2, float("nan"), 4]}, "no box"),
        ({"box": "all"}, "no box"),
        ({"look": None}, "no picture"),
        ({"look": turned + "AAAA"}, "does not open"),
        ({"look": turned + told["look"][len(turned) : 900]}, "does not open"),
        ({"model": "gone"}, "gone"),
        ({"model": 3}, "reload"),
    ):
        assert words_of_it in losses(asked | wrong)["error"]
    assert "error" in losses(None)
    assert losses(asked | {"kind": "cat"}) == losses(asked)
