"""The Train tab's handlers as the page calls them, and runs as their workers leave them."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
import plotly.graph_objects as go
import pytest

from smallimg import DEFAULT_BUNDLE
from smallimg.runs.run import (
    Run,
    RunConfig,
    create_run,
)
from smallimg.training.plan import EVERY_STAGE
from smallimg.training.start import SUITED
from smallimg.ui.train import actions, curves
from smallimg.ui.train.actions import FOLLOW
from smallimg.ui.train.settings import AUGMENT, NUMBERS, THE_RECIPES

SHOWN = ("card", "stop", "resume", "again", "use", "export", "delete", "timer", "log",
         "curves", "outcome", "mistakes", "put_right", "table", "drawn")  # fmt: skip
BUTTONS = ("stop", "resume", "again", "use", "export", "delete")
LISTS = ("chosen", "others", "model", "start_from", "kept")


def new(name: str, data: Path, **fields: Any) -> Run:
    return create_run(RunConfig(name, str(data), **fields))


def write_epochs(run: Run, stage: str, accuracies: list[float]) -> None:
    with (run.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
        for epoch, accuracy in enumerate(accuracies, start=1):
            metrics = {"val_accuracy": accuracy, "val_precision": accuracy, "loss": 1.0, "learning_rate": 1e-3}
            file.write(json.dumps({"stage": stage, "epoch": epoch, "epochs": 2, "seconds": 1, "metrics": metrics}))
            file.write("\n")


def write_status(run: Run, **said: Any) -> None:
    (run.path / "status.json").write_text(json.dumps(said), encoding="utf-8")


@contextmanager
def training(run: Run) -> Iterator[None]:
    """Pass for the worker of a run that trains: hold its lock."""
    write_status(run, status="running", stage="classifier", epoch=2, epochs=4, queued=1.0)
    with (run.path / "lock").open("w") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        yield


def look(run_id: str | None, others: list[str] | None = None, stage: str = FOLLOW, drawn: str = "") -> dict[str, Any]:
    """What is shown, by name; the curves as the three figures the page draws from them."""
    shown = dict(zip(SHOWN, actions.look_at_run(run_id, others, stage, drawn), strict=True))
    drawn_now = json.loads(shown["curves"]) if isinstance(shown["curves"], str) else {"figures": [], "sentence": ""}
    figures = map(json.dumps, drawn_now["figures"])
    by_name = {name: figure_of(figure) for name, figure in zip(curves.NAMES, figures, strict=False)}
    return shown | by_name | {"sentence": drawn_now["sentence"]}


@lru_cache(maxsize=32)
def figure_of(sent_to_the_page: str) -> go.Figure:
    """A figure from JSON; plotly looks at every value in it, which takes longer than drawing it does."""
    return go.Figure(json.loads(sent_to_the_page))


def lists(answer: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(LISTS, answer, strict=True))


def sent(component: Any, name: str = "value") -> Any:
    """What an update changes; what it does not name stays in the page."""
    return component.constructor_args.get(name, "stays")


def enabled(shown: dict[str, Any]) -> list[str]:
    return [name for name in BUTTONS if shown[name].interactive]


def is_skipped(value: Any) -> bool:
    return bool(value == gr.skip())


def capture_toasts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is told in a corner of the page, which there is none of here."""
    told: list[str] = []
    monkeypatch.setattr(gr, "Info", lambda text, **options: told.append(text))
    return told


def names(figure: Any) -> list[str]:
    return [curve.name for curve in figure.data]


def now(**chosen: Any) -> list[Any]:
    """What the lists besides the run's have chosen, as the page shows them at first, but for what is named."""
    at_first: dict[str, Any] = {"others": [], "model": DEFAULT_BUNDLE, "start_from": SUITED, "kept": None}
    return list((at_first | chosen).values())


def fields(**changes: Any) -> list[Any]:
    """The fields as the page shows them at first, but for the changes."""
    shown = {
        "name": "", "stages": ["classifier"], "recipe": "fast", "background": "none", "reads": "",
        "start_from": SUITED, "start_mode": "features", "seed": 42, "masks": False,
        "names_boxes": False, "segments": False, "flip": THE_RECIPES,
        **dict.fromkeys(AUGMENT, ""),
    }  # fmt: skip
    for stage in EVERY_STAGE:
        shown |= {f"{stage}_architecture": THE_RECIPES, **{f"{stage}_{field}": "" for field in NUMBERS}}
    assert changes.keys() <= shown.keys()
    return list((shown | changes).values())
