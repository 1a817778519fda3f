"""What cannot be trained is said before anything is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from smallimg.data.dataset import Dataset
from smallimg.data.formats import read_dataset
from smallimg.errors import TrainingError
from smallimg.training.bundle import train_bundle


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
