"""The bundles that come along: small enough to be hosted, with cards that say where they come from, and of use."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import onnx
import onnxruntime as ort
import pytest

from smallimg.bundles.bundle import STAGE_FILES, find_bundle, load_bundle
from smallimg.errors import BundleError
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline

EXAMPLES = Path(__file__).parents[1] / "assets" / "examples"


@pytest.mark.parametrize("name", ["everyday", "challenge", "kinds"])
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


def test_kinds_names_what_it_knows_and_backs_off_elsewhere() -> None:
    kinds = Pipeline.load("kinds")
    assert len(kinds.class_names) == 142
    assert sorted(name for some in kinds.bundle.groups.values() for name in some) == sorted(kinds.class_names)
    coffee, horse = (kinds.predict(open_image(EXAMPLES / "everyday" / f"{name}.jpg")) for name in ("coffee", "horse"))
    assert (coffee.answer, coffee.level) == ("coffee", "kind")
    assert (horse.answer, horse.level) == ("animal", "group")  # a camel, or a horse


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
    with pytest.raises(BundleError, match=r"background\.onnx holds no network"):
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
