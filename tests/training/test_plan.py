"""What cannot be trained is said before anything is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from smallimg.data.dataset import Dataset
from smallimg.data.formats import read_dataset
from smallimg.errors import TrainingError
from smallimg.training.bundle import train_bundle
from smallimg.training.plan import make_plan, with_names
from smallimg.training.recipes import RECIPES


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"recipe": "slow"}, "Unknown recipe “slow”: choose one of paper, fast"),
        ({"stages": ("oracle",)}, "Unknown stage “oracle”"),
        ({"epochs": 0}, "at least an epoch, got 0"),
        ({"stages": ("classifier",)}, "there is none yet"),
    ],
)
def test_what_cannot_be_trained_is_said_first(
    tiny_challenge: Path, tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        train_bundle(read_dataset(tiny_challenge), tmp_path / "b", report=lambda _: None, **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "b").exists()


def test_boxes_are_named_only_where_every_one_has_a_name(tiny_challenge: Path, tmp_path: Path) -> None:
    data = read_dataset(tiny_challenge)
    named = {"stages": ("detector",), "overrides": {"detector": {"names_boxes": True}}, "report": lambda _: None}
    one = replace(data, samples=(replace(data.samples[0], label=None), *data.samples[1:]))
    with pytest.raises(TrainingError, match=f"one in {data.samples[0].path.name} has no class"):
        train_bundle(one, tmp_path / "b", **named)
    with pytest.raises(TrainingError, match="has no two classes to name boxes by"):
        train_bundle(replace(data, class_names=data.class_names[:1]), tmp_path / "b", **named)
    assert with_names(RECIPES["fast"], data.class_names) == RECIPES["fast"]


def test_an_architecture_brings_its_own_settings_and_none_of_anothers() -> None:
    changed = {"detector": {"architecture": "fast_rcnn", "augment": {"scale": 0.1}}}
    made = make_plan("fast", ("detector",), None, changed).detector
    assert (made.arguments, made.augment.paste, made.augment.scale) == ({}, 0.0, 0.1)
    crnn = make_plan("fast", ("classifier",), None, {"classifier": {"architecture": "paper_cnn"}}).classifier
    assert (crnn.input_size, crnn.arguments) == (224, {})


def test_data_without_what_a_stage_learns_from(tiny_challenge: Path, tmp_path: Path) -> None:
    data = read_dataset(tiny_challenge)

    def stripped(**changes: object) -> Dataset:
        return replace(data, samples=tuple(replace(sample, **changes) for sample in data.samples))

    out, quiet = tmp_path / "b", {"report": lambda _: None}
    with pytest.raises(TrainingError, match="learns from masks"):
        train_bundle(stripped(mask=None), out, **quiet)
    with pytest.raises(TrainingError, match="learns from boxes"):
        train_bundle(stripped(boxes=np.zeros((0, 4), np.float32)), out, stages=("detector",), **quiet)
    with pytest.raises(TrainingError, match="have no class, and the classifier needs one for each"):
        train_bundle(stripped(label=None), out, stages=("classifier",), **quiet)
    with pytest.raises(TrainingError, match=f"{data.root.name} has one class only, plug, and"):
        train_bundle(replace(stripped(label=0), class_names=("plug",)), out, stages=("classifier",), **quiet)
