"""Names of few pictures without boxes are learned where the networks that they start from find things."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import STAGE_FILES, load_bundle
from smallimg.data.dataset import Dataset, Sample
from smallimg.errors import Stopped
from smallimg.files import shipped
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.training.bundle import train_bundle
from smallimg.training.found_boxes import best_box, learns_where_it_finds, with_found_boxes
from smallimg.training.loop import Keep, Progress
from smallimg.training.plan import make_plan
from smallimg.training.start import IMAGENET, Start

FEATURES = Start(DEFAULT_BUNDLE, "features")
EXAMPLES = sorted((shipped("assets") / "examples" / "challenge").glob("*.jpg"))
NOWHERE = np.zeros((0, 4), np.float32)


def things(paths: list[Path]) -> Dataset:
    samples = tuple(Sample(path, NOWHERE, index % 2, None) for index, path in enumerate(paths))
    return Dataset(paths[0].parent, "train", ("cup", "ball"), samples, (), ("cup", "ball"))


@pytest.fixture(scope="module")
def few() -> Dataset:
    return things((EXAMPLES * 2)[:8])


def test_where_it_finds_is_for_names_on_features_without_boxes(few: Dataset) -> None:
    plan = make_plan("fast", ("classifier",), None, {}, start=FEATURES)
    assert learns_where_it_finds(plan, ("classifier",), FEATURES, few)
    boxed = replace(few, samples=(replace(few.samples[0], boxes=np.ones((1, 4), np.float32)), *few.samples[1:]))
    assert not learns_where_it_finds(plan, ("classifier",), FEATURES, boxed), "what somebody said counts"
    assert not learns_where_it_finds(replace(plan, background="none"), ("classifier",), FEATURES, few)
    assert not learns_where_it_finds(plan, ("detector", "classifier"), FEATURES, few)
    for start in (None, Start(DEFAULT_BUNDLE, "all"), Start(IMAGENET, "features")):
        assert not learns_where_it_finds(plan, ("classifier",), start, few)


def test_it_learns_where_it_will_look_and_the_whole_too(few: Dataset, tmp_path: Path) -> None:
    seen: list[Progress] = []
    train_bundle(few, tmp_path, stages=("classifier",), start=FEATURES, epochs=1, report=seen.append)
    assert [(one.step, one.steps) for one in seen if one.stage == "cutouts"] == [(n, 8) for n in range(1, 9)]
    bundle, source = load_bundle(tmp_path), load_bundle(DEFAULT_BUNDLE)
    assert bundle.stages.keys() == {"background", "detector", "classifier"}, "what finds comes along"
    assert (tmp_path / STAGE_FILES["detector"]).read_bytes() == source.file("detector").read_bytes()
    assert bundle.stages["classifier"].whole_too
    pipeline = Pipeline.load(tmp_path)
    image = open_image(EXAMPLES[0])
    prediction = pipeline.predict(image)
    assert prediction.box is not None
    assert len(pipeline.looks(image, prediction)[0]) == 2


def test_boxes_are_in_pixels_of_the_picture_however_large(tmp_path: Path) -> None:
    pipeline = Pipeline.load(DEFAULT_BUNDLE)
    small = best_box(pipeline, EXAMPLES[0])
    with Image.open(EXAMPLES[0]) as picture:
        picture.resize((picture.width * 16, picture.height * 16)).save(tmp_path / "large.jpg")
    large = best_box(pipeline, tmp_path / "large.jpg")
    assert small is not None
    assert large is not None
    assert np.allclose(large / 16, small, atol=0.03 * 224)
    (tmp_path / "notes.jpg").write_text("milk, eggs")
    assert best_box(pipeline, tmp_path / "notes.jpg") is None


def test_it_can_be_stopped(few: Dataset) -> None:
    with pytest.raises(Stopped, match="being found"):
        with_found_boxes(few, FEATURES, report=lambda _: None, keep=Keep(None, lambda: True))
