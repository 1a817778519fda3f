"""A pipeline's answers explained, with networks that know next to nothing: shapes, choices, and what is refused."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg.bundles.engine_choice import SETTING
from smallimg.data.formats import read_dataset
from smallimg.errors import BundleError, DataError
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.results import Box
from smallimg.study.explain.detector import BOX_METHODS, drise
from smallimg.study.explain.explainer import Explainer
from smallimg.study.explain.files import write_explanation
from smallimg.study.explain.over_set import explain_set
from smallimg.study.explain.question import Question, read_question

EVERYDAY = Path(__file__).parents[3] / "assets" / "examples" / "everyday"


@pytest.fixture(scope="module")
def explainer(tiny_bundle: Path) -> Explainer:
    return Explainer(Pipeline.load(tiny_bundle, threads=1))


@pytest.fixture(scope="module")
def picture(tiny_challenge: Path) -> Image.Image:
    return open_image(tiny_challenge / "test" / "0000.jpg").resize((90, 60))


def test_two_looks_of_the_shipped_network_make_one_map_that_names_the_dog() -> None:
    pipeline = Pipeline.load(threads=1)
    image = open_image(EVERYDAY / "dog.jpg")
    prediction = pipeline.predict(image)
    found = Explainer(pipeline).of_class(image, prediction)
    assert (found.question, len(found.looks)) == ("dog", 2)
    assert found.share == pytest.approx(prediction.probabilities["dog"], abs=1e-4)
    heat = found.heat()
    assert heat.shape == (image.height, image.width)
    x1, y1, x2, y2 = map(int, prediction.box.xyxy)
    assert heat[y1:y2, x1:x2].sum() > 0.6 * heat.sum()
    assert found.trust.faithfulness.map.gain > found.trust.faithfulness.random.gain
    assert found.as_dict()["trust"]["verdict"] == found.trust.verdict
    contrasted = Explainer(pipeline).of_class(image, prediction, label="dog", against="deer")
    assert contrasted.question == "dog rather than deer"
    assert contrasted.share > found.share
    assert not np.allclose(contrasted.looks[0].heat, found.looks[0].heat)


def test_what_it_says_is_what_the_networks_said_that_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    """In whole numbers too, where they are other networks than those that the gradients come from."""
    monkeypatch.setenv(SETTING, "onnxruntime-int8")
    pipeline = Pipeline.load("challenge", threads=1)
    image = open_image(EVERYDAY / "dog.jpg")
    prediction = pipeline.predict(image)
    explainer = Explainer(pipeline)
    shares = prediction.probabilities
    assert explainer.of_class(image, prediction).share == pytest.approx(shares[prediction.label], abs=1e-4)
    box = prediction.boxes[0]
    assert explainer.of_box(image, prediction, box=box).share == pytest.approx(box.score, abs=1e-4)
    monkeypatch.setenv(SETTING, "onnxruntime")
    assert Explainer(pipeline).of_class(image, prediction).share != pytest.approx(shares[prediction.label], abs=1e-3)


@pytest.mark.parametrize("method", ["drise", "box-occlusion"])
def test_a_box_is_explained_on_the_whole_picture(
    explainer: Explainer, picture: Image.Image, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smallimg.study.explain.detector.STEP", 1 / 4)  # few looks: what they find is tested elsewhere
    monkeypatch.setitem(BOX_METHODS, "drise", partial(drise, masks=20))
    prediction = replace(explainer.pipeline.predict(picture), boxes=(Box(10, 10, 60, 50, 0.9),))
    found = explainer.of_box(picture, prediction, method=method)
    assert found.heat().shape == (60, 90)
    np.testing.assert_allclose(found.looks[0].window_xyxy, (0, -15, 90, 75), atol=1)  # grey bars above and below
    assert 0 <= found.share <= 1
    assert found.as_dict(trust=False)["trust"] is None


def test_what_cannot_be_asked_is_a_sentence(explainer: Explainer, picture: Image.Image) -> None:
    prediction = explainer.pipeline.predict(picture)
    with pytest.raises(DataError, match="no class “doog”, only plug, phone"):
        explainer.of_class(picture, prediction, label="doog")
    with pytest.raises(DataError, match="choose another class to hold it against"):
        explainer.of_class(picture, prediction, label="cup", against="cup")
    with pytest.raises(DataError, match="no method “magic” for that: choose one of gradcam"):
        explainer.of_class(picture, prediction, method="magic")
    with pytest.raises(DataError, match="no box to explain"):
        explainer.of_box(picture, replace(prediction, boxes=()))
    bundle = replace(explainer.pipeline.bundle, stages={})
    bare = Explainer(Pipeline(bundle, background="none", remover=None, detector=None, classifier=None))
    with pytest.raises(BundleError, match="has no classifier"):
        bare.of_class(picture, prediction)
    with pytest.raises(BundleError, match="has no detector"):
        bare.of_box(picture, prediction)


@pytest.mark.parametrize(("fmt", "name"), [("npy", "a.npy"), ("png", "a-heat.png")])
def test_a_map_is_written_for_people_and_for_programs(
    explainer: Explainer, picture: Image.Image, tmp_path: Path, fmt: str, name: str
) -> None:
    found = explainer.of_class(picture, explainer.pipeline.predict(picture), method="occlusion")
    assert write_explanation(found, picture, tmp_path / "out", "a", fmt=fmt) == ["a.png", name]
    with Image.open(tmp_path / "out" / "a.png") as shown:
        assert (shown.size, shown.mode) == (picture.size, "RGB")
    if fmt == "npy":
        np.testing.assert_array_equal(np.load(tmp_path / "out" / name), found.heat())
    else:
        with Image.open(tmp_path / "out" / name) as heat:
            assert np.asarray(heat).max() == 65_535
            assert heat.size == picture.size
    (tmp_path / "taken").touch()
    with pytest.raises(DataError, match="choose another folder"):
        write_explanation(found, picture, tmp_path / "taken", "a")


def test_a_set_is_looked_at_and_what_does_not_open_is_named(explainer: Explainer, tiny_challenge: Path) -> None:
    dataset = read_dataset(tiny_challenge, split="test")
    gone = replace(dataset.samples[0], path=tiny_challenge / "test" / "gone.jpg")
    dataset = replace(dataset, samples=(gone, *dataset.samples[1:]))
    told: list[tuple[int, int]] = []
    found = explain_set(explainer, dataset, most=50, progress=lambda done, of: told.append((done, of)))
    assert (len(found.seen), found.of, told[-1]) == (7, 8, (8, 8))
    assert "gone.jpg" in found.errors[0]
    for one in found.seen:
        assert one.inside is not None
        assert 0 <= one.inside.share <= 1
        assert one.truth in dataset.class_names
        assert max(one.shown.size) == 64
    assert found.unnamed == ()
    assert len(explain_set(explainer, dataset, most=3).seen) + 1 >= 3
    foreign = replace(dataset, class_names=("yak", *dataset.class_names[1:]))
    one = next(sample for sample in dataset.samples[1:] if sample.label == 0)
    found = explain_set(explainer, replace(foreign, samples=(one,)))
    assert found.unnamed == ("yak",)
    assert found.seen[0].is_right is None
    with pytest.raises(DataError, match="none of the pictures could be read"):
        explain_set(explainer, replace(dataset, samples=(gone,)))


def test_a_question_of_a_page_is_checked() -> None:
    assert read_question('{"kind": "class"}') == Question("class", "gradcam")
    asked = {"kind": "class", "method": "occlusion", "label": "cat", "against": ""}
    assert read_question(json.dumps(asked)) == Question("class", "occlusion", "cat", None)
    assert read_question('{"kind": "box", "label": 7}') == Question("box", "drise")
    for wrong in ("", "[]", "nonsense", '{"kind": "box", "method": "gradcam"}', '{"kind": "soul"}'):
        with pytest.raises(DataError, match="choose from the lists"):
            read_question(wrong)
