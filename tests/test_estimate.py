"""The estimate: a few steps of each stage, multiplied to a whole run."""

from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import pytest

from smallimg import estimate
from smallimg.datasets import Dataset, read_dataset
from smallimg.errors import TrainingError
from smallimg.estimate import estimate_seconds, whole_run
from smallimg.recipes import RECIPES
from smallimg.start_from import IMAGENET, Start
from smallimg.tensors import Tensors, load_tensors

SMALL: dict[str, dict[str, Any]] = {
    "remover": {"input_size": 64, "batch_size": 4, "arguments": {"widths": [8, 8, 8, 8, 8]}},
    "detector": {
        "input_size": 64,
        "batch_size": 4,
        "arguments": {"widths": [8, 8, 8, 8], "channels": 8, "input_size": 64},
    },
    "classifier": {"input_size": 32, "batch_size": 4, "arguments": {"patch": 2, "stem": 8, "widths": [8, 16]}},
}
ALL = ("remover", "detector", "classifier")


@pytest.fixture(scope="module")
def data(tiny_challenge: Path) -> Dataset:
    return read_dataset(tiny_challenge)


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock by which every step and every validation takes a second."""
    clock = count()
    monkeypatch.setattr(estimate, "time", SimpleNamespace(perf_counter=lambda: next(clock)))


@pytest.mark.usefixtures("ticks")
@pytest.mark.parametrize("epochs", [1, 5])
def test_steps_are_multiplied_to_a_whole_run(data: Dataset, epochs: int) -> None:
    """8 pictures to learn from and 8 to measure on, in batches of 4."""
    seconds = estimate_seconds(data, stages=ALL, overrides=SMALL, epochs=epochs, seconds_per_stage=100)
    assert tuple(seconds) == ALL
    assert list(seconds.values()) == pytest.approx([epochs * (2 + 2)] * 3)


@pytest.mark.usefixtures("ticks")
def test_without_time_a_single_step_tells(data: Dataset) -> None:
    seconds = estimate_seconds(data, stages=("classifier",), overrides=SMALL, epochs=1, seconds_per_stage=0)
    assert seconds == {"classifier": pytest.approx(2 + 2 / 3)}


def test_it_is_measured_in_seconds(data: Dataset) -> None:
    seconds = estimate_seconds(data, stages=("classifier",), overrides=SMALL, epochs=2, background="none")
    assert 1e-3 < seconds["classifier"] < 60


@pytest.mark.usefixtures("ticks")
def test_no_more_is_loaded_than_a_batch_of_each_part(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[int] = []

    def load(part: Dataset, side: int) -> Tensors:
        loaded.append(len(part.samples))
        return load_tensors(part, side)

    monkeypatch.setattr(estimate, "load_tensors", load)
    estimate_seconds(data, stages=("classifier", "remover"), overrides=SMALL, epochs=1)
    assert loaded == [4, 4]


@pytest.mark.usefixtures("ticks")
def test_nothing_is_fetched_for_an_estimate(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", fail)
    overrides = {"classifier": {"batch_size": 4, "input_size": 32}}
    start = Start(IMAGENET, "features")
    assert estimate_seconds(data, stages=("classifier",), overrides=overrides, epochs=1, start=start)


def test_what_the_data_lacks_is_said(data: Dataset) -> None:
    bare = replace(data, samples=tuple(replace(sample, mask=None) for sample in data.samples))
    with pytest.raises(TrainingError, match="remover learns from masks"):
        estimate_seconds(bare, stages=("remover",))


def test_the_remover_s_first_epochs_cost_less() -> None:
    recipe = replace(RECIPES["fast"].remover, epochs=5, batch_size=10, half_size_until=0.5)
    seconds = whole_run(recipe, n=31, step=1.0, validation=0.5, half_size_step=0.1)
    assert seconds == pytest.approx(3 * 4 * 0.1 + 2 * 4 * 1.0 + 5 * 0.5)  # as in training: epochs 1, 2 and 3 of 5
    assert whole_run(recipe, n=31, step=1.0, validation=0.5) == pytest.approx(5 * (4 + 0.5))
