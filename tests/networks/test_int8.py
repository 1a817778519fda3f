"""Networks in whole numbers: smaller, and saying what the network says that they were made from."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from smallimg.bundles.background import OwnRemover
from smallimg.bundles.sessions import ClassifierSession, DetectorSession, NetworkSession
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.networks.detectors import build_detector
from smallimg.networks.int8 import write_int8
from smallimg.networks.onnx_files import write_network
from smallimg.networks.unet import SmallUNet

SIDE = 64


def looks(n: int, *, seed: int = 0) -> np.ndarray:
    """Blots of colour: noise alone has no large values anywhere."""
    coarse = np.random.default_rng(seed).integers(0, 256, (n, 3, 4, 4), np.uint8)
    return coarse.repeat(SIDE // 4, axis=2).repeat(SIDE // 4, axis=3)


def quantised(network: nn.Module, folder: Path, stage: str) -> tuple[Path, Path]:
    """A network's file, and the same in whole numbers."""
    torch.manual_seed(0)
    for one in network.modules():  # as after training, where no batch norm is left as it began
        if isinstance(one, nn.BatchNorm2d):
            assert one.running_mean is not None
            nn.init.normal_(one.running_mean, std=0.1)
            nn.init.uniform_(one.weight, 0.5, 1.5)
    file, out = folder / "it.onnx", folder / "it.int8.onnx"
    write_network(network, file, stage=stage, side=SIDE)
    write_int8(file, out, looks(24))
    return file, out


def test_a_classifier_says_nearly_the_same_and_keeps_what_it_has_seen(tmp_path: Path) -> None:
    network = build_classifier("compact_resnet", {"n_classes": 3, "widths": [32, 64], "mirrored": True})
    assert isinstance(network, ImageClassifier)
    network.seen = nn.functional.normalize(torch.randn(9, 64))
    file, out = quantised(network, tmp_path, "classifier")
    assert out.stat().st_size < 0.75 * file.stat().st_size
    new = looks(40, seed=1)
    plain, whole = (ClassifierSession(one, side=SIDE, n_classes=3)(new) for one in (file, out))
    assert plain[0].std() > 0.01
    assert np.corrcoef(plain[0].ravel(), whole[0].ravel())[0, 1] > 0.99
    assert 0 < np.abs(plain[0] - whole[0]).max() < 0.3 * np.ptp(plain[0]), "rounded, and not by much"
    assert plain[1] is not None
    assert whole[1] is not None
    assert np.abs(plain[1] - whole[1]).max() < 0.05


def test_a_remover_looks_at_the_mirror_image_too(tmp_path: Path) -> None:
    network = SmallUNet(widths=[8, 16, 16, 32, 32])
    file, out = quantised(network, tmp_path, "background")
    plain, whole = OwnRemover(file, mirrored=True), OwnRemover(out)
    new = looks(6, seed=2).transpose(0, 2, 3, 1)
    one, other = plain.alpha(new).astype(float), whole.alpha(new).astype(float)
    assert np.ptp(one) > 20
    assert np.abs(one - other).mean() < 0.05 * np.ptp(one)
    mirrored = whole.alpha(new[:, :, ::-1])[:, :, ::-1]
    np.testing.assert_allclose(mirrored, other, atol=1)


def test_a_detector_keeps_its_decisions(tmp_path: Path) -> None:
    arguments = {"widths": [8, 8, 8, 8], "channels": 8, "input_size": SIDE, "anchors": [8, 16, 24, 32]}
    network = build_detector("compact_fasterrcnn", arguments)
    file, out = quantised(network, tmp_path, "detector")
    for picture in looks(4, seed=3):
        boxes, scores = DetectorSession(file, side=SIDE)(picture)
        found, sure = DetectorSession(out, side=SIDE)(picture)
        assert len(boxes)
        assert len(found)
        assert (found >= 0).all()
        assert (found <= SIDE).all()
        assert abs(scores.max() - sure.max()) < 0.1
        assert (np.diff(sure) <= 0).all()


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    network = build_classifier("compact_resnet", {"n_classes": 3, "widths": [8, 12]})
    file, out = quantised(network, tmp_path, "classifier")
    before = out.read_bytes()
    with pytest.raises(ValueError, match="No data is collected"):
        write_int8(file, out, looks(0))
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it.int8.onnx", "it.onnx"]
    assert NetworkSession(out, outputs=("logits",), side=SIDE).side == SIDE
