"""Embeddings out of a bundle's classifier."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from smallimg.bundles.bundle import load_bundle
from smallimg.bundles.sessions import ClassifierSession
from smallimg.errors import BundleError
from smallimg.networks.onnx_files import read_weights
from smallimg.study.embeddings import Embedder


@pytest.mark.parametrize("name", ["everyday", "cifar10", "challenge"])
def test_the_last_layer_makes_the_logits_of_them(name: str) -> None:
    bundle = load_bundle(name)
    embedder = Embedder(bundle, threads=1)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, embedder.side, embedder.side)).astype(np.uint8)
    file = bundle.file("classifier")
    weights = {key: value.numpy() for key, value in read_weights(file).items()}
    (layer,) = (key.removesuffix(".weight") for key in weights if key.startswith("head.") and key.endswith(".weight"))
    logits = embedder(pixels) @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"]
    session = ClassifierSession(file, side=embedder.side, n_classes=len(bundle.class_names), threads=1)
    np.testing.assert_allclose(logits, session(pixels)[0], atol=1e-3)


def test_a_bundle_without_a_classifier_is_named() -> None:
    with pytest.raises(BundleError, match="“everyday” has no classifier"):
        Embedder(replace(load_bundle("everyday"), stages={}))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "classifier.onnx").write_bytes(b"no network")
    with pytest.raises(BundleError, match=r"classifier\.onnx of “.*” is damaged"):
        Embedder(replace(load_bundle("everyday"), path=tmp_path))
