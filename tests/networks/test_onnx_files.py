"""Networks as ONNX files: what onnxruntime says of them is what torch says, and every weight comes back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck, ResNet

from smallimg.bundles import engines
from smallimg.bundles.engines import Floats
from smallimg.bundles.sessions import ClassifierSession, DetectorSession, NetworkSession
from smallimg.errors import BundleError
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.classifiers.base import ImageClassifier, Memory
from smallimg.networks.detectors import build_detector
from smallimg.networks.onnx_files import load_weights, read_weights, write_network
from smallimg.networks.segmenters import build_segmenter
from smallimg.networks.unet import SmallUNet

SMALL_DETECTOR = {"widths": [8, 8, 8, 8], "channels": 8, "input_size": 64, "anchors": [8, 16, 24, 32]}
BUILD: dict[str, Callable[[], nn.Module]] = {
    "background": lambda: SmallUNet(widths=[8, 8, 8, 8, 8]),
    "detector": lambda: build_detector("compact_fasterrcnn", SMALL_DETECTOR | {"scores_overlap": True, "n_kinds": 3}),
    "classifier": lambda: build_classifier(
        "compact_resnet", {"n_classes": 3, "widths": [16, 24], "depth": 2, "mirrored": True}
    ),
    "segmenter": lambda: build_segmenter("unet_unpooling", {"n_classes": 3, "widths": [8, 8, 8], "blocks": [1, 1, 1]}),
}


def shaken(network: nn.Module) -> nn.Module:
    """A network whose batch norms have seen something, whose scores differ, and whose large weights are halves."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name.endswith(("running_var", "running_mean")):
                value.uniform_(0.5, 1.5)
            elif value.is_floating_point() and value.ndim > 1:
                value.normal_(std=(2 / value[0].numel()) ** 0.5)
    return network.eval()


def noise(n: int, side: int) -> Tensor:
    return torch.randint(0, 256, (n, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(n))


@pytest.mark.parametrize("stage", BUILD)
def test_every_weight_comes_back_under_its_name(tmp_path: Path, stage: str) -> None:
    """Equal ones too, which torch's exporter likes to merge, and a head that only training asks."""
    network, other = shaken(BUILD[stage]()), BUILD[stage]()
    write_network(network, tmp_path / "it.onnx", stage=stage, side=64)
    assert [file.name for file in tmp_path.iterdir()] == ["it.onnx"], "no temporary file is left"
    load_weights(other, tmp_path / "it.onnx")
    theirs = other.state_dict()
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            assert torch.equal(theirs[name], value), name
    onnx.checker.check_model(onnx.load(tmp_path / "it.onnx"))


def test_large_weights_are_halves_and_small_ones_are_not(tmp_path: Path) -> None:
    network = shaken(build_classifier("compact_resnet", {"n_classes": 3, "widths": [32]}))
    network.stages[0].pooled[2].running_var.fill_(1e6)  # type: ignore[union-attr,index]  # more than half precision holds
    write_network(network, tmp_path / "it.onnx", stage="classifier", side=32)
    stored = {one.name: numpy_helper.to_array(one).dtype for one in onnx.load(tmp_path / "it.onnx").graph.initializer}
    assert stored["stages.0.pooled.0.weight"] == np.float16
    assert {kind for name, kind in stored.items() if name.endswith(("bias", "running_var"))} == {np.dtype(np.float32)}
    write_network(network, tmp_path / "whole.onnx", stage="classifier", side=32, half=False)
    assert (tmp_path / "whole.onnx").stat().st_size > 1.7 * (tmp_path / "it.onnx").stat().st_size


@pytest.mark.parametrize(
    ("architecture", "side"),
    [("compact_resnet", 32), ("cifar_cnn", 32), ("mobilenet_v3_small", 64), ("paper_cnn", 224)],
)
def test_logits_are_torchs(tmp_path: Path, architecture: str, side: int) -> None:
    network = shaken(build_classifier(architecture, {"n_classes": 3}))
    write_network(network, tmp_path / "it.onnx", stage="classifier", side=side)
    session = ClassifierSession(tmp_path / "it.onnx", side=side, n_classes=3)
    for n in (1, 3):
        pixels = noise(n, side)
        with torch.inference_mode():
            true = network(pixels.float()).softmax(dim=1)
        logits, alike = session(pixels.numpy())
        torch.testing.assert_close(torch.from_numpy(logits).softmax(dim=1), true, atol=1e-4, rtol=0)
        assert alike is None
        assert true.std() > 0.001


@pytest.mark.parametrize(
    ("architecture", "arguments"),
    [("compact_fasterrcnn", SMALL_DETECTOR), ("fasterrcnn_resnet50_fpn", {"input_size": 96})],
)
def test_boxes_are_torchs(
    tmp_path: Path, architecture: str, arguments: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The paper's detector too, which brings its picture to another size itself; on a trunk of four blocks of 16.

    None is of one colour: there all places score alike, and which of them comes first is chance.
    """
    monkeypatch.setattr(
        "torchvision.models.detection.faster_rcnn.resnet50",
        lambda norm_layer, **_: ResNet(Bottleneck, [1, 1, 1, 1], width_per_group=8, norm_layer=norm_layer),
    )
    torch.manual_seed(3)
    network = build_detector(architecture, arguments).eval()
    nn.init.normal_(network.roi_heads.box_predictor.cls_score.weight, std=0.5)
    network.roi_heads.score_thresh = 0.3
    write_network(network, tmp_path / "it.onnx", stage="detector", side=64)
    session = DetectorSession(tmp_path / "it.onnx", side=64)
    counts = []
    for picture in (*noise(3, 64), noise(1, 64)[0] // 8):
        with torch.inference_mode():
            (true,) = network([picture.float() / 255])
        boxes, scores = session(picture.numpy())
        torch.testing.assert_close(torch.from_numpy(boxes), true["boxes"], atol=0.02, rtol=0)
        torch.testing.assert_close(torch.from_numpy(scores), true["scores"], atol=1e-4, rtol=0)
        counts.append(len(boxes))
    assert max(counts) > 0


def test_masks_are_torchs(tmp_path: Path) -> None:
    network = shaken(BUILD["background"]())
    write_network(network, tmp_path / "it.onnx", stage="background", side=64)
    (found,) = NetworkSession(tmp_path / "it.onnx", outputs=("logits",), side=64).run(noise(2, 64).numpy())
    with torch.inference_mode():
        torch.testing.assert_close(torch.from_numpy(found), network(noise(2, 64).float()), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("k", [3, 7])
def test_what_a_classifier_has_seen_comes_back_and_is_compared_with(tmp_path: Path, k: int) -> None:
    network, other = (build_classifier("compact_resnet", {"n_classes": 3, "widths": [8, 12]}) for _ in range(2))
    shaken(network).seen = nn.functional.normalize(torch.randn(k, 12))  # type: ignore[assignment]
    write_network(network, tmp_path / "it.onnx", stage="classifier", side=32)
    load_weights(other, tmp_path / "it.onnx")
    assert isinstance(other, ImageClassifier)
    assert other.seen is not None
    assert torch.equal(other.seen, network.seen)
    with torch.inference_mode():
        embeddings = network.eval().embed(noise(4, 32).float())
    by_hand = [
        max(float(nn.functional.cosine_similarity(one, seen, dim=0)) for seen in network.seen) for one in embeddings
    ]
    alike = ClassifierSession(tmp_path / "it.onnx", side=32, n_classes=3)(noise(4, 32).numpy())[1]
    assert alike is not None
    assert alike.tolist() == pytest.approx(by_hand, abs=1e-4)
    assert Memory(network.seen).likeness(embeddings).tolist() == pytest.approx(by_hand, abs=1e-4)


@pytest.mark.parametrize("m", [2, 9])
def test_what_a_classifier_keeps_of_other_things_comes_back_too(tmp_path: Path, m: int) -> None:
    network, other = (build_classifier("compact_resnet", {"n_classes": 3, "widths": [8, 12]}) for _ in range(2))
    assert isinstance(network, ImageClassifier)
    assert isinstance(other, ImageClassifier)
    memory = Memory(*(nn.functional.normalize(torch.randn(k, 12)) for k in (5, m, 3)))
    shaken(network).remember(memory)  # type: ignore[operator]
    write_network(network, tmp_path / "it.onnx", stage="classifier", side=32)
    load_weights(other, tmp_path / "it.onnx")
    assert other.memory is not None
    assert all(torch.equal(one, there) for one, there in zip(other.memory, network.memory or (), strict=True))
    with torch.inference_mode():
        embeddings = network.eval().embed(noise(4, 32).float())
    alike = ClassifierSession(tmp_path / "it.onnx", side=32, n_classes=3)(noise(4, 32).numpy())[1]
    assert alike is not None
    assert alike.tolist() == pytest.approx(other.memory.likeness(embeddings).tolist(), abs=1e-3)


def test_training_goes_on_from_the_file(tmp_path: Path) -> None:
    """It is written in a state that still learns: batch norm is not folded away."""
    network = build_classifier("compact_resnet", {"n_classes": 3, "widths": [8, 12]})
    write_network(network, tmp_path / "it.onnx", stage="classifier", side=32)
    load_weights(network, tmp_path / "it.onnx")
    before = network.stem[1].running_mean.clone()  # type: ignore[index,union-attr,operator]
    network.train()(noise(4, 32).float()).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert not torch.equal(network.stem[1].running_mean, before)  # type: ignore[index,union-attr,arg-type]


def test_the_same_weights_are_the_same_file(tmp_path: Path) -> None:
    """Cut-outs are kept by the file that made them."""
    network = BUILD["background"]()
    for name, momentum in (("one", 0.1), ("other", 0.01)):
        for norm in (one for one in network.modules() if isinstance(one, nn.BatchNorm2d)):
            norm.momentum = momentum
        write_network(network, tmp_path / name, stage="background", side=64)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_network_that_fails_spoils_no_later_one(tmp_path: Path) -> None:
    network = build_detector("compact_fasterrcnn", SMALL_DETECTOR)
    for side in (0, -1):  # torch's exporter keeps what it noted of the first, and trips over it in the next
        with pytest.raises((RuntimeError, IndexError, ValueError, TypeError)):
            write_network(network, tmp_path / "it.onnx", stage="detector", side=side)
    write_network(network, tmp_path / "it.onnx", stage="detector", side=64)
    assert (tmp_path / "it.onnx").is_file()


def test_networks_can_be_written_at_once(tmp_path: Path) -> None:
    sides = (8, 16, 24, 32)

    def write(side: int) -> tuple[int, ...]:
        file = tmp_path / f"{side}.onnx"
        write_network(build_classifier("cifar_cnn", {"n_classes": 2}), file, stage="classifier", side=side)
        return ClassifierSession(file, side=side, n_classes=2)(noise(1, side).numpy())[0].shape

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(write, sides)) == [(1, 2)] * 4


def test_a_file_that_says_something_else_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NetworkSession, "run", lambda *_: [np.full((1, 3), 9.0, np.float32)])
    with pytest.raises(BundleError, match=r"logits differ from the trained one's by \d"):
        write_network(BUILD["classifier"](), tmp_path / "it.onnx", stage="classifier", side=32)
    assert not list(tmp_path.iterdir())


def test_what_is_written_is_held_to_torch_in_float32_whatever_engine_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On matrix units for bfloat16 the engine in use rounds to two or three digits: no training could end there."""

    class Rounds(engines._OnnxRuntime):
        def run(self, pixels: Floats, *others: Floats) -> list[Floats]:
            return [one * np.float32(1.004) for one in super().run(pixels, *others)]

    monkeypatch.setattr(engines, "_OpenVino", Rounds)
    monkeypatch.setattr(engines, "engine_in_use", lambda: "openvino")
    for stage in ("background", "classifier"):
        write_network(shaken(BUILD[stage]()), tmp_path / f"{stage}.onnx", stage=stage, side=64)


def test_weights_of_another_network_and_damaged_ones_are_named(tmp_path: Path) -> None:
    write_network(build_classifier("cifar_cnn", {"n_classes": 2}), tmp_path / "it.onnx", stage="classifier", side=32)
    for other in (BUILD["classifier"](), build_classifier("cifar_cnn", {"n_classes": 3})):
        with pytest.raises(BundleError, match=r"it\.onnx of .* does not hold the weights its bundle describes \("):
            load_weights(other, tmp_path / "it.onnx")
    whole = (tmp_path / "it.onnx").read_bytes()
    for content in (whole[: len(whole) // 2], b"no network"):
        (tmp_path / "it.onnx").write_bytes(content)
        with pytest.raises(BundleError, match=r"it\.onnx of .* is damaged"):
            read_weights(tmp_path / "it.onnx")
    with pytest.raises(BundleError, match=r"none\.onnx of .* is damaged"):
        read_weights(tmp_path / "none.onnx")
