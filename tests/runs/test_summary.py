"""A run in figures."""

import json
from pathlib import Path
from typing import Any

import pytest

from smallimg.bundles.bundle import STAGE_FILES
from smallimg.runs.run import Run, RunConfig
from smallimg.runs.summary import Measured, mean_std, read_measured, summarise


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
    assert (summary.measured, summary.size) == (None, 0)
    assert summary.measured_on("test") is None


def test_best_epoch_of_each_stage_by_its_own_figure(run: Run) -> None:
    lines = [
        *epochs("remover", val_iou=[0.9, 0.1, 0.2], val_iou_pasted=[0.1, 0.2, 0.3]),
        *epochs("detector", val_iou=[0.6, 0.4], val_map=[0.1, 0.9]),
        *epochs("classifier", val_accuracy=[0.5, 0.8, 0.8, 0.7], val_precision=[0.4, 0.9, 0.6, 0.6]),
    ]
    summary = summarise(run, lines, Measured("validation", 6, 8))
    assert summary.best_epoch == {"remover": 3, "detector": 1, "classifier": 3}, "of two alike the later"
    assert summary.best == {"remover": 0.3, "detector": 0.6, "classifier": 0.8}
    assert summary.accuracy == (0.8, 0.7), "the second half of the classifier's epochs"
    assert summary.precision == (0.6, 0.6)
    assert summary.measured_on("test") is None, "validation pictures are no test"
    assert summary.measured_on("validation") == Measured("validation", 6, 8)


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


@pytest.mark.parametrize(
    "text",
    [
        None, "{", "[]", "{}", '{"metrics": 3}', '{"split": "test", "metrics": {"accuracy": 0.5}}',
        '{"split": "test", "metrics": {"confusion_matrix": 3}}',
        '{"split": "test", "metrics": {"confusion_matrix": []}}',
        '{"split": "test", "metrics": {"confusion_matrix": [[1], [1]]}}',
        '{"split": "test", "metrics": {"confusion_matrix": [["a"]]}}',
    ],
)  # fmt: skip
def test_results_that_are_not_there_or_damaged_are_none(run: Run, text: str | None) -> None:
    if text is not None:
        (run.path / "results.json").write_text(text)
    assert read_measured(run) is None


@pytest.mark.parametrize("split", ["test", "validation"])
def test_results_are_read(run: Run, split: str) -> None:
    content = {"split": split, "metrics": {"accuracy": 0.5, "confusion_matrix": [[1, 1], [0, 0]]}, "pictures": []}
    (run.path / "results.json").write_text(json.dumps(content))
    measured = read_measured(run)
    assert measured is not None
    assert (measured.split, measured.right, measured.n, measured.accuracy) == (split, 1, 2, 0.5)
    assert measured.interval == pytest.approx((0.0945, 0.9055), abs=1e-4)


def test_mean_and_deviation_in_words() -> None:
    assert mean_std([0.9, 0.92]) == "91.0 ± 1.0 %"
    assert mean_std([0.5]) == "50.0 ± 0.0 %"


@pytest.mark.parametrize(("n", "text"), [(7, "6.5 ± 0.5 of 7"), (100, "92.9 ± 7.1 %"), (0, "92.9 ± 7.1 %")])
def test_of_few_pictures_the_mean_is_a_count(n: int, text: str) -> None:
    assert mean_std([1.0, 6 / 7], n) == text
