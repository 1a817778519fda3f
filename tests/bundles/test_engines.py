"""Networks in either engine: what comes out, and what is said where one is missing or a file is damaged."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg import DEFAULT_BUNDLE
from smallimg.boxes import box_iou
from smallimg.bundles import engine_choice, engines
from smallimg.bundles.background import OwnRemover
from smallimg.bundles.bundle import find_bundle, load_bundle, with_quantised
from smallimg.bundles.engine_choice import SETTING, engine_in_use, has_int8_steps
from smallimg.bundles.engines import NetworkError, open_network
from smallimg.errors import BundleError
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline

EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"
TILES = "flags\t\t: fpu avx2 avx512_bf16 amx_bf16 amx_tile amx_int8"


@pytest.fixture
def in_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    monkeypatch.setenv(SETTING, "openvino")


@pytest.mark.parametrize("stage", ["background", "detector", "classifier"])
def test_both_engines_give_the_same(stage: str, in_openvino: None, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = load_bundle(DEFAULT_BUNDLE)
    monkeypatch.setattr(engines, "has_bf16_tiles", lambda: False)
    content, side = bundle.file(stage).read_bytes(), bundle.stages[stage].input_size
    picture = open_image(next(EXAMPLES.glob("*/cat.jpg"))).convert("RGB").resize((side, side))
    pixels = np.asarray(picture, np.float32).transpose(2, 0, 1)[None]
    found = open_network(content)
    monkeypatch.setenv(SETTING, "onnxruntime")
    expected = open_network(content)
    assert (found.takes, found.gives) == (expected.takes, expected.gives)
    for one, other in zip(found.run(pixels), expected.run(pixels), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3, rtol=1e-3)


def test_threads_do_not_get_one_anothers_answers(in_openvino: None) -> None:
    bundle = load_bundle(DEFAULT_BUNDLE)
    network = open_network(bundle.file("classifier").read_bytes(), threads=1)
    side = bundle.stages["classifier"].input_size
    looks = np.random.default_rng(0).integers(0, 256, (16, 1, 3, side, side)).astype(np.float32)
    alone = [network.run(look)[0] for look in looks]
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(lambda look: network.run(look)[0], looks))
    np.testing.assert_array_equal(at_once, alone)


def test_a_whole_prediction_says_what_it_ran_in(in_openvino: None) -> None:
    found = Pipeline.load(DEFAULT_BUNDLE).predict(open_image(next(EXAMPLES.glob("*/dog.jpg"))))
    assert (found.label, found.engine) == ("dog", "openvino")


def test_openvino_tells_nobody_and_needs_no_home() -> None:
    pytest.importorskip("openvino")
    code = """
import sys
from pathlib import Path
def nowhere():
    raise RuntimeError("Could not determine home directory.")
Path.home = nowhere
from smallimg.bundles.engines import _openvino
_openvino()
assert not [one for one in sys.modules if one.startswith("openvino_telemetry.")], "it would ask, and send"
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_a_damaged_network_is_one_line(in_openvino: None) -> None:
    with pytest.raises(NetworkError) as told:
        open_network(b"nonsense")
    assert "\n" not in str(told.value)
    network = open_network(find_bundle(DEFAULT_BUNDLE).joinpath("classifier.onnx").read_bytes())
    with pytest.raises(NetworkError):
        network.run(np.zeros((1, 3, 7, 7), np.float32))


@pytest.mark.parametrize(
    ("asked", "installed", "flags", "engine"),
    [
        ("", True, TILES, "openvino"),
        ("", True, "flags : avx512_bf16", "onnxruntime"),
        ("", False, TILES, "onnxruntime"),
        ("", True, "flags : avx2 avx_vnni", "onnxruntime-int8"),
        ("", False, f"{TILES} avx512_vnni", "onnxruntime-int8"),
        ("onnxruntime", True, f"{TILES} avx512_vnni", "onnxruntime"),
        ("onnxruntime-int8", True, TILES, "onnxruntime-int8"),
        ("openvino", True, "", "openvino"),
    ],
)
def test_the_fastest_takes_over_where_the_processor_has_what_it_needs(
    asked: str, installed: bool, flags: str, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(flags)
    monkeypatch.setenv(SETTING, asked)
    monkeypatch.setattr(engine_choice, "has_openvino", lambda: installed)
    known = engine_choice._flags(tmp_path / "cpuinfo")
    monkeypatch.setattr(engine_choice, "_flags", lambda: known)
    assert engine_in_use() == engine


@pytest.mark.parametrize(
    ("asked", "said"),
    [("openvino", "not installed"), ("tensorrt", "can be one of onnxruntime, onnxruntime-int8, openvino")],
)
def test_a_setting_that_cannot_be_kept_is_said(asked: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, asked)
    monkeypatch.setattr(engine_choice, "has_openvino", lambda: False)
    with pytest.raises(BundleError, match=said):
        engine_in_use()
    assert engine_choice._flags(Path("/nowhere")) == frozenset()


def test_the_mirror_image_is_looked_at_too_and_turned_back() -> None:
    bundle = load_bundle(DEFAULT_BUNDLE)
    once, twice = (OwnRemover(bundle.file("background"), mirrored=mirrored) for mirrored in (False, True))
    picture = open_image(next(EXAMPLES.glob("*/cat.jpg"))).convert("RGB").resize((once.side, once.side))
    mirror = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    looks = np.stack([np.asarray(picture), np.asarray(mirror)])
    one, other = once.alpha(looks).astype(float)
    mean = twice.alpha(looks[:1])[0]
    np.testing.assert_allclose(mean, (one + other[:, ::-1]) / 2, atol=1)


@pytest.mark.parametrize("name", ["everyday", "cifar10", "challenge"])
def test_in_whole_numbers_the_answers_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the examples that come along; each box by a hair, each probability by some hundredths."""
    if not has_int8_steps():
        pytest.skip(
            "this processor cuts off sums of whole numbers: other answers come out, and it is not asked for them"
        )
    pipelines = []
    for engine in ("onnxruntime", "onnxruntime-int8"):
        monkeypatch.setenv(SETTING, engine)
        pipelines.append(Pipeline.load(name))
    pictures = [open_image(path) for path in sorted((EXAMPLES / name).iterdir())]
    assert len(pictures) >= 4
    overlaps, shifts = [], []
    for picture in pictures:
        monkeypatch.setenv(SETTING, "onnxruntime")
        plain = pipelines[0].predict(picture)
        monkeypatch.setenv(SETTING, "onnxruntime-int8")
        quantised = pipelines[1].predict(picture)
        assert (plain.engine, quantised.engine) == ("onnxruntime", "onnxruntime-int8")
        assert plain.box is not None
        assert quantised.box is not None
        one, other = (np.array([found.box.xyxy], np.float32) for found in (plain, quantised) if found.box)
        overlaps.append(float(box_iou(one, other)[0, 0]))
        shifts += [abs(plain.probabilities[each] - quantised.probabilities[each]) for each in plain.probabilities]
    assert np.median(overlaps) > 0.9
    assert np.mean(shifts) < 0.02
    assert max(shifts) > 0, "it is another network"


def test_what_was_not_quantised_runs_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's own networks are not; nor is one whose file is missing, or of which nobody says so."""
    monkeypatch.setenv(SETTING, "onnxruntime-int8")
    bundle = load_bundle(shutil.copytree(find_bundle("challenge"), tmp_path / "copy"))
    assert {bundle.file_to_run(stage) for stage in bundle.stages} == set(map(bundle.int8_file, bundle.stages))
    assert bundle.engine == "onnxruntime-int8"
    bundle.int8_file("classifier").unlink()
    assert bundle.file_to_run("classifier") == bundle.file("classifier")
    assert bundle.file_to_run("segmenter") == bundle.file("segmenter"), "which it does not have"
    plain = replace(bundle, stages={name: replace(one, quantised=False) for name, one in bundle.stages.items()})
    assert {plain.file_to_run(stage) for stage in plain.stages} == set(map(plain.file, plain.stages))
    assert plain.engine == "onnxruntime"
    assert with_quantised(plain).engine == "onnxruntime-int8"
    assert not with_quantised(plain).stages["classifier"].quantised
