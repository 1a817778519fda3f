"""What a finished run can do, measured with real networks: on which pictures, and beside which other figure."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.runs.measure import write_outcome
from smallimg.runs.outcome import read_outcome
from smallimg.runs.run import RunConfig


@pytest.fixture
def run_path(tiny_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle, tmp_path / "run"))


@pytest.fixture
def without_test(tiny_challenge: Path, tmp_path: Path) -> Path:
    """The data that the bundle was trained on, with nothing to test on."""
    skip = shutil.ignore_patterns("test", "test.csv", "test_masks")
    return Path(shutil.copytree(tiny_challenge, tmp_path / "data", ignore=skip))


def test_a_test_split_is_what_is_measured_on(run_path: Path, tiny_challenge: Path) -> None:
    outcome = write_outcome(run_path, RunConfig("mine", str(tiny_challenge)))
    assert (outcome["split"], outcome["metrics"]["n"], len(outcome["pictures"])) == ("test", 8, 8)
    assert outcome["classifier_alone"] is None, "its figure is of the validation pictures, which are others"
    assert read_outcome(run_path) == outcome


def test_without_one_the_classifiers_own_figure_stands_beside(run_path: Path, without_test: Path) -> None:
    config = RunConfig("mine", str(without_test))
    outcome = write_outcome(run_path, config)
    card = json.loads((run_path / "bundle.json").read_text())["card"]["metrics"]
    assert (outcome["split"], outcome["metrics"]["n"], outcome["given_boxes"]) == ("validation", 8, False)
    assert outcome["classifier_alone"] == {"accuracy": card["classifier val_accuracy"], "epoch": 1}

    # Without its detector it is told the true boxes, as the classifier was: the two figures are one.
    description = json.loads((run_path / "bundle.json").read_text())
    del description["stages"]["detector"]
    (run_path / "bundle.json").write_text(json.dumps(description))
    told = write_outcome(run_path, config)
    assert told["given_boxes"]
    assert told["metrics"]["accuracy"] == pytest.approx(told["classifier_alone"]["accuracy"], abs=1e-4)

    taken_over = write_outcome(run_path, replace(config, stages=("remover",)))
    assert taken_over["classifier_alone"] is None, "another run's figure, of other pictures"


def test_each_picture_has_the_answer_that_was_given(run_path: Path, tiny_challenge: Path) -> None:
    outcome = write_outcome(run_path, RunConfig("mine", str(tiny_challenge)))
    pipeline, root = Pipeline.load(run_path), Path(outcome["root"])
    for one in outcome["pictures"]:
        expected = pipeline.predict(open_image(root / one["image"]))
        assert (one["answer"], one["label"]) == (expected.answer, expected.label)
    answers = [one for one in outcome["pictures"] if one["answer"] is not None]
    assert outcome["metrics"]["answered"] == len(answers)
    assert outcome["metrics"]["answered_right"] == sum(one["answer"] == one["truth"] for one in answers)
