"""Every object named: in the pipeline, on its cards, in JSON and on the command line."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import ROOT, run
from PIL import Image
from read_html import words

from smallimg.cli.wording import named, named_objects
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.results import Box, Prediction
from smallimg.ui.cards import picture_row
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.try_it.tab import STAGE_CHOICES, look_at_pictures

EXAMPLES = ROOT / "assets" / "examples" / "everyday"
STAGES = [name for _, name in STAGE_CHOICES]
SIDE = 240
BOXES = [Box(0, 0, SIDE, SIDE, 0.9), Box(SIDE, 0, 2 * SIDE, SIDE, 0.8)]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline.load("everyday", background="none")


@pytest.fixture(scope="module")
def two() -> Image.Image:
    """A dog, and beside it a cup of coffee."""
    canvas = Image.new("RGB", (2 * SIDE, SIDE))
    for place, name in enumerate(("dog", "coffee")):
        canvas.paste(open_image(EXAMPLES / f"{name}.jpg").convert("RGB").resize((SIDE, SIDE)), (place * SIDE, 0))
    return canvas


def test_each_box_has_the_name_of_what_is_in_it(pipeline: Pipeline, two: Image.Image) -> None:
    found = pipeline.name_objects(two, pipeline.predict(two, boxes=BOXES))
    assert [one.label for one in found.objects] == ["dog", "coffee"]
    assert [one.boxes for one in found.objects] == [(box,) for box in BOXES]
    assert named_objects(found) == " and ".join(map(named, found.objects))
    told = found.as_dict("two.png")["objects"]
    assert [(one["label"], one["box"], one["score"]) for one in told] == [
        ("dog", [0, 0, SIDE, SIDE], 0.9),
        ("coffee", [SIDE, 0, 2 * SIDE, SIDE], 0.8),
    ]
    assert told[0]["name"] == found.objects[0].answer
    assert found.milliseconds["total"] > found.milliseconds["objects"] > 0
    for one, box in zip(found.objects, BOXES, strict=True):
        assert one.crop is not None
        seen = np.asarray(one.crop.resize((8, 8))).astype(float)
        true = np.asarray(two.crop(box.around).resize((8, 8))).astype(float)
        assert np.abs(seen - true).mean() < 40, "it shows its own half"


def test_a_box_that_is_weak_or_of_the_cutout_is_no_object_of_its_own(pipeline: Pipeline, two: Image.Image) -> None:
    weak, around = Box(0, 0, 99, 99, 0.3), Box(0, 0, 2 * SIDE, SIDE, 0.95, of_cutout=True)
    for boxes in ([around, BOXES[0], weak], [around], [weak], []):
        whole = pipeline.predict(two, boxes=boxes)
        found = pipeline.name_objects(two, whole)
        assert len(found.objects) == (1 if boxes else 0)
        assert named_objects(found) == ""
        assert [one.probabilities for one in found.objects] == [whole.probabilities] * len(found.objects)
    three = pipeline.name_objects(two, pipeline.predict(two, boxes=[around, *BOXES]))
    assert [one.boxes[0] for one in three.objects] == BOXES


def test_the_cards_show_each_object(pipeline: Pipeline, two: Image.Image) -> None:
    found = pipeline.name_objects(two, pipeline.predict(two, boxes=BOXES))
    found = replace(found, milliseconds=found.milliseconds | {"detector": 1.0})
    html = picture_row("two.png", two, found, size=1)
    assert "Every object" in html
    assert "2 objects, each named by itself: " in words(html)
    assert html.count('alt="Object ') == 2
    shares = [one.probabilities["dog"] for one in found.objects if one.answer == "dog"]
    assert shares, "or the picture is too hard"
    alone: Prediction = pipeline.name_objects(two, pipeline.predict(two, boxes=BOXES[:1]))
    assert "Every object" not in picture_row("one.png", two, alone, size=1)


@pytest.mark.parametrize(("every", "stages"), [(True, STAGES), (False, STAGES), (True, STAGES[:2])])
def test_the_page_names_them_where_that_is_asked(
    two: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: bool, stages: list[str]
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    file = tmp_path / "two.png"
    two.save(file)
    predict = Pipeline.predict
    told = {"boxes": BOXES, "classify": "classifier" in stages}
    monkeypatch.setattr(Pipeline, "predict", lambda self, image, **_: predict(self, image, **told))
    nobody = lambda *_, **__: None  # noqa: E731
    shown = look_at_pictures(
        Pipelines(), [str(file)], "everyday", "none", stages, 1, 0.05, False, every, progress=nobody
    )
    (record,) = json.loads(Path(shown[-1]).read_text("utf-8"))
    named_all = every and "classifier" in stages
    assert [one["label"] for one in record.get("objects", [])] == (["dog", "coffee"] if named_all else [])
    assert ("Every object" in shown[0]) is named_all


def test_the_command_line_tells_of_each(two: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "two.png"
    two.save(file)
    predict = Pipeline.predict
    monkeypatch.setattr(Pipeline, "predict", lambda self, image: predict(self, image, boxes=BOXES))
    result = run("predict", file, "--background", "none", "--all", "--json")
    assert result.exit_code == 0, result.stderr
    assert [one["label"] for one in json.loads(result.stdout)["objects"]] == ["dog", "coffee"]
    lines = run("predict", file, "--background", "none", "--all").stdout.splitlines()
    assert len(lines) == 3
    assert [line.index("box (") for line in lines] == [lines[0].index("box (")] * 3
    assert "coffee" in lines[2]
    assert len(run("predict", file, "--background", "none").stdout.splitlines()) == 1
