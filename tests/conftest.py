"""What several test files need: a small drawn challenge, and a bundle trained on it for a moment."""

import os
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from smallimg.environment import settle

if "PYTEST_XDIST_WORKER" in os.environ:  # a core each: threads that wait for one another take most of the time
    os.environ["OMP_NUM_THREADS"] = "1"
# The README's outputs are onnxruntime's; where OpenVINO would take over, it computes with other precision.
os.environ["SMALLIMG_ENGINE"] = "onnxruntime"
# Runs that wait for idle cores would wait for the other tests, and these for them.
os.environ["SMALLIMG_NICE"] = "0"
settle()  # before a test's own imports: the packages that are tested report to nobody from here either


#: Files that take a dozen seconds of processor or more, first: one that is begun last is waited for by idle cores.
LONG = (
    "test_everything_stays_here", "test_readme", "runs/test_process", "test_how_to", "test_install",
    "training/test_bundle", "networks/detectors/test_detectors", "networks/test_anew", "training/test_transfer",
    "training/test_detector", "training/test_cross_validation", "networks/test_onnx_files", "test_no_torch",
    "browser/train/test_start",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first; the order within a file stays. `--no-loadscope-reorder` lets it stand."""

    def place(item: pytest.Item) -> int:
        return next((index for index, name in enumerate(LONG) if name in item.nodeid), len(LONG))

    items.sort(key=place)


def shared(make: Callable[[Path], object], name: str, factory: pytest.TempPathFactory) -> Path:
    """A folder that the first process of a run of tests makes, and the others take as it is."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        folder = factory.mktemp(name)
        make(folder)
        return folder
    folder = factory.getbasetemp().parent / name
    with FileLock(f"{folder}.lock"):
        if not (made := folder.with_suffix(".made")).exists():
            folder.mkdir()
            make(folder)
            made.touch()
    return folder


@pytest.fixture
def no_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every address leads nowhere, in this test alone: `urllib` would keep the proxies that it sees first."""
    monkeypatch.setattr(urllib.request, "_opener", None)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture(scope="session")
def tiny_challenge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample challenge with 16 training and 8 test images of 64×64; read it, don't write to it."""
    from smallimg.data.challenge import write_challenge

    def make(folder: Path) -> None:
        write_challenge(folder, train=16, test=8, size=64, workers=1)

    return shared(make, "tiny_challenge", tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_bundle(tiny_challenge: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole bundle, its networks trained for one epoch of `tiny_challenge`: it works, and knows next to nothing."""
    from smallimg.data.formats import read_dataset
    from smallimg.training.bundle import train_bundle
    from smallimg.training.recipes import RECIPES

    fast = RECIPES["fast"]
    recipe = replace(  # small pictures, or the fixture would take longer than the tests
        fast, views=2, remover=replace(fast.remover, input_size=96), detector=replace(fast.detector, input_size=96)
    )

    def make(folder: Path) -> None:
        data = read_dataset(tiny_challenge)
        train_bundle(data, folder / "bundle", recipe=recipe, epochs=1, report=lambda progress: None)

    return shared(make, "tiny_bundle", tmp_path_factory) / "bundle"


@pytest.fixture(scope="session")
def segmenting_bundle(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tiny_bundle` with a segmenter besides, which has learned nothing: it says this and that of pixels."""
    import shutil

    import torch

    from smallimg.bundles.bundle import Stage, load_bundle, save_bundle
    from smallimg.networks.onnx_files import write_network
    from smallimg.networks.segmenters import build_segmenter

    bundle = load_bundle(shutil.copytree(tiny_bundle, tmp_path_factory.mktemp("segmenting") / "bundle"))
    arguments = {"n_classes": len(bundle.class_names), "widths": [8, 8], "blocks": [1, 1]}
    torch.manual_seed(1)
    network = build_segmenter("unet_nearest", arguments)
    write_network(network, bundle.file("segmenter"), stage="segmenter", side=32)
    save_bundle(replace(bundle, stages={**bundle.stages, "segmenter": Stage("unet_nearest", arguments, 32)}))
    return bundle.path
