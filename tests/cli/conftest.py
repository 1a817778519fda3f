"""Pictures for the verbs, and the bundle that they are given to."""

from pathlib import Path

import pytest

from smallimg.pipeline import Pipeline


@pytest.fixture(scope="session")
def pipeline(tiny_bundle: Path) -> Pipeline:
    return Pipeline.load(tiny_bundle)


@pytest.fixture(scope="session")
def pictures(tiny_challenge: Path) -> list[Path]:
    return sorted((tiny_challenge / "test").iterdir())


@pytest.fixture
def not_a_picture(tmp_path: Path) -> Path:
    path = tmp_path / "notes.jpg"
    path.write_text("milk, eggs")
    return path
