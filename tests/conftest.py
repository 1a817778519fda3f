"""What several test files need: a small drawn challenge, and a bundle trained on it for a moment."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from smallimg.environment import settle

if "PYTEST_XDIST_WORKER" in os.environ:  # a core each: threads that wait for one another take most of the time
    os.environ["OMP_NUM_THREADS"] = "1"
settle()  # before a test's own imports: the packages that are tested report to nobody from here either


@pytest.fixture(scope="session")
def tiny_challenge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample challenge with 16 training and 8 test images of 64×64; read it, don't write to it."""
    from smallimg.data.challenge import write_challenge

    folder = tmp_path_factory.mktemp("tiny_challenge")
    write_challenge(folder, train=16, test=8, size=64, workers=1)
    return folder


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
    out = tmp_path_factory.mktemp("tiny_bundle") / "bundle"
    return train_bundle(read_dataset(tiny_challenge), out, recipe=recipe, epochs=1, report=lambda progress: None)
