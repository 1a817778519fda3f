"""A frozen body: what it makes of a picture is what the whole network makes of it, and only the head changes."""

import copy

import pytest
import torch

from smallimg.networks.classifiers import build_classifier
from smallimg.training.classifier import fit_classifier
from smallimg.training.frozen import FrozenBody, only_head_learns
from smallimg.training.recipes import Augment, StageRecipe
from smallimg.training.tensors import Tensors
from smallimg.training.transfer import freeze

SMALL = {"patch": 2, "stem": 8, "widths": [8, 16]}


def coloured(n: int) -> Tensors:
    """Plain pictures of two colours, a class each."""
    labels = torch.arange(n) % 2
    pixels = torch.tensor([[200, 60, 60], [60, 60, 200]], dtype=torch.uint8)[labels]
    return Tensors(
        pixels[:, :, None, None].expand(n, 3, 32, 32).clone(), None, tuple(torch.zeros(0, 4) for _ in labels), labels
    )


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(
    ("architecture", "arguments"),
    [("compact_resnet", SMALL), ("cifar_cnn", {}), ("paper_cnn", {"input_size": 64}), ("mobilenet_v3_small", {})],
)
def test_body_and_learner_are_the_network(architecture: str, arguments: dict[str, object], mirrored: bool) -> None:
    torch.manual_seed(0)
    network = build_classifier(architecture, {"n_classes": 3, **arguments})
    network.mirrored = mirrored
    body = FrozenBody(network)
    pixels = torch.randint(0, 256, (5, 3, 64, 64)).float()
    seen = body(pixels, mirrored=True)
    with torch.inference_mode():
        if mirrored and architecture in ("paper_cnn", "cifar_cnn"):
            return  # their heads bend between the body and the last layer, and none of ours is used mirrored
        torch.testing.assert_close(body.learner(seen), network(pixels), atol=1e-4, rtol=1e-4)


def test_whether_only_the_head_learns_is_seen() -> None:
    network = build_classifier("compact_resnet", {"n_classes": 2, **SMALL})
    assert not only_head_learns(network)
    freeze(network, "classifier", "last")
    assert not only_head_learns(network)
    freeze(network, "classifier", "features")
    assert only_head_learns(network)


def test_the_head_learns_and_the_body_stays() -> None:
    recipe = StageRecipe("compact_resnet", 32, 12, 8, 2e-2, Augment(), SMALL, reads="image")
    bodies = []

    def prepare(network: torch.nn.Module) -> str:
        freeze(network, "classifier", "features")
        bodies.append(copy.deepcopy(network.state_dict()))
        return "frozen"

    network, best = fit_classifier(
        coloured(16), coloured(8), n_classes=2, recipe=recipe, seed=0, report=lambda _: None, prepare=prepare
    )
    assert best["val_accuracy"] == 1
    after = network.state_dict()
    assert not torch.equal(after["head.3.weight"], bodies[0]["head.3.weight"])
    same = {name: torch.equal(value, bodies[0][name]) for name, value in after.items() if not name.startswith("head.")}
    assert all(same.values()), "batch norm's statistics are the body's too"
