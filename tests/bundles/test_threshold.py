"""A threshold is saved into a bundle of one's own, and never into one that came along."""

import shutil
from pathlib import Path

import pytest

from smallimg.bundles.bundle import CHECKPOINTS, load_bundle
from smallimg.bundles.threshold import is_shipped, save_threshold
from smallimg.errors import BundleError
from smallimg.pipeline import Pipeline


def test_it_is_saved_and_holds(tiny_bundle: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(tiny_bundle, tmp_path / "mine"))
    before = load_bundle(mine)
    save_threshold(mine, 0.8765)
    after = load_bundle(mine)
    assert after.stages["classifier"].named_from == 0.8765
    assert after.stages["detector"] == before.stages["detector"]
    assert (after.class_names, after.card) == (before.class_names, before.card)
    assert Pipeline.load(mine).bundle.stages["classifier"].named_from == 0.8765


def test_a_shipped_bundle_stays_as_it_is() -> None:
    before = (CHECKPOINTS / "challenge" / "bundle.json").read_bytes()
    for name in ("challenge", CHECKPOINTS / "challenge"):
        assert is_shipped(name)
        with pytest.raises(BundleError, match="“challenge” came with smallimg and stays as it is"):
            save_threshold(name, 0.9)
    assert (CHECKPOINTS / "challenge" / "bundle.json").read_bytes() == before


def test_what_is_no_probability_and_a_bundle_without_names_are_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lies in 0 … 1"):
        save_threshold(tiny_bundle, 1.2)
    mine = Path(shutil.copytree(tiny_bundle, tmp_path / "mine"))
    text = (mine / "bundle.json").read_text(encoding="utf-8")
    (mine / "bundle.json").write_text(text.replace('"classifier": {', '"background ": {'), encoding="utf-8")
    with pytest.raises(BundleError):
        save_threshold(mine, 0.5)
