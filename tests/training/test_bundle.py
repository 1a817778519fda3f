"""From data to a bundle: a run of all stages that is stopped anywhere ends as the unbroken one does."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from light import detectors_unexported
from made_data import several_classes

from smallimg.bundles.bundle import STAGE_FILES, load_bundle
from smallimg.data.dataset import trainable
from smallimg.data.formats import coco, read_dataset
from smallimg.errors import Stopped, TrainingError
from smallimg.networks.onnx_files import read_weights
from smallimg.training.bundle import train_bundle
from smallimg.training.loop import Keep, Progress
from smallimg.training.parts import within_boxes
from smallimg.training.plan import canvas_side
from smallimg.training.recipes import RECIPES

SMALL: dict[str, dict[str, Any]] = {
    "remover": {"input_size": 64, "arguments": {"widths": [8, 8, 8, 8, 8]}},
    "detector": {"input_size": 64, "arguments": {"widths": [8, 8, 8, 8], "channels": 8, "input_size": 64}},
    "classifier": {
        "input_size": 32,
        "arguments": {"patch": 2, "stem": 8, "widths": [8, 16]},
        "augment": {"degrees": 5},
    },
}


def train(data: Path, out: Path, keep: Keep | None = None, **arguments: Any) -> list[Progress]:
    seen: list[Progress] = []
    usual = {"epochs": 2, "overrides": SMALL, "recipe": replace(RECIPES["fast"], views=2), "report": seen.append}
    with detectors_unexported():
        train_bundle(read_dataset(data), out, keep=keep, **usual | arguments)
    return seen


def curve(seen: list[Progress]) -> list[Progress]:
    return [progress for progress in seen if progress.metrics]


@pytest.fixture(scope="module")
def unbroken(tiny_challenge: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Progress]]:
    out = tmp_path_factory.mktemp("unbroken")
    return out, curve(train(tiny_challenge, out))


@pytest.mark.parametrize("stop_at", ["remover", "cutouts", "detector", "classifier"])
def test_a_stopped_run_goes_on_where_it_was(
    tiny_challenge: Path, tmp_path: Path, unbroken: tuple[Path, list[Progress]], stop_at: str
) -> None:
    whole, whole_curve = unbroken
    stages: list[str] = []

    def report(progress: Progress) -> None:
        stages.append(f"{progress.stage} {progress.epoch}")

    def should_stop() -> bool:
        return f"{stop_at} 1" in stages

    with pytest.raises(Stopped):
        train(tiny_challenge, tmp_path, Keep(tmp_path / "state", should_stop), report=report)
    rest = curve(train(tiny_challenge, tmp_path, Keep(tmp_path / "state")))
    assert rest == whole_curve[-len(rest) :]
    assert 0 < len(rest) < len(whole_curve)
    for stage in ("detector", "classifier"):
        ours, theirs = read_weights(tmp_path / STAGE_FILES[stage]), read_weights(whole / STAGE_FILES[stage])
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_finished_run_takes_nothing_twice(tiny_challenge: Path, tmp_path: Path) -> None:
    keep = Keep(tmp_path / "state")
    first = train(tiny_challenge, tmp_path, keep, epochs=1)
    stages = {"reading", "remover", "cutouts", "detector", "classifier", "check"}
    assert stages == {progress.stage for progress in first}
    assert {"reading"} == {progress.stage for progress in train(tiny_challenge, tmp_path, keep, epochs=1)}


def test_overrides_reach_the_bundle(tiny_challenge: Path, tmp_path: Path) -> None:
    overrides = {"classifier": {"architecture": "cifar_cnn", "input_size": 40, "arguments": {}, "epochs": 1}}
    seen = train(tiny_challenge, tmp_path, stages=("classifier",), background="none", overrides=overrides, epochs=None)
    stage = load_bundle(tmp_path).stages["classifier"]
    assert (stage.architecture, stage.input_size) == ("cifar_cnn", 40)
    assert [progress.epochs for progress in curve(seen)] == [1]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"oracle": {}}, "Unknown stage “oracle”"),
        ({"classifier": {"speed": 1}}, "classifier has no setting “speed”: there are architecture, input_size"),
        ({"detector": {"augment": {"rain": 1}}}, "detector has no setting “rain”"),
        ({"classifier": {"batch_size": 0}}, "at least a picture in a batch, got 0 for the classifier"),
        ({"remover": {"learning_rate": float("nan")}}, "remover's learning rate lies between 0 and 1, got nan"),
        ({"remover": {"input_size": 100}}, "divisible by 32"),
        (
            {"detector": {"input_size": 4096}},
            "“input_size” is a whole number of pixels from 8 to 2048, got 4096",
        ),
        ({"classifier": {"input_size": True}}, "at least 8 pixels a side, got True for the classifier"),
        ({"classifier": {"margin": -1}}, "classifier's “margin” is null or a number from 0 to 4, got -1"),
        ({"classifier": {"margin": "x"}}, 'classifier\'s “margin” is null or a number from 0 to 4, got "x"'),
        (
            {"classifier": {"architecture": None}},
            "“architecture” is the name of an architecture, got null",
        ),
        ({"detector": {"arguments": []}}, "detector's “arguments” is an object of a network's arguments, got "),
    ],
)
def test_a_wrong_setting_is_named(tiny_challenge: Path, tmp_path: Path, overrides: Any, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        train(tiny_challenge, tmp_path / "b", overrides=overrides)
    assert not (tmp_path / "b").exists()


def test_a_remover_gives_the_masks_where_there_are_boxes_only(
    tiny_challenge: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    data = read_dataset(tiny_challenge)
    data = replace(data, samples=tuple(replace(sample, mask=None) for sample in data.samples))
    shutil.copytree(tiny_bundle, tmp_path / "b")
    seen: list[Progress] = []
    for paste in (0.0, 0.5):
        overrides = {"classifier": SMALL["classifier"] | {"reads": "image", "augment": {"paste": paste}}}
        seen.clear()
        train_bundle(data, tmp_path / "b", report=seen.append, stages=("classifier",), epochs=1, overrides=overrides)
        assert ("cutouts" in {progress.stage for progress in seen}) == bool(paste)


def test_small_photos_are_held_small(tiny_challenge: Path) -> None:
    data = read_dataset(tiny_challenge)
    nothing = np.zeros((0, 4), np.float32)
    bare = replace(data, samples=tuple(replace(sample, mask=None, boxes=nothing) for sample in data.samples))
    fast, kept = RECIPES["fast"], replace(RECIPES["fast"], background="none")
    assert canvas_side(kept, ["classifier"], bare) == 2 * fast.classifier.input_size
    for plan, stages, dataset in (
        (kept, ["classifier"], data),
        (kept, ["detector", "classifier"], bare),
        (fast, ["classifier"], bare),
    ):
        assert canvas_side(plan, stages, dataset) == fast.remover.input_size


def test_masks_end_with_the_boxes() -> None:
    masks = torch.full((2, 1, 8, 8), 200, dtype=torch.uint8)
    boxes = [torch.tensor([[1.0, 2, 4, 8], [6, 0, 8, 1]]), torch.zeros(0, 4)]
    found = within_boxes(masks, boxes)
    assert (found[0] > 0).sum() == 3 * 6 + 2
    assert found[0, 0, 5, 3] == 200
    assert torch.equal(found[1], masks[1])


def test_masks_give_the_boxes_where_there_are_none(tiny_challenge: Path, tmp_path: Path) -> None:
    data = read_dataset(tiny_challenge)
    nothing = np.zeros((0, 4), np.float32)
    data = replace(data, samples=tuple(replace(sample, boxes=nothing) for sample in data.samples))
    arguments: dict[str, Any] = {"stages": ("detector",), "background": "none", "epochs": 1, "overrides": SMALL}
    with pytest.raises(TrainingError, match="learns from boxes"):
        train_bundle(data, tmp_path, report=lambda _: None, **arguments)
    with detectors_unexported():
        train_bundle(data, tmp_path, report=lambda _: None, boxes_from_masks=True, **arguments)
    assert "detector" in load_bundle(tmp_path).stages


def test_pictures_of_several_classes_and_of_nothing_teach_the_detector(tmp_path: Path) -> None:
    for index in range(3):
        coco.write(several_classes(tmp_path / str(index), split=f"part{index}"), tmp_path / "data" / str(index))
    parts = [read_dataset(tmp_path / "data" / str(index)) for index in range(3)]
    whole = replace(parts[0], root=tmp_path / "data", samples=tuple(one for part in parts for one in part.samples))
    arguments: dict[str, Any] = {"stages": ("detector",), "background": "none", "epochs": 1, "overrides": SMALL}
    with detectors_unexported():
        train_bundle(trainable(whole), tmp_path / "out", report=lambda progress: None, **arguments)
    assert load_bundle(tmp_path / "out").class_names == ("cup", "ball")


def test_a_bundle_is_whole(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    assert set(bundle.stages) == {"background", "detector", "classifier"}
    assert [bundle.stages[name].reads for name in ("background", "detector", "classifier")] == [
        "image",
        "cutout",
        "image",
    ]
    assert all(bundle.file(stage).stat().st_size < 10_000_000 for stage in bundle.stages)
    assert bundle.card["seed"] == 42
    assert bundle.stages["classifier"].temperature != 1
    assert bundle.card["metrics"]["classifier held_out_n"] == 16, "of so few each is asked about"
    assert {"background val_iou", "detector val_iou", "classifier val_accuracy"} <= set(bundle.card["metrics"])
    assert "torch" in bundle.card["versions"]


def test_one_stage_again_keeps_the_others(tiny_challenge: Path, tmp_path: Path) -> None:
    data = read_dataset(tiny_challenge)
    again = {"epochs": 1, "background": "none", "overrides": SMALL, "report": lambda _: None}
    for seed in (1, 2):
        train_bundle(data, tmp_path / "b", stages=("classifier",), seed=seed, **again)
    bundle = load_bundle(tmp_path / "b")
    assert (set(bundle.stages), bundle.background, bundle.card["seed"]) == ({"classifier"}, "none", 2)
    assert bundle.stages["classifier"].reads == "image"
