"""Networks in onnxruntime: what they say is what torch says."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from smallimg.bundles.bundle import load_bundle, load_weights
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.classifiers.base import Recogniser, likeness
from smallimg.networks.detectors import build_detector
from smallimg.networks.detectors.detect import detect
from smallimg.networks.engine import NETWORK_ERRORS, EmbeddedClassifier, EmbeddedDetector
from smallimg.pictures.images import list_images, open_image
from smallimg.pictures.preprocess import on_fill

EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"
PICTURES = [
    *(on_fill(open_image(path)) for path in list_images(EXAMPLES / "everyday")),
    Image.new("RGB", (60, 60)),
    Image.new("RGB", (300, 20), "white"),
    Image.effect_noise((100, 80), 90).convert("RGB"),
]


@pytest.mark.parametrize("name", ["everyday", "challenge"])
def test_boxes_and_scores_are_torchs(name: str) -> None:
    bundle = load_bundle(name)
    stage = bundle.stages["detector"]
    network = build_detector(stage.architecture, stage.arguments).eval()
    load_weights(network, bundle.file("detector"))
    embedded = EmbeddedDetector(network, side=stage.input_size)
    counts = []
    for picture in PICTURES:
        true, found = (
            detect(one, picture, canvas=stage.input_size, score_threshold=0, max_boxes=20)
            for one in (network, embedded)
        )
        assert len(found) == len(true)
        for box, other in zip(found, true, strict=True):
            assert box.xyxy == pytest.approx(other.xyxy, abs=0.01)
            assert box.score == pytest.approx(other.score, abs=1e-4)
        counts.append(len(found))
    assert max(counts) > min(counts)  # however many boxes the picture that it was made with has


@pytest.mark.parametrize(
    ("architecture", "side"),
    [("compact_resnet", 32), ("cifar_cnn", 32), ("mobilenet_v3_small", 64), ("paper_cnn", 224)],
)
def test_probabilities_are_torchs(architecture: str, side: int) -> None:
    torch.manual_seed(0)
    network = build_classifier(architecture, {"n_classes": 3}).eval()
    for parameter in network.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=(2 / parameter[0].numel()) ** 0.5)
    embedded = EmbeddedClassifier(network, side=side)
    for n in (1, 3):
        pixels = torch.randint(0, 256, (n, 3, side, side), dtype=torch.uint8)
        true, found = (one(pixels.float()).softmax(dim=1) for one in (network, embedded))
        assert torch.allclose(found, true, atol=1e-4)
        assert true.std() > 0.001


def test_a_network_that_fails_spoils_no_later_one() -> None:
    stage = load_bundle("challenge").stages["detector"]
    network = build_detector(stage.architecture, stage.arguments).eval()
    for side in (0, -1):  # torch's exporter keeps what it noted of the first, and trips over it in the next
        with pytest.raises(NETWORK_ERRORS):
            EmbeddedDetector(network, side=side)
    EmbeddedDetector(network, side=stage.input_size)


def test_networks_can_be_written_at_once() -> None:
    network = build_classifier("cifar_cnn", {"n_classes": 2}).eval()
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda side: EmbeddedClassifier(network, side=side), (8, 16, 24, 32)))
    assert [one(torch.zeros(1, 3, side, side)).shape for one, side in zip(made, (8, 16, 24, 32), strict=True)] == [
        (1, 2)
    ] * 4


def test_likeness_is_torchs() -> None:
    torch.manual_seed(0)
    network = build_classifier("compact_resnet", {"n_classes": 3, "widths": [8, 12], "mirrored": True}).eval()
    network.seen = nn.functional.normalize(torch.randn(5, 12))
    recogniser = Recogniser(network)
    embedded = EmbeddedClassifier(recogniser, side=32, outputs=recogniser.outputs)
    pixels = torch.randint(0, 256, (4, 3, 32, 32)).float()
    logits, alike = embedded.recognise(pixels)
    with torch.inference_mode():
        embeddings = network.embed(pixels)
    by_hand = [
        max(float(nn.functional.cosine_similarity(one, seen, dim=0)) for seen in network.seen) for one in embeddings
    ]
    assert alike is not None
    assert alike.tolist() == pytest.approx(by_hand, abs=1e-5)
    torch.testing.assert_close(likeness(embeddings, network.seen), alike, atol=1e-5, rtol=0)
    torch.testing.assert_close(logits, network(pixels.to(torch.uint8).float()), atol=1e-4, rtol=0)
    network.seen = None
    assert EmbeddedClassifier(Recogniser(network), side=32).recognise(pixels)[1] is None
