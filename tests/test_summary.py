"""A run in figures."""

import json
from pathlib import Path
from typing import Any

import pytest

from smallimg.checkpoint import STAGE_FILES
from smallimg.runs import Run, RunConfig
from smallimg.summary import mean_std, read_measured, summarise


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path, RunConfig("a", "data"), "finished")


def epochs(stage: str, **figures: list[float]) -> list[dict[str, Any]]:
    """Lines of a metrics.jsonl, from each figure's values epoch by epoch."""
    columns = zip(*figures.values(), strict=True)
    return [
        {"stage": stage, "epoch": epoch, "metrics": dict(zip(figures, values, strict=True))}
        for epoch, values in enumerate(columns, start=1)
    ]


def test_a_run_that_has_not_begun_has_no_figures(run: Run) -> None:
    summary = summarise(run, [], None)
    assert (summary.best_epoch, summary.best, summary.accuracy, summary.precision) == ({}, {}, (), ())
    assert (summary.test_accuracy, summary.size) == (None, 0)


def test_best_epoch_of_each_stage_by_its_own_figure(run: Run) -> None:
    lines = [
        *epochs("remover", val_iou=[0.9, 0.1, 0.2], val_iou_pasted=[0.1, 0.2, 0.3]),
        *epochs("detector", val_iou=[0.6, 0.4], val_map=[0.1, 0.9]),
        *epochs("classifier", val_accuracy=[0.5, 0.8, 0.8, 0.7], val_precision=[0.4, 0.9, 0.6, 0.6]),
    ]
    summary = summarise(run, lines, {"accuracy": 0.75, "n": 8})
    assert summary.best_epoch == {"remover": 3, "detector": 1, "classifier": 3}, "of two alike the later"
    assert summary.best == {"remover": 0.3, "detector": 0.6, "classifier": 0.8}
    assert summary.accuracy == (0.8, 0.7), "the second half of the classifier's epochs"
    assert summary.precision == (0.6, 0.6)
    assert summary.test_accuracy == 0.75


def test_an_odd_number_of_epochs_keeps_the_middle_one(run: Run) -> None:
    lines = epochs("classifier", val_accuracy=[0.1, 0.2, 0.3])
    assert summarise(run, lines, None).accuracy == (0.2, 0.3)


def test_size_counts_the_bundles_files_and_nothing_else(run: Run) -> None:
    bundle = ("bundle.json", "README.md", *STAGE_FILES.values())
    for name in (*bundle, "config.json", "status.json", "metrics.jsonl", "log.txt", "results.json", "lock", "a.tmp"):
        (run.path / name).write_bytes(b"x" * 100)
    (run.path / "state").mkdir()
    (run.path / "state" / "classifier.pt").write_bytes(b"x" * 100)
    assert summarise(run, [], None).size == 100 * len(bundle)


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"metrics": 3}'])
def test_results_that_are_not_there_or_damaged_are_none(run: Run, text: str | None) -> None:
    if text is not None:
        (run.path / "results.json").write_text(text)
    assert read_measured(run) is None


def test_results_are_read(run: Run) -> None:
    (run.path / "results.json").write_text(json.dumps({"metrics": {"accuracy": 0.5}, "pictures": []}))
    assert read_measured(run) == {"accuracy": 0.5}


def test_mean_and_deviation_in_words() -> None:
    assert mean_std([0.9, 0.92]) == "91.0 ± 1.0 %"
    assert mean_std([0.5]) == "50.0 ± 0.0 %"
