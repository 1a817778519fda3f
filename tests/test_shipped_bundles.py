"""The bundles that come along: small enough to be hosted, with cards that say where they come from, and of use."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import onnx
import onnxruntime as ort
import pytest

from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import find_bundle, load_bundle
from smallimg.errors import BundleError
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline

EXAMPLES = Path(__file__).parents[1] / "assets" / "examples"


@pytest.mark.parametrize("name", ["everyday", "cifar10", "challenge"])
def test_a_shipped_bundle_is_whole_and_small(name: str) -> None:
    bundle = load_bundle(name)
    assert set(bundle.stages) == {"background", "detector", "classifier"}
    assert all(bundle.file(stage).stat().st_size < 10_000_000 for stage in bundle.stages)
    card = (find_bundle(name) / "README.md").read_text(encoding="utf-8")
    for word in ("no pre-trained network", "seed", "## Figures", "## Limits"):
        assert word in card
    assert json.loads((find_bundle(name) / "bundle.json").read_text(encoding="utf-8"))["card"]["command"] in card


@pytest.fixture(scope="module")
def cifar10() -> Pipeline:
    return Pipeline.load("cifar10")


def test_a_cat_is_a_cat_and_an_animal(cifar10: Pipeline) -> None:
    prediction = cifar10.predict(open_image(EXAMPLES / "cifar10" / "cat.jpg"))
    assert prediction.label == "cat"
    assert prediction.is_known
    assert prediction.groups["animal"] > 0.9
    assert prediction.box is not None


def test_a_cup_of_coffee_is_nothing_it_knows(cifar10: Pipeline) -> None:
    prediction = cifar10.predict(open_image(EXAMPLES / "cifar10" / "coffee.jpg"))
    assert not prediction.is_known


def test_the_two_for_photos_differ_in_their_names_alone() -> None:
    """Remover and detector are the same files: trained once, and a picture is cut out alike by either."""
    everyday, cifar10 = load_bundle("everyday"), load_bundle("cifar10")
    for stage in ("background", "detector"):
        assert everyday.file(stage).read_bytes() == cifar10.file(stage).read_bytes()
        assert everyday.stages[stage] == cifar10.stages[stage]
    assert everyday.background == cifar10.background == "own"
    assert everyday.file("classifier").read_bytes() != cifar10.file("classifier").read_bytes()


def test_the_default_knows_142_kinds_each_in_one_group() -> None:
    everyday = load_bundle(DEFAULT_BUNDLE)
    assert len(everyday.class_names) == len(set(everyday.class_names)) == 142
    assert len(everyday.groups) == 9
    assert sorted(name for some in everyday.groups.values() for name in some) == sorted(everyday.class_names)
    assert {"person", "cat", "coffee", "pizza", "automobile", "chair", "lighthouse"} <= set(everyday.class_names)


def test_the_default_looks_three_times_and_has_marks_of_its_own() -> None:
    stage = load_bundle(DEFAULT_BUNDLE).stages["classifier"]
    assert stage.whole_too
    assert stage.middle_below == 0.9
    assert stage.energy_marks
    assert 0.5 < stage.named_from < 1
    assert 0.5 < stage.group_from < 1


@pytest.mark.parametrize(("name", "group"), [("dog", "animal"), ("coffee", "food")])
def test_the_default_says_the_kind_or_at_least_the_group(name: str, group: str) -> None:
    found = Pipeline.load(DEFAULT_BUNDLE).predict(open_image(EXAMPLES / DEFAULT_BUNDLE / f"{name}.jpg"))
    assert found.answer in (name, group)
    assert found.group == group


@pytest.mark.parametrize(
    ("stage", "changes", "message"),
    [
        ("detector", {"input_size": 0}, "detector's “input_size” is a whole number of pixels from 8 to 2048, got 0"),
        ("detector", {"input_size": 96}, "not square pictures [n, 3, 96, 96]"),
        ("classifier", {"input_size": 8}, "not square pictures [n, 3, 8, 8]"),
        ("classifier", {"arguments": {"n_classes": 9}}, "9 outputs for 8 classes"),
        ("classifier", {"arguments": {"n_classes": 8, "widths": []}}, None),  # it predicts: its file says all
        ("classifier", {"architecture": "resnet_99"}, None),
    ],
)
def test_one_with_another_description_is_refused_and_spoils_no_other(
    tmp_path: Path, stage: str, changes: dict[str, Any], message: str | None
) -> None:
    copy = _copy(tmp_path)
    content = json.loads((copy / "bundle.json").read_text("utf-8"))
    content["stages"][stage] |= changes
    (copy / "bundle.json").write_text(json.dumps(content), "utf-8")
    if message is None:
        Pipeline.load(copy)
    else:
        with pytest.raises(BundleError, match=re.escape(message)):
            Pipeline.load(copy)
    Pipeline.load("challenge")  # in the same thread


@pytest.mark.parametrize("content", [b"", b"no network", b"\x08\x07"])
def test_a_remover_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    copy = _copy(tmp_path)
    (copy / "background.onnx").write_bytes(content)
    with pytest.raises(BundleError, match=r"background\.onnx of “.*” holds no network"):
        Pipeline.load(copy)


def test_a_remover_of_another_kind_is_named(tmp_path: Path) -> None:
    copy = _copy(tmp_path)
    file = copy / "background.onnx"
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape[1:] == [3, 224, 224]
    model = onnx.load(file)
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "height"
    onnx.save(model, file)
    with pytest.raises(BundleError, match="not square pictures"):
        Pipeline.load(copy)


def _copy(folder: Path) -> Path:
    return Path(shutil.copytree(find_bundle("challenge"), folder / "copy"))
