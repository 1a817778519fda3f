"""Folders of their own for what the Train tab reads and writes, a finished run and a data set in them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from train_tab import write_epochs

from smallimg.bundles.bundle import STAGE_FILES
from smallimg.data.kept import data_folder
from smallimg.runs.run import (
    Run,
    RunConfig,
    adopt_run,
)


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of their own for runs, data and downloads; the first, which nobody has made yet."""
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    return tmp_path / "runs"


@pytest.fixture
def data(runs: Path) -> Path:
    """The folder of data sets, which nobody has made yet either."""
    return runs.with_name("data")


@pytest.fixture
def trained(tiny_bundle: Path, tiny_challenge: Path) -> Run:
    """A finished run: its bundle, two epochs, and no results yet."""
    files = {name: tiny_bundle / name for name in ("bundle.json", "README.md", *STAGE_FILES.values())}
    run = adopt_run(RunConfig("trained", str(tiny_challenge), stages=("classifier",)), files)
    write_epochs(run, "classifier", [0.25, 0.75])
    return run


@pytest.fixture
def data_id(tiny_challenge: Path) -> str:
    """The tiny challenge among the data sets that are there."""
    data_folder().mkdir(exist_ok=True)
    (data_folder() / "tiny").symlink_to(tiny_challenge)
    return "tiny"


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Ten cats and ten dogs, no two alike: sound all of it."""
    for number in range(20):
        file = tmp_path / "pets" / ("cat", "dog")[number % 2] / f"{number:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (20, 40, 3), np.uint8)).save(file)
    return tmp_path / "pets"
