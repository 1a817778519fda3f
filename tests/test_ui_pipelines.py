"""The shared pipelines: a bundle is read once, and not all background models stay in memory."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

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
