"""Segmenters: three ways up that are what the textbooks say, and the same as a file."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from smallimg.bundles.sessions import NetworkSession
from smallimg.errors import TrainingError
from smallimg.networks.onnx_files import load_weights, write_network
from smallimg.networks.segmenters import SEGMENTERS, build_segmenter
from smallimg.networks.segmenters.unet import TransposedUp, Unpooling
from smallimg.training.architectures import ARCHITECTURES

SMALL: dict[str, Any] = {"n_classes": 3, "widths": [8, 12, 16], "blocks": [1, 1, 2]}


def noise(n: int, side: int = 32) -> Tensor:
    return torch.randint(0, 256, (n, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(n))


@torch.inference_mode()
def said(network: nn.Module, pixels: Tensor) -> Tensor:
    logits: Tensor = network.eval()(pixels.float())
    return logits


@pytest.mark.parametrize("architecture", SEGMENTERS)
def test_a_file_says_what_the_network_says_and_gives_the_weights_back(tmp_path: Path, architecture: str) -> None:
    torch.manual_seed(0)
    network, pixels = build_segmenter(architecture, SMALL), noise(3)
    network.train()(pixels.float())  # statistics of its own
    write_network(network, tmp_path / "it.onnx", stage="segmenter", side=32)
    session = NetworkSession(tmp_path / "it.onnx", outputs=("logits",), side=32)
    (found,) = session.run(pixels.numpy())
    assert found.shape == (3, 4, 32, 32), "the background and three classes"
    torch.testing.assert_close(torch.from_numpy(found), said(network, pixels), atol=1e-3, rtol=1e-3)
    again = build_segmenter(architecture, SMALL)
    load_weights(again, tmp_path / "it.onnx")
    torch.testing.assert_close(said(again, pixels), said(network, pixels))


def test_unpooling_is_torchs_own() -> None:
    torch.manual_seed(0)
    step, shallow = Unpooling(5, 4), torch.randn(2, 4, 6, 8)
    _, places = F.max_pool2d(shallow, 2, return_indices=True)
    deep = torch.randn(2, 5, 3, 4)
    torch.testing.assert_close(step(deep, places), F.max_unpool2d(step.mix(deep), places, 2))


def test_only_the_way_up_differs() -> None:
    names = {name: build_segmenter(name, SMALL).state_dict() for name in SEGMENTERS}
    nearest, unpooling, transposed = (names[f"unet_{way}"] for way in ("nearest", "unpooling", "transposed"))
    assert {key: value.shape for key, value in nearest.items()} == {k: v.shape for k, v in unpooling.items()}
    others = {key for key, value in transposed.items() if nearest[key].shape != value.shape}
    assert others == {"grow.0.mix.weight", "grow.1.mix.weight"}
    places = torch.zeros(1, 8, 2, 2, dtype=torch.int64)
    assert TransposedUp(12, 8)(torch.zeros(1, 12, 2, 2), places).shape == (1, 8, 4, 4)


def test_every_one_is_offered_and_none_is_built_of_nonsense() -> None:
    assert SEGMENTERS.keys() == ARCHITECTURES["segmenter"].keys()
    with pytest.raises(TrainingError, match="No unet_nearest can be built"):
        build_segmenter("unet_nearest", {})
