"""The pipeline on a real, barely trained bundle: stages on and off, and every kind of picture."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from smallimg.boxes import as_boxes, square_window
from smallimg.bundles.bundle import load_bundle, save_bundle
from smallimg.bundles.sessions import DetectorSession, Floats, Found
from smallimg.errors import BackgroundError
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.onnx_files import load_weights, write_network
from smallimg.pictures.images import open_image
from smallimg.pictures.preprocess import crop_window, on_fill
from smallimg.pipeline import Pipeline
from smallimg.results import Box, Prediction


@pytest.fixture(scope="module")
def pipeline(tiny_bundle: Path) -> Pipeline:
    return Pipeline.load(tiny_bundle)


@pytest.fixture(scope="module")
def image(tiny_challenge: Path) -> Image.Image:
    return open_image(tiny_challenge / "test" / "0000.jpg")


def test_every_stage_leaves_its_part(pipeline: Pipeline, image: Image.Image) -> None:
    found = pipeline.predict(image, score_threshold=0.0)
    assert found.size_wh == image.size
    assert found.cutout is not None
    assert found.crop is not None
    assert tuple(found.probabilities) == pipeline.class_names
    assert set(found.milliseconds) == {"background", "detector", "classifier", "total"}
    assert found.milliseconds["total"] >= sum(found.milliseconds[name] for name in ("background", "classifier"))


def test_temperature_marks_and_groups_reach_the_prediction(
    tiny_bundle: Path, image: Image.Image, tmp_path: Path
) -> None:
    bundle = load_bundle(shutil.copytree(tiny_bundle, tmp_path / "copy"))
    names, stage = bundle.class_names, bundle.stages["classifier"]

    def predict(**changes: Any) -> Prediction:
        stages = dict(bundle.stages) | {"classifier": replace(stage, **changes)}
        groups = {"first": names[:3], "rest": names[3:]}
        save_bundle(replace(bundle, stages=stages, groups=groups))
        return Pipeline.load(bundle.path).predict(image)

    plain, flat = predict(temperature=1.0), predict(temperature=1e6)
    assert predict(likeness_marks=()).familiarity is None
    assert list(flat.probabilities.values()) == pytest.approx([1 / len(names)] * len(names), abs=1e-3)
    assert plain.label == flat.label
    assert plain.groups["first"] == pytest.approx(sum(plain.probabilities[name] for name in names[:3]))
    assert sum(plain.groups.values()) == pytest.approx(1, abs=1e-3)
    assert predict(likeness_marks=(-2.0, -1.5)).familiarity == 1
    strange = predict(likeness_marks=(1.5, 2.0))
    assert (strange.familiarity, strange.is_known, strange.label) == (0, False, plain.label)
    picky = {"likeness_marks": (-2.0, 2.0)}  # a likeness lies in −1 … 1: a familiarity of 0.25 … 0.75
    assert predict(**picky, unknown_below=0.2).is_known
    assert not predict(**picky, unknown_below=0.8).is_known


def test_thresholds_reach_the_prediction(tiny_bundle: Path, image: Image.Image, tmp_path: Path) -> None:
    bundle = load_bundle(shutil.copytree(tiny_bundle, tmp_path / "copy"))
    stage = replace(bundle.stages["classifier"], named_from=0.31, group_from=0.77, unknown_below=0.11)
    save_bundle(replace(bundle, stages=dict(bundle.stages) | {"classifier": stage}))
    found = Pipeline.load(bundle.path).predict(image)
    assert (found.named_from, found.group_from, found.unknown_below) == (0.31, 0.77, 0.11)


def test_one_that_looks_at_the_whole_picture_too_means_all_looks(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = load_bundle(shutil.copytree(tiny_bundle, tmp_path / "copy"))
    stage = replace(bundle.stages["classifier"], temperature=1.0, whole_too=False)
    picture = Image.effect_noise((120, 80), 80).convert("RGB")
    picture.paste((250, 40, 40), (5, 10, 40, 60))
    box = [Box(5, 10, 40, 60, 0.9)]

    def logits(**changes: Any) -> Floats:
        stages = dict(bundle.stages) | {"classifier": replace(stage, **changes)}
        save_bundle(replace(bundle, stages=stages))
        found = Pipeline.load(bundle.path).predict(picture, remove_background=False, boxes=box)
        return np.log(np.array(list(found.probabilities.values())))

    def centred(values: Floats) -> Floats:
        return np.asarray(values - values.mean())

    near = centred(logits())
    box = [Box(20, 0, 100, 80, 0.9)]  # the square in the middle
    middle = centred(logits(margin=0.0))
    box = [Box(30, 10, 90, 70, 0.9)]
    closer = centred(logits(margin=0.0))
    box = [Box(5, 10, 40, 60, 0.9)]
    np.testing.assert_allclose(centred(logits(whole_too=True)), (near + middle) / 2, atol=1e-4)
    np.testing.assert_allclose(centred(logits(whole_too=True, middle_below=0.9)), (near + middle) / 2, atol=1e-4)
    all_three = centred(logits(whole_too=True, middle_below=0.91))
    np.testing.assert_allclose(all_three, (near + middle + closer) / 3, atol=1e-4)
    assert np.abs(near - middle).max() > 1e-3


def test_a_classifier_that_keeps_nothing_it_has_seen_goes_by_its_energy(
    tiny_bundle: Path, image: Image.Image, tmp_path: Path
) -> None:
    bundle = load_bundle(shutil.copytree(tiny_bundle, tmp_path / "copy"))
    stage = bundle.stages["classifier"]
    network = build_classifier(stage.architecture, stage.arguments)
    load_weights(network, bundle.file("classifier"))
    network.seen = None
    write_network(network, bundle.file("classifier"), stage="classifier", side=stage.input_size)
    for marks, familiarity in (((-200.0, -100.0), 1), ((100.0, 200.0), 0), ((), None)):
        stages = dict(bundle.stages) | {"classifier": replace(stage, energy_marks=marks)}
        save_bundle(replace(bundle, stages=stages))
        assert Pipeline.load(bundle.path).predict(image).familiarity == familiarity


@pytest.mark.parametrize("off", ["remove_background", "detect", "classify"])
def test_a_stage_switched_off_is_passed_over(pipeline: Pipeline, image: Image.Image, off: str) -> None:
    found = pipeline.predict(image, score_threshold=0.0, **{off: False})
    assert (found.cutout is None) == (off == "remove_background")
    assert (found.crop is None) == (not found.probabilities) == (off == "classify")
    if off == "detect":
        assert found.boxes == ()


def test_all_stages_off_is_still_a_prediction(pipeline: Pipeline, image: Image.Image) -> None:
    found = pipeline.predict(image, remove_background=False, detect=False, classify=False)
    assert (found.box, found.label, found.cutout, found.crop) == (None, None, None, None)


def test_threshold_and_number_of_boxes(pipeline: Pipeline, image: Image.Image) -> None:
    boxes = pipeline.predict(image, score_threshold=0.0, max_boxes=3).boxes
    assert len(boxes) <= 3
    assert pipeline.predict(image, score_threshold=1.0).box is None


def test_no_box_is_a_value_and_the_picture_is_still_named(pipeline: Pipeline, image: Image.Image) -> None:
    found = pipeline.predict(image, score_threshold=1.0)
    assert found.box is None
    assert found.label in pipeline.class_names


@pytest.mark.parametrize(("clear", "is_there"), [(None, False), (0.0, True), (1.0, False)])
def test_a_clear_cutout_gives_a_box(
    clear: float | None, is_there: bool, tiny_bundle: Path, image: Image.Image, tmp_path: Path
) -> None:
    bundle = load_bundle(shutil.copytree(tiny_bundle, tmp_path / "copy"))
    detector = replace(bundle.stages["detector"], clear_cutout=clear)
    save_bundle(replace(bundle, stages=dict(bundle.stages) | {"detector": detector}))
    found = Pipeline.load(bundle.path).predict(image, score_threshold=0.0)
    assert found.cutout is not None
    alpha = np.asarray(found.cutout.getchannel("A"))
    rows, columns = np.nonzero(alpha > 127)
    around = [box for box in found.boxes if box.of_cutout]
    assert len(around) == is_there
    for box in around:
        assert box.xyxy == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert box.score == pytest.approx(alpha[alpha > 127].mean() / 255, abs=0.02)


def test_boxes_found_with_room_around_the_picture_lie_in_the_picture(
    tiny_bundle: Path, image: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = load_bundle(shutil.copytree(tiny_bundle, tmp_path / "copy"))
    detector = replace(bundle.stages["detector"], reads="image", room=0.25)
    save_bundle(replace(bundle, stages=dict(bundle.stages) | {"detector": detector}))
    pipeline, side = Pipeline.load(bundle.path), detector.input_size

    def all_that_is_there(_session: DetectorSession, pixels: NDArray[np.uint8]) -> Found:
        shown = np.argwhere((pixels != 128).any(axis=0))
        (top, left), (bottom, right) = shown.min(axis=0), shown.max(axis=0) + 1
        assert min(top, left, side - bottom, side - right) >= side // 10
        return Found(as_boxes([[left, top, right, bottom]]), np.ones(1, np.float32))

    monkeypatch.setattr(DetectorSession, "look", all_that_is_there)
    [box] = [one for one in pipeline.predict(image).boxes if not one.of_cutout]
    assert box.xyxy == pytest.approx((0, 0, *image.size), abs=max(image.size) / side * 1.5)
    _, place = pipeline.detector_look(image, pipeline.predict(image))
    assert place.room == 0.25


def test_a_detector_that_reads_pictures_needs_no_cut_out(
    tiny_bundle: Path, image: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs beside the remover, with the same boxes as without one, and fails as loudly."""
    bundle = load_bundle(shutil.copytree(tiny_bundle, tmp_path / "copy"))
    detector = replace(bundle.stages["detector"], reads="image")
    save_bundle(replace(bundle, stages=dict(bundle.stages) | {"detector": detector}))
    pipeline = Pipeline.load(bundle.path)
    both = pipeline.predict(image, score_threshold=0.0)
    assert both.boxes == pipeline.predict(image, score_threshold=0.0, remove_background=False).boxes != ()
    assert list(both.milliseconds) == ["background", "detector", "classifier", "total"]

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("no boxes today")

    monkeypatch.setattr(DetectorSession, "look", fail)
    with pytest.raises(RuntimeError, match="no boxes today"):
        pipeline.predict(image)


def test_a_detector_that_names_its_boxes_is_quoted(
    pipeline: Pipeline, image: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = pipeline.bundle.stages["detector"].input_size
    boxes = np.array([[0, 0, side, side / 2], [0, side / 2, side, side]], np.float32)
    found = Found(boxes, np.array([0.9, 0.8], np.float32), labels=np.array([7, 2]))
    monkeypatch.setattr(DetectorSession, "look", lambda *_: found)
    prediction = pipeline.predict(image, remove_background=False)
    assert [box.name for box in prediction.boxes] == [pipeline.class_names[7], pipeline.class_names[2]]
    told = [(one["name"], one["score"]) for one in prediction.as_dict("a.jpg")["objects"]]
    assert told == [(pipeline.class_names[7], 0.9), (pipeline.class_names[2], 0.8)]
    monkeypatch.setattr(DetectorSession, "look", lambda *_: Found(boxes, found.scores))
    assert "objects" not in pipeline.predict(image, remove_background=False).as_dict("a.jpg")


def test_boxes_that_are_known_are_taken_and_the_detector_is_not_asked(pipeline: Pipeline, image: Image.Image) -> None:
    boxes = [Box(8, 8, 30, 40, 1.0), Box(0, 0, 64, 64, 0.5)]
    found = pipeline.predict(image, boxes=boxes)
    assert found.boxes == tuple(boxes)
    assert set(found.milliseconds) == {"background", "classifier", "total"}
    assert found.crop is not None
    stage = pipeline.bundle.stages["classifier"]
    assert stage.margin is not None
    window = square_window(as_boxes(boxes[0].xyxy)[0], margin=stage.margin)
    source = on_fill(found.cutout) if stage.reads == "cutout" else image
    side = round(float(window[2] - window[0]))
    assert found.crop.tobytes() == crop_window(source, window, side).tobytes(), "the first box is looked at"


def test_boxes_known_to_be_none_leave_the_cut_out(pipeline: Pipeline, image: Image.Image) -> None:
    """Which is not the same as not knowing: the detector is not asked."""
    told, off = pipeline.predict(image, boxes=[]), pipeline.predict(image, detect=False)
    assert told.boxes == ()
    assert "detector" not in told.milliseconds
    assert told.probabilities == off.probabilities
    assert "detector" in pipeline.predict(image, boxes=None).milliseconds


@pytest.mark.parametrize("size_wh", [(1, 1), (3, 500), (1024, 40), (800, 600)])
def test_any_size(pipeline: Pipeline, size_wh: tuple[int, int]) -> None:
    found = pipeline.predict(Image.effect_noise(size_wh, 90).convert("RGB"), score_threshold=0.0)
    assert found.size_wh == size_wh
    for box in found.boxes:
        assert box.x2 <= size_wh[0]
        assert box.y2 <= size_wh[1]


def test_transparent_pictures_pass(pipeline: Pipeline) -> None:
    found = pipeline.predict(Image.new("RGBA", (64, 64), (200, 10, 10, 0)))
    assert found.cutout is not None
    assert np.asarray(found.cutout)[..., 3].max() == 0


def test_batch_is_one_by_one_in_order(pipeline: Pipeline, tiny_challenge: Path) -> None:
    images = [open_image(tiny_challenge / "test" / f"000{index}.jpg") for index in range(3)]
    batch = pipeline.predict_batch(images)
    for together, alone in zip(batch, map(pipeline.predict, images), strict=True):
        assert together.probabilities == pytest.approx(alone.probabilities)
        assert [box.xyxy for box in together.boxes] == [box.xyxy for box in alone.boxes]


def test_each_is_in_order_and_few_are_under_way(pipeline: Pipeline) -> None:
    begun: list[int] = []

    def work(_one: Pipeline, number: int) -> int:
        begun.append(number)
        return number

    seen = []
    for result in pipeline.each(work, iter(range(100))):
        seen.append(result)
        assert len(begun) <= len(seen) + 2 * (os.cpu_count() or 1) + 1
    assert seen == list(range(100))
    assert list(pipeline.each(work, [])) == []
    assert list(pipeline.each(lambda one, _: one, [0])) == [pipeline], "one alone has all cores"


def test_each_shares_a_remover_of_rembgs(
    tiny_bundle: Path, image: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is opened once: some take hundreds of megabytes."""
    opened: list[str] = []

    class Whole:
        name = "u2netp"

        def __init__(self, name: str) -> None:
            opened.append(name)

        def mask(self, image: Image.Image) -> Image.Image:
            return Image.new("L", image.size, 255)

    monkeypatch.setattr("smallimg.bundles.background.RembgRemover", Whole)
    found = Pipeline.load(tiny_bundle, background="u2netp").predict_batch([image] * 3)
    assert [one.cutout.getchannel("A").getextrema() for one in found if one.cutout] == [(255, 255)] * 3
    assert opened == ["u2netp"]


def test_what_fails_in_each_is_told_in_its_turn(pipeline: Pipeline) -> None:
    results = pipeline.each(lambda _, number: 1 / number, [1, 2, 0, 4])
    assert [next(results), next(results)] == [1, 0.5]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_prediction_leaves_the_picture_alone(pipeline: Pipeline, image: Image.Image) -> None:
    before = image.tobytes()
    pipeline.predict(image)
    assert image.tobytes() == before


def test_another_background_shares_the_networks(pipeline: Pipeline, image: Image.Image) -> None:
    plain = pipeline.with_background("none")
    assert plain.background == "none"
    assert plain.predict(image).cutout is None
    assert pipeline.predict(image).cutout is not None


def test_unknown_background(tiny_bundle: Path) -> None:
    with pytest.raises(BackgroundError, match="Unknown background model “nope”"):
        Pipeline.load(tiny_bundle, background="nope")
