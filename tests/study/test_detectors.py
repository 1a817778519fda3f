"""Detectors side by side: the figures of boxes that are known, whoever finds them."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from smallimg.bundles.bundle import load_bundle, save_bundle
from smallimg.bundles.sessions import DetectorSession, Found
from smallimg.data.formats import read_dataset
from smallimg.errors import BundleError, DataError
from smallimg.pipeline import Pipeline
from smallimg.study.detectors import best_overlaps, measure_detectors


def test_overlap_is_that_of_the_surest_box() -> None:
    found = [np.array([[0, 0, 10, 10, 0.9], [20, 20, 30, 30, 0.8]], np.float32), np.zeros((0, 5), np.float32)]
    true = [np.array([[20, 20, 30, 30], [0, 0, 10, 5]], np.float32), np.array([[0, 0, 4, 4]], np.float32)]
    assert best_overlaps(found, true) == [0.5, 0.0]
    assert best_overlaps([found[0]], [np.zeros((0, 4), np.float32)]) == [], "there is none to fit"


def test_who_knows_where_the_object_is_has_it_all(
    tiny_bundle: Path, tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A detector that is told the truth, beside one that finds nothing."""
    data = read_dataset(tiny_challenge, split="test")
    knows, blind = (Pipeline.load(tiny_bundle, background="none") for _ in range(2))
    assert knows._detector is not None
    side = knows._detector.side
    told = iter([sample.boxes * side / 64 for sample in data.samples])
    nothing = Found(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
    warm = [True, True]

    def look(session: DetectorSession, _pixels: np.ndarray) -> Found:
        if session is not knows._detector or (warm and warm.pop()):
            return nothing
        boxes = next(told).astype(np.float32)
        return Found(boxes, np.full(len(boxes), 0.9, np.float32))

    monkeypatch.setattr(DetectorSession, "look", look)
    done: list[tuple[int, int]] = []
    first, second = measure_detectors({"knows": knows, "blind": blind}, data, progress=lambda *both: done.append(both))
    assert first.iou == pytest.approx(1, abs=1e-3)
    assert first.figures["map_50"] == pytest.approx(1)
    assert (second.iou, second.figures["map_50"]) == (0, 0)
    assert (first.name, first.architecture, first.n) == ("knows", "compact_fasterrcnn", len(data.samples))
    assert first.megabytes == knows.bundle.file("detector").stat().st_size / 1e6
    assert first.milliseconds > 0
    assert done[-1] == (8, 8)


def test_what_cannot_be_compared_is_said(tiny_bundle: Path, tiny_challenge: Path, tmp_path: Path) -> None:
    data = read_dataset(tiny_challenge, split="test")
    bundle = load_bundle(shutil.copytree(tiny_bundle, tmp_path / "copy"))
    bare = {name: stage for name, stage in bundle.stages.items() if name != "detector"}
    save_bundle(replace(bundle, stages=bare))
    with pytest.raises(BundleError, match="has no detector to compare"):
        measure_detectors({"bare": Pipeline.load(tmp_path / "copy")}, data)
    boxless = replace(data, samples=tuple(replace(one, boxes=np.zeros((0, 4), np.float32)) for one in data.samples))
    with pytest.raises(DataError, match="compared by true boxes, and none are known"):
        measure_detectors({"one": Pipeline.load(tiny_bundle, background="none")}, boxless)
