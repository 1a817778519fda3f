"""The estimate: a little of everything a run does, multiplied to the whole of it."""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest

from smallimg.bundles.bundle import Bundle
from smallimg.bundles.calibration import FEWEST
from smallimg.data.dataset import Dataset, split_train_validation
from smallimg.data.formats import read_dataset
from smallimg.errors import DataError, Stopped, TrainingError
from smallimg.runs import estimate
from smallimg.runs.estimate import OPENED, PREDICTED, forecast_bundle, forecast_run, main
from smallimg.runs.forecast import PARTS, Forecast, Part
from smallimg.runs.measure import measured_part
from smallimg.runs.run import RunConfig
from smallimg.training.bundle import train_bundle
from smallimg.training.loop import Progress
from smallimg.training.recipes import RECIPES
from smallimg.training.start import IMAGENET, Start
from smallimg.training.tensors import Tensors, load_tensors

SMALL: dict[str, dict[str, Any]] = {
    "remover": {"input_size": 64, "batch_size": 4, "arguments": {"widths": [8, 8, 8, 8, 8]}},
    "detector": {
        "input_size": 64,
        "batch_size": 4,
        "arguments": {"widths": [8, 8, 8, 8], "channels": 8, "input_size": 64},
    },
    "segmenter": {"input_size": 32, "batch_size": 4, "arguments": {"widths": [8, 8], "blocks": [1, 1]}},
    "classifier": {"input_size": 32, "batch_size": 4, "arguments": {"patch": 2, "stem": 8, "widths": [8, 16]}},
}
ALL = ("remover", "detector", "classifier")


@pytest.fixture(autouse=True)
def few_backgrounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds, for each of a dozen trainings a test, would take most of the time."""
    monkeypatch.setattr("smallimg.training.pasting.MOST_POOLED", 8)


@pytest.fixture(scope="module")
def data(tiny_challenge: Path) -> Dataset:
    return read_dataset(tiny_challenge)


def forecast(data: Dataset, **arguments: Any) -> Forecast:
    """A forecast of small networks, timed no longer than needed."""
    arguments = {"stages": ALL, "overrides": SMALL, "epochs": 2, "limit_s": 0.01} | arguments
    return forecast_bundle(data, read_dataset(data.root, split="test"), **arguments)


def bare(data: Dataset, **changes: Any) -> Dataset:
    return replace(data, samples=tuple(replace(sample, **changes) for sample in data.samples))


def test_all_that_a_run_does_has_its_seconds(data: Dataset) -> None:
    found = forecast(data, stages=(*ALL, "segmenter"), epochs=5)
    assert list(found.parts) == [part for part in PARTS if part != "start"]
    assert all(part.work > 0 for part in found.parts.values())
    assert all(found.parts[stage].end > 0 for stage in (*ALL, "segmenter")), (
        "each network is measured once more, and written"
    )
    assert found.parts["remover"].bend is not None, "it learns at half its side first"
    assert 0.1 < found.seconds < 600
    assert found.download == ""


def test_what_is_not_trained_is_not_counted(data: Dataset) -> None:
    found = forecast(data, stages=("classifier",), background="none")
    assert list(found.parts) == ["checking", "reading", "classifier", "check", "measuring"]


def test_networks_like_it_are_counted_where_few_pictures_are_kept_aside(data: Dataset) -> None:
    few, many = (
        forecast(replace(data, samples=data.samples * times), stages=("classifier",), background="none")
        for times in (1, FEWEST * 5 // len(data.samples) + 1)
    )
    assert few.parts["check"].work > few.parts["classifier"].work
    assert "check" not in many.parts, "the pictures that were kept aside tell it"


def test_twice_the_epochs_take_twice_as_long(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def time_network(_train: Any, recipe: Any, **sizes: Any) -> Part:
        seen.append(sizes | {"epochs": recipe.epochs})
        return Part(work=recipe.epochs)

    monkeypatch.setattr(estimate, "time_network", time_network)
    once, twice = (forecast(data, stages=("classifier",), background="none", epochs=epochs) for epochs in (5, 10))
    assert twice.parts["classifier"].work == 2 * once.parts["classifier"].work
    train, validation = split_train_validation(data)
    assert (seen[0]["n"], seen[0]["n_validation"]) == (len(train.samples), len(validation.samples))


def test_a_heads_looks_are_counted_before_its_steps_and_after_them(
    data: Dataset, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frozen body sees all pictures before the first step, and once more for what its answers are trusted by."""
    asked: list[dict[str, Any]] = []

    def time_network(*_: Any, **how: Any) -> Part:
        asked.append(how)
        return Part(setup=100.0, work=1.0)

    monkeypatch.setattr(estimate, "time_network", time_network)
    start = Start(str(tiny_bundle), "features")
    many = replace(data, samples=data.samples * 40)  # what is timed is a part of it
    part, whole = (
        forecast(many, stages=("classifier",), overrides={}, background="none", start=one).parts["classifier"]
        for one in (start, None)
    )
    assert [how["looks_first"] for how in asked] == [True, False]
    assert part.setup == pytest.approx(100.0 * asked[0]["n"] / asked[0]["timed"])
    assert 0.05 * part.setup < part.end < 0.5 * part.setup
    assert whole.setup == 100.0
    assert whole.end < 5.0


def test_few_pictures_are_opened_and_stand_for_all(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    many = replace(data, samples=data.samples * 20)
    loaded: list[int] = []

    def load(part: Dataset, side: int) -> Tensors:
        loaded.append(len(part.samples))
        return load_tensors(part, side)

    monkeypatch.setattr(estimate, "load_tensors", load)
    evaluated: list[int] = []
    real = estimate.evaluate

    def evaluate(pipeline: Any, part: Dataset, **arguments: Any) -> Any:
        evaluated.append(len(part.samples))
        return real(pipeline, part, **arguments)

    monkeypatch.setattr(estimate, "evaluate", evaluate)
    found = forecast_bundle(
        many, many, stages=("classifier",), overrides=SMALL, epochs=1, background="none", limit_s=0.01
    )
    assert loaded == list(OPENED)
    assert sum(evaluated) == PREDICTED + 2
    assert found.parts["reading"].work > 0
    assert found.parts["measuring"].work > 0


@pytest.mark.parametrize("has_masks", [True, False])
def test_as_many_cut_outs_are_foreseen_as_are_made(
    data: Dataset, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_masks: bool
) -> None:
    data = data if has_masks else bare(data, mask=None)
    counts: list[int] = []

    def time_cutouts(_bundle: Bundle, _tensors: Tensors, *, views: int, count: int) -> Part:
        counts.append(count)
        return Part(work=views)

    monkeypatch.setattr(estimate, "_time_cutouts", time_cutouts)
    arguments: dict[str, Any] = {
        "stages": ("detector", "classifier"),
        "overrides": {"classifier": {"reads": "image"}, "detector": {"reads": "cutout"}},
        "epochs": 1,
        "start": Start(str(tiny_bundle), "features"),
        "recipe": replace(RECIPES["fast"], views=2),
    }
    monkeypatch.setattr(estimate, "time_network", lambda *_, **__: Part())  # what networks cost is not asked here
    monkeypatch.setattr(estimate, "_time_measuring", lambda *_: Part())
    monkeypatch.setattr(estimate, "write_network", lambda *_, **__: None)
    forecast(data, **arguments)
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        if progress.stage == "detector":
            raise Stopped("All cut-outs are made.")

    with pytest.raises(Stopped):
        train_bundle(data, tmp_path, report=report, **arguments)
    made = [progress for progress in seen if progress.stage == "cutouts"]
    assert counts == [made[-1].steps]
    assert [progress.step for progress in made] == list(range(1, counts[0] + 1))


def test_nothing_is_fetched_for_an_estimate(data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", fail)
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    monkeypatch.setattr("rembg.new_session", fail)
    monkeypatch.setenv("REMBG_HOME", str(tmp_path))
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    arguments: dict[str, Any] = {"stages": ("classifier",), "overrides": {"classifier": {"batch_size": 4}}}
    found = forecast(data, start=Start(IMAGENET, "features"), background="none", **arguments)
    assert found.download == "ImageNet's weights"
    found = forecast(data, background="u2net", **arguments)
    assert found.download == "the background model “u2net”"
    assert "cutouts" not in found.parts


def test_what_the_data_lacks_is_said(data: Dataset) -> None:
    with pytest.raises(TrainingError, match="remover learns from masks"):
        forecast(bare(data, mask=None), stages=("remover",))
    nothing = np.zeros((0, 4), np.float32)
    with pytest.raises(TrainingError, match="detector learns from boxes"):
        forecast(bare(data, boxes=nothing), stages=("detector",))


def test_pictures_that_do_not_open_are_no_riddle(data: Dataset, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    damaged = replace(bare(data, path=broken), root=tmp_path)
    with pytest.raises(DataError, match="none of the pictures that were tried can be opened"):
        forecast_bundle(damaged, data, stages=("classifier",), background="none")


def test_it_can_be_broken_off(data: Dataset) -> None:
    def stop() -> None:
        raise Stopped("Enough.")

    with pytest.raises(Stopped, match="Enough"):
        forecast(data, stages=("classifier",), background="none", between=stop)


def test_a_run_begins_with_its_process(tiny_challenge: Path) -> None:
    config = RunConfig("x", str(tiny_challenge), stages=("classifier",), background="none", overrides=SMALL, epochs=1)
    found = forecast_run(config, start_s=4.5, limit_s=0.01)
    assert found.parts["start"] == Part(setup=4.5)
    assert found.parts["checking"].setup > 0, "the data set is listed first"
    measured = measured_part(config)
    assert measured.split == "test"


def test_the_page_gets_json(tiny_challenge: Path) -> None:
    config = RunConfig("x", str(tiny_challenge), stages=("classifier",), background="none", overrides=SMALL, epochs=1)
    asked = {"config": asdict(config), "at": time.time() - 3, "steps_back": False}
    found = Forecast.from_dict(json.loads(main(json.dumps(asked))))
    assert 3 <= found.parts["start"].seconds < 10
    asked |= {"config": asdict(replace(config, stages=("oracle",)))}
    assert json.loads(main(json.dumps(asked)))["error"].startswith("Unknown stage “oracle”")
