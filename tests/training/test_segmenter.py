"""A segmenter learns from masks and classes, goes on where it was stopped, and starts from another."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_tensors import STILL, squares

from smallimg.bundles.bundle import load_bundle
from smallimg.data.formats import read_dataset
from smallimg.errors import Stopped, TrainingError
from smallimg.networks.onnx_files import read_weights
from smallimg.pictures.class_maps import NOBODYS
from smallimg.training.augment import window_matrices
from smallimg.training.bundle import train_bundle
from smallimg.training.loop import Keep, Progress
from smallimg.training.plan import make_plan
from smallimg.training.recipes import RECIPES, StageRecipe
from smallimg.training.segmenter import class_maps, dice_loss, fit_segmenter, seen_through
from smallimg.training.start import Start

WIDER = {"widths": [16, 16, 16], "blocks": [1, 1, 1]}
SMALL: dict[str, Any] = {"widths": [8, 16, 16], "blocks": [1, 1, 1]}
TINY = {"segmenter": {"input_size": 32, "arguments": SMALL, "epochs": 2}}
SETTINGS: dict[str, Any] = {"stages": ("segmenter",), "background": "none", "overrides": TINY}


def quiet(_progress: Progress) -> None:
    """Nobody is told."""


def test_it_learns_which_pixels_are_of_which_class() -> None:
    recipe = StageRecipe("unet_nearest", 32, 6, 8, 1e-2, STILL, WIDER, reads="image")
    _, best = fit_segmenter(squares(64, 32), squares(16, 32), n_classes=2, recipe=recipe, seed=0, report=quiet)
    assert best["val_miou"] > 0.7
    assert {"loss_ce", "loss_dice", "val_ce", "val_pixels"} <= set(best)
    bare = replace(squares(8), alpha=None)
    with pytest.raises(TrainingError, match="learns from masks"):
        fit_segmenter(bare, bare, n_classes=2, recipe=recipe, seed=0, report=quiet)


def test_every_class_shown_counts_alike_however_small() -> None:
    truth = torch.zeros((2, 10, 10), dtype=torch.uint8)
    truth[0, :8, :8], truth[1, :2, :2] = 1, 2
    truth[1, 5:] = NOBODYS
    said = torch.nn.functional.one_hot(truth.where(truth != NOBODYS, 1).long(), 4).movedim(-1, 1) * 100.0
    assert dice_loss(said, truth).item() == pytest.approx(0, abs=1e-6), "of nobody's pixels anything may be said"
    without_small = said.clone()
    without_small[1, :, :2, :2] = torch.tensor([100.0, 0, 0, 0])[:, None, None]
    assert dice_loss(without_small, truth).item() == pytest.approx(1 / 2, abs=1e-6), "4 pixels, and one of two classes"
    half = said.clone()
    half[1, :, 0, :2] = torch.tensor([100.0, 0, 0, 0])[:, None]
    assert dice_loss(half, truth).item() == pytest.approx((1 - 2 * 2 / (4 + 2)) / 2, abs=1e-6)
    assert dice_loss(said, torch.zeros_like(truth)).item() == 0, "nothing shown, nothing to overlap"


def test_maps_follow_their_pictures() -> None:
    some = squares(4)
    maps = class_maps(some)
    for one, alpha, label in zip(maps, some.alpha[:, 0], some.labels.tolist(), strict=True):  # type: ignore[index]
        assert set(one[alpha > 0].tolist()) == {label + 1}
        assert not one[alpha == 0].any()
    several = replace(some, labels=torch.full((4,), -1), box_labels=(torch.tensor([1]),) * 4)
    assert set(class_maps(several).unique().tolist()) == {0, 2}
    mirrored = window_matrices(torch.tensor([[0.0, 0, 64, 64]]).expand(4, 4), None, mirror=-torch.ones(4))
    torch.testing.assert_close(seen_through(maps, mirrored, 64), maps.flip(-1))
    everything = torch.full((1, 8, 8), NOBODYS, dtype=torch.uint8)
    assert seen_through(everything, window_matrices(torch.tensor([[0.0, 0, 8, 8]]), None), 4).unique() == NOBODYS


def test_a_bundle_gets_one_where_it_is_asked_for_and_a_stopped_run_goes_on(
    tiny_challenge: Path, tmp_path: Path
) -> None:
    data = read_dataset(tiny_challenge)
    seen: list[Progress] = []
    train_bundle(data, tmp_path / "whole", report=seen.append, **SETTINGS)
    stage = load_bundle(tmp_path / "whole").stages["segmenter"]
    assert (stage.architecture, stage.input_size, stage.arguments["n_classes"]) == ("unet_nearest", 32, 8)
    curve = [one for one in seen if one.metrics]
    told: list[Progress] = []
    keep = Keep(tmp_path / "state", lambda: any(one.metrics for one in told))
    with pytest.raises(Stopped):
        train_bundle(data, tmp_path / "broken", report=told.append, keep=keep, **SETTINGS)
    rest: list[Progress] = []
    train_bundle(data, tmp_path / "broken", report=rest.append, keep=Keep(tmp_path / "state"), **SETTINGS)
    assert [one for one in rest if one.metrics] == curve[1:]
    assert (tmp_path / "broken/segmenter.onnx").read_bytes() == (tmp_path / "whole/segmenter.onnx").read_bytes()

    # And another starts from it: its head stays where the classes are the same.
    start = Start(str(tmp_path / "whole"), "features")
    once = SETTINGS | {"overrides": {"segmenter": {"epochs": 1}}}
    train_bundle(data, tmp_path / "next", report=quiet, start=start, **once)
    ours, theirs = (read_weights(tmp_path / name / "segmenter.onnx") for name in ("next", "whole"))
    assert torch.equal(ours["down.1.0.conv1.0.weight"], theirs["down.1.0.conv1.0.weight"])
    assert not torch.equal(ours["head.weight"], theirs["head.weight"])


def test_a_removers_cut_outs_stand_in_for_masks(tiny_challenge: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    data = read_dataset(tiny_challenge)
    bare = replace(data, samples=tuple(replace(one, mask=None) for one in data.samples))
    seen: list[Progress] = []
    start = Start(str(tiny_bundle))
    once = SETTINGS | {"background": "own", "epochs": 1}
    train_bundle(bare, tmp_path / "b", report=seen.append, start=start, **once)
    made = [one for one in seen if one.stage == "cutouts"]
    assert made[-1].step == made[-1].steps == len(data.samples), "those to be validated on as well"
    assert load_bundle(tmp_path / "b").stages.keys() == {"background", "detector", "classifier", "segmenter"}


def test_what_it_lacks_is_said_first(tiny_challenge: Path, tmp_path: Path) -> None:
    data = read_dataset(tiny_challenge)

    def refused(match: str, **changes: Any) -> None:
        changed = replace(data, samples=tuple(replace(one, **changes) for one in data.samples))
        with pytest.raises(TrainingError, match=match):
            train_bundle(changed, tmp_path / "b", report=quiet, **SETTINGS)
        assert not (tmp_path / "b").exists()

    refused("learns from masks, and not every picture here has one: choose a background model", mask=None)
    refused("lack one for each", label=None, boxes=np.zeros((0, 4), np.float32))
    for name, value, words in (("reads", "cutout", "not its cut-out"), ("input_size", 100, "divisible by 32")):
        with pytest.raises(TrainingError, match=words):
            make_plan("fast", ("segmenter",), None, {"segmenter": {name: value}})
    assert make_plan("fast", ("segmenter",), 3, {}).segmenter == replace(RECIPES["fast"].segmenter, epochs=3)
