"""The networks: their shapes, their sizes, and the documents' architectures to the letter."""

import pytest
import torch
from torch import Tensor, nn

from smallimg.networks.classifiers import CLASSIFIERS, build_classifier
from smallimg.networks.detectors import DETECTORS, build_detector
from smallimg.networks.resnet import ResidualBlock
from smallimg.networks.unet import SmallUNet
from smallimg.training.architectures import ARCHITECTURES


@torch.inference_mode()
def classify(network: nn.Module, pixels: Tensor) -> Tensor:
    """What it says of uint8 pictures."""
    logits: Tensor = network(pixels.float())
    return logits


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("architecture", CLASSIFIERS)
def test_classifiers_give_logits(architecture: str) -> None:
    network = build_classifier(architecture, {"n_classes": 5}).eval()
    side = 224 if architecture == "paper_cnn" else 32
    found = classify(network, torch.randint(0, 256, (2, 3, side, side), dtype=torch.uint8))
    assert found.shape == (2, 5)
    assert found.isfinite().all()


def test_a_mirrored_classifier_says_the_same_of_both_sides() -> None:
    network = build_classifier("compact_resnet", {"n_classes": 5, "mirrored": True}).eval()
    pixels = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    torch.testing.assert_close(classify(network, pixels), classify(network, pixels.flip(-1)))
    one = build_classifier("compact_resnet", {"n_classes": 5}).eval()
    one.load_state_dict(network.state_dict())
    both = (classify(one, pixels) + classify(one, pixels.flip(-1))) / 2
    torch.testing.assert_close(classify(network, pixels), both)
    assert not torch.allclose(classify(one, pixels), both)


def test_paper_cnn_is_the_papers() -> None:
    network = build_classifier("paper_cnn", {"n_classes": 8})
    kinds = [type(layer) for layer in network.modules() if not list(layer.children())]
    block = [nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d]
    assert kinds == block * 3 + [nn.Flatten, nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert [(layer.out_channels, layer.kernel_size) for layer in convolutions] == [(n, (3, 3)) for n in (16, 32, 64)]
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(64 * 28 * 28, 128), (128, 8)]
    assert next(layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)) == 0.3


def test_cifar_cnn_is_the_third_documents() -> None:
    network = build_classifier("cifar_cnn", {"n_classes": 2})
    convolutions = [layer.out_channels for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert convolutions == [32, 32, 64, 64, 128, 128]
    assert sum(isinstance(layer, nn.MaxPool2d) for layer in network.modules()) == 3
    assert sum(isinstance(layer, nn.AdaptiveAvgPool2d) for layer in network.modules()) == 1
    assert {layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)} == {0.3}


def test_paper_detector_is_torchvisions_with_the_papers_anchors() -> None:
    network = build_detector("fasterrcnn_resnet50_fpn", {})
    generator = network.rpn.anchor_generator
    assert generator.sizes == ((32,), (64,), (128,), (256,), (512,))
    assert set(generator.aspect_ratios) == {(0.5, 1.0, 2.0)}
    assert network.roi_heads.box_predictor.cls_score.out_features == 2
    assert network.transform.min_size == (800,)
    # 41.3 million: torchvision's own figure for two classes; a frozen batch norm holds no parameters.
    assert 41_000_000 < parameters(network) < 41_700_000


def test_our_networks_fit_the_file_limit() -> None:
    assert parameters(build_detector("compact_fasterrcnn", {})) * 2 < 10_000_000
    assert parameters(build_classifier("compact_resnet", {"n_classes": 8})) * 2 < 10_000_000
    assert parameters(SmallUNet()) * 4 < 10_000_000  # ONNX in float32: onnxruntime computes that faster on a CPU


def test_a_deeper_classifier_has_more_convolutions_beside_the_same_shortcuts() -> None:
    def kernels(depth: int) -> list[str]:
        network = build_classifier("compact_resnet", {"n_classes": 3, "widths": [8, 16], "depth": depth})
        return [name for name, weight in network.named_parameters() if weight.ndim == 4]

    assert len(kernels(1)) == 1 + 2 * 2
    assert len(kernels(3)) == 1 + 2 * 4
    assert set(kernels(1)) < set(kernels(3)), "a deeper one can begin with what another learned"


def test_unet_keeps_the_size() -> None:
    assert SmallUNet()(torch.zeros(2, 3, 64, 96)).shape == (2, 1, 64, 96)


def test_residual_block_starts_as_its_shortcut() -> None:
    block = ResidualBlock(4, 4).eval()
    x = torch.rand(1, 4, 8, 8)
    torch.testing.assert_close(block(x), x)


def test_the_page_offers_every_architecture_there_is() -> None:
    assert set(ARCHITECTURES["detector"]) == set(DETECTORS)
    assert set(ARCHITECTURES["classifier"]) == set(CLASSIFIERS)
