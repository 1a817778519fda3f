"""A finished evaluation of a bundle of one's own, and folders of their own for what a test writes."""

import shutil
from pathlib import Path

import pytest
from made_jobs import made_evaluation, own_copy

from smallimg.runs.evaluation import EVALUATIONS, Evaluated


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of runs; those of data and uploads are beside it."""
    for name in ("SMALLIMG_RUNS", "SMALLIMG_DATA", "GRADIO_TEMP_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path / "SMALLIMG_RUNS"


@pytest.fixture(scope="session")
def measured(tiny_bundle: Path, tiny_challenge: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An evaluation beside itself without removal, with the lesson and the pictures; don't write to it."""
    folder = tmp_path_factory.mktemp("evaluated")
    mine = own_copy(tiny_bundle, folder)
    options = {"against": str(mine), "against_background": "none", "lesson": True, "pictures": True}
    return made_evaluation(mine, tiny_challenge, folder, **options).path


@pytest.fixture
def one(measured: Path, folders: Path) -> Evaluated:
    """The same, where the page looks for it."""
    shutil.copytree(measured, folders / "evaluations" / measured.name)
    return EVALUATIONS.read(measured.name)
