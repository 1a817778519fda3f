"""The curves on their way to the page, and why there are none."""

import json
from pathlib import Path
from typing import Any

import pytest

from smallimg.runs.line import Status
from smallimg.runs.plots import stage_figures
from smallimg.runs.run import Run, RunConfig
from smallimg.ui.train.curves import NAMES, curves_json, why_no_curves

LINES = [{"stage": "classifier", "epoch": 1, "metrics": {"loss": 1.0, "val_accuracy": 0.5}}]


def make_run(status: Status, **config: Any) -> Run:
    return Run(Path("runs/mine"), RunConfig(**{"name": "mine", "data": "/data/pets"} | config), status)


def test_figures_with_curves_need_no_sentence() -> None:
    sent = json.loads(curves_json(stage_figures("classifier", {"mine": LINES}), nothing="Nothing."))
    assert sent["sentence"] == ""
    assert [bool(figure["data"]) for figure in sent["figures"]] == [True, True, False], "the rate was not written down"
    assert len(sent["figures"]) == len(NAMES)


def test_where_there_is_none_a_sentence_stands() -> None:
    sent = json.loads(curves_json(stage_figures("detector", {"mine": LINES}), nothing="Nothing."))
    assert sent["sentence"] == "Nothing."


@pytest.mark.parametrize(
    ("status", "config", "stage", "sentence"),
    [
        ("finished", {"data": ""}, "classifier", "brought in as a finished bundle"),
        ("running", {"stages": ("classifier",)}, "remover", "The remover is not trained in this run"),
        ("waiting", {}, "remover", "Its turn has not come yet."),
        ("running", {}, "detector", "The first epoch of the detector is not over yet."),
        ("stopped", {}, "detector", "No epoch of the detector was finished"),
        ("failed", {}, "remover", "No epoch of the remover was finished"),
    ],
)
def test_why_there_are_no_curves(status: Status, config: dict[str, Any], stage: str, sentence: str) -> None:
    assert sentence in why_no_curves(make_run(status, **config), stage)
