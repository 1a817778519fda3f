"""Bundles of format 1, as versions before this one wrote them, are opened all the same."""

import json
import logging
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch
from light import anew_in_this_process
from safetensors.torch import save_file
from torch import nn

from smallimg.bundles.bundle import FORMAT, load_bundle
from smallimg.errors import BundleError
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.convert import convert
from smallimg.networks.onnx_files import read_weights
from smallimg.networks.unet import SmallUNet
from smallimg.pipeline import Pipeline

CLASSIFIER = {"n_classes": 2, "patch": 2, "stem": 8, "widths": [8, 16]}
STAGES = {
    "background": {"architecture": "small_unet", "arguments": {"widths": [8, 8, 8, 8, 8]}, "input_size": 64},
    "classifier": {"architecture": "compact_resnet", "arguments": CLASSIFIER, "input_size": 32},
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A bundle of format 1: a classifier in safetensors, a remover with batch norm folded into its convolutions."""
    folder = tmp_path / "old"
    folder.mkdir()
    torch.manual_seed(0)
    network = build_classifier("compact_resnet", CLASSIFIER)
    save_file(
        {name: value.half() if value.is_floating_point() else value for name, value in network.state_dict().items()},
        folder / "classifier.safetensors",
    )
    remover = SmallUNet(widths=[8, 8, 8, 8, 8]).eval()
    for norm in (one for one in remover.modules() if isinstance(one, nn.BatchNorm2d)):
        for value in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            assert value is not None
            nn.init.uniform_(value, 0.5, 2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            remover, (torch.rand(1, 3, 64, 64),), str(folder / "background.onnx"), dynamo=False, opset_version=17,
            input_names=["pixels"], output_names=["logits"], dynamic_axes={"pixels": {0: "n"}, "logits": {0: "n"}},
        )  # fmt: skip
    content = {"format": 1, "class_names": ["a", "b"], "background": "own", "stages": STAGES, "card": {"metrics": {}}}
    (folder / "bundle.json").write_text(json.dumps(content))
    return folder


def logits(file: Path) -> np.ndarray:  # type: ignore[type-arg]
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 3, 64, 64)).astype(np.float32)
    return np.asarray(ort.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, {"pixels": pixels})[0])


def test_it_is_converted_when_it_is_opened_and_says_so(old: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = logits(old / "background.onnx")
    with caplog.at_level(logging.WARNING, logger="smallimg"):
        bundle = load_bundle(old)
    assert "was a bundle of format 1; its networks were converted" in caplog.text
    assert sorted(path.name for path in old.iterdir()) == ["background.onnx", "bundle.json", "classifier.onnx"]
    assert json.loads((old / "bundle.json").read_text())["format"] == FORMAT
    assert bundle.class_names == ("a", "b")
    np.testing.assert_allclose(logits(old / "background.onnx"), before, atol=1e-4 * np.abs(before).max())
    weights = read_weights(old / "background.onnx")
    assert set(weights) == {name for name in SmallUNet().state_dict() if not name.endswith("num_batches_tracked")}
    Pipeline.load(old)
    caplog.clear()
    load_bundle(old)
    assert not caplog.text, "once is enough"


def test_one_that_cannot_be_written_is_left_as_it_is(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # whoever runs the tests may be allowed everything
    with anew_in_this_process():
        bundle = load_bundle(old)
    assert bundle.path != old
    assert bundle.path.name == old.name
    assert json.loads((old / "bundle.json").read_text())["format"] == 1
    assert (old / "classifier.safetensors").is_file()


def test_damage_is_named(old: Path) -> None:
    file = old / "classifier.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    refused = pytest.raises(BundleError, match=r"could not be converted to 2: classifier\.safetensors does not hold")
    with anew_in_this_process(), refused:
        load_bundle(old)
    file.write_bytes(b"1234")
    with pytest.raises(BundleError, match=r"weights, more than are in its file"):
        convert(old)
    file.unlink()
    with pytest.raises(BundleError, match=r"classifier\.safetensors of “old” is missing"):
        convert(old)


def test_without_torch_there_is_a_sentence(old: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    assert sys.executable
    with pytest.raises(BundleError, match=r"torch is needed once to write it anew: `pip install .smallimg\[train\].`"):
        load_bundle(old)


def test_one_that_takes_for_ever_is_given_up(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smallimg.bundles.bundle.WRITTEN_WITHIN_S", 0.01)
    with pytest.raises(BundleError, match=r"could not be converted to 2: that took longer than 0\.01 s"):
        load_bundle(old)
    assert json.loads((old / "bundle.json").read_text())["format"] == 1
