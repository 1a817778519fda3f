"""The shared pipelines: a bundle is read once, and not all background models stay in memory."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import cast

import pytest
from PIL import Image

from smallimg.bundles.bundle import load_bundle, save_bundle
from smallimg.errors import BackgroundError, BundleError
from smallimg.pipeline import Pipeline
from smallimg.ui import pipelines as module
from smallimg.ui.pipelines import Pipelines


class CountedLoads:
    """`Pipeline.load`, remembering what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, bundle: str) -> Pipeline:
        self.asked.append(bundle)
        return Pipeline.load(bundle)


def test_a_bundle_is_read_once_for_all_clicks_and_backgrounds(tiny_bundle: Path) -> None:
    load = CountedLoads()
    pipelines = Pipelines(load)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: pipelines.get(str(tiny_bundle), "own"), range(16)))
    assert all(pipeline is got[0] for pipeline in got)
    assert pipelines.get(str(tiny_bundle), "none").background == "none"
    assert load.asked == [str(tiny_bundle)]


def test_a_bundle_that_is_written_anew_is_read_again(tiny_bundle: Path, tmp_path: Path) -> None:
    """A run that trains on adds a stage to a bundle that is in use already."""
    path = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    whole = load_bundle(path)
    save_bundle(replace(whole, stages={name: whole.stages[name] for name in ("background", "detector")}))
    load = CountedLoads()
    pipelines = Pipelines(load)
    picture = Image.linear_gradient("L").convert("RGB")
    first = {name: pipelines.get(str(path), name) for name in ("own", "none")}
    assert pipelines.get(str(path), "own") is first["own"]
    assert first["own"].predict(picture).label is None

    written = (path / "bundle.json").stat().st_mtime_ns
    save_bundle(whole)
    os.utime(path / "bundle.json", ns=(written + 1, written + 1))  # however coarse the clock is
    for name, old in first.items():
        assert pipelines.get(str(path), name) is not old, name
        assert pipelines.get(str(path), name).predict(picture).label in whole.class_names
    assert load.asked == [str(path)] * 2


def test_a_bundle_that_is_deleted_is_an_error(tiny_bundle: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    pipelines = Pipelines()
    pipelines.get(str(path), "none")
    shutil.rmtree(path)
    with pytest.raises(BundleError, match="No bundle"):
        pipelines.get(str(path), "none")


def test_the_background_unused_for_longest_makes_room(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 1)
    pipelines = Pipelines()
    own = pipelines.get(str(tiny_bundle), "own")
    assert pipelines.get(str(tiny_bundle), "own") is own
    pipelines.get(str(tiny_bundle), "none")
    assert pipelines.get(str(tiny_bundle), "own") is not own


def test_errors_pass_through_and_are_not_remembered(tiny_bundle: Path) -> None:
    pipelines = Pipelines()
    with pytest.raises(BundleError):
        pipelines.get("no such bundle", "own")
    with pytest.raises(BackgroundError):
        pipelines.get(str(tiny_bundle), "no such model")
    assert pipelines.get(str(tiny_bundle), "own").background == "own"


class SlowToOpen:
    """Stands for a pipeline whose model "slow" is downloaded until somebody says that it is there."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.begun, self.is_there = Event(), Event()

    def with_background(self, name: str) -> str:
        self.asked.append(name)
        if name == "slow":
            self.begun.set()
            assert self.is_there.wait(60)
        return name


def test_who_wants_another_model_does_not_wait_for_a_download() -> None:
    base = SlowToOpen()
    pipelines = Pipelines(lambda _: cast("Pipeline", base))
    with ThreadPoolExecutor(4) as pool:
        slow = [pool.submit(pipelines.get, "challenge", "slow") for _ in range(3)]
        assert base.begun.wait(60)
        assert cast("str", pipelines.get("challenge", "own")) == "own"
        base.is_there.set()
        assert [cast("str", one.result()) for one in slow] == ["slow"] * 3
    assert sorted(base.asked) == ["own", "slow"], "those who want the same share one download"


def test_a_bundle_that_nobody_uses_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 1)
    load = CountedLoads()
    pipelines = Pipelines(load)
    for name in ("challenge", "cifar10", "challenge"):
        pipelines.get(name, "none")
    assert load.asked == ["challenge", "cifar10", "challenge"]
