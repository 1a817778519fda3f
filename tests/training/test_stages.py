"""Training: it learns, it repeats with its seed, and it says what it cannot do."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from smallimg.bundles.bundle import load_bundle
from smallimg.data.dataset import Dataset
from smallimg.data.formats import read_dataset
from smallimg.errors import TrainingError
from smallimg.training.bundle import train_bundle
from smallimg.training.classifier import fit_classifier, validation_logits
from smallimg.training.detector import fit_detector
from smallimg.training.loop import Progress
from smallimg.training.parts import make_views
from smallimg.training.recipes import RECIPES, Augment, StageRecipe
from smallimg.training.remover import fit_remover, mask_iou
from smallimg.training.tensors import Tensors, load_tensors

SMALL = {"patch": 2, "stem": 8, "widths": [8, 16]}
STILL = Augment(flip=False, degrees=0, shift=0, brightness=0, contrast=0)


def squares(n: int, side: int = 64) -> Tensors:
    """Bright squares (class 0) or dark ones (class 1) on noise, with boxes and masks."""
    rng = np.random.default_rng(n)
    pixels = rng.integers(90, 160, (n, 3, side, side), dtype=np.uint8)
    alpha = np.zeros((n, 1, side, side), np.uint8)
    boxes, labels = [], rng.integers(0, 2, n)
    for index, label in enumerate(labels):
        size = rng.integers(side // 4, side // 2)
        x, y = rng.integers(0, side - size, 2)
        pixels[index, :, y : y + size, x : x + size] = 240 if label == 0 else 10
        alpha[index, :, y : y + size, x : x + size] = 255
        boxes.append(torch.tensor([[x, y, x + size, y + size]], dtype=torch.float32))
    return Tensors(torch.from_numpy(pixels), torch.from_numpy(alpha), tuple(boxes), torch.from_numpy(labels))


def test_the_classifier_learns() -> None:
    recipe = StageRecipe("compact_resnet", 32, 4, 8, 8e-3, STILL, SMALL, margin=0.2)
    seen: list[Progress] = []
    _, best = fit_classifier(
        replace(squares(96), alpha=None),
        replace(squares(40), alpha=None),
        n_classes=2,
        recipe=recipe,
        seed=0,
        report=seen.append,
    )
    assert best["val_accuracy"] > 0.95
    epochs = [progress for progress in seen if progress.metrics]
    assert [progress.epoch for progress in epochs] == [1, 2, 3, 4]
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "val_precision", "learning_rate"} <= set(epochs[0].metrics)


def test_the_same_seed_gives_the_same_network() -> None:
    recipe = StageRecipe("compact_resnet", 32, 1, 16, 2e-3, Augment(), SMALL)
    weights = []
    for seed in (5, 5, 6):
        network, _ = fit_classifier(
            squares(32), squares(16), n_classes=2, recipe=recipe, seed=seed, report=lambda _: None
        )
        weights.append(network.state_dict()["head.3.weight"])
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_detector_learns_and_logs_its_four_losses() -> None:
    small = {"widths": [16, 16, 32, 32], "channels": 32, "anchors": [16, 24, 32, 48], "input_size": 64}
    recipe = StageRecipe("compact_fasterrcnn", 64, 8, 8, 4e-3, replace(STILL, paste=0.5), small, reads="image")
    curve: list[dict[str, float]] = []
    _, best = fit_detector(
        squares(96),
        squares(24),
        recipe=recipe,
        seed=0,
        report=lambda progress: curve.append(progress.metrics) if progress.metrics else None,
    )
    four = {"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"}
    assert four | {"val_iou", "val_map"} <= set(curve[0])
    assert best["val_iou"] > max(0.45, curve[0]["val_iou"])


def test_the_remover_learns() -> None:
    small = {"widths": [8, 16, 16], "blocks": [1, 1, 1]}
    recipe = StageRecipe("small_unet", 64, 5, 8, 5e-3, replace(STILL, paste=0.5), small, half_size_until=0.5)
    _, best = fit_remover(squares(64), squares(16), recipe=recipe, seed=0, report=lambda _: None)
    assert best["val_iou"] > 0.6
    assert {"loss_bce", "loss_iou", "val_iou_pasted", "val_mae"} <= set(best)


def test_a_loss_that_explodes_is_said() -> None:
    recipe = StageRecipe("compact_resnet", 32, 3, 16, float("inf"), STILL, SMALL)
    with pytest.raises(TrainingError, match="lower its learning rate"):
        fit_classifier(squares(64), squares(8), n_classes=2, recipe=recipe, seed=0, report=lambda _: None)


def test_a_ground_that_gives_the_class_away_does_so_no_more() -> None:
    plain = squares(64)
    assert plain.alpha is not None
    ground = torch.tensor([30, 200], dtype=torch.uint8)[plain.labels].reshape(-1, 1, 1, 1)
    wide = torch.nn.functional.max_pool2d(plain.alpha.float(), 9, stride=1, padding=4) > 0  # no ground on its edge
    telling = replace(plain, pixels=torch.where(wide, torch.tensor(120, dtype=torch.uint8), ground))
    accuracy = {}
    for paste in (0.0, 1.0):
        recipe = StageRecipe(
            "compact_resnet", 32, 5, 8, 2e-3, replace(STILL, paste=paste), SMALL, margin=1.0, reads="image"
        )
        _, best = fit_classifier(telling, telling, n_classes=2, recipe=recipe, seed=0, report=lambda _: None)
        accuracy[paste] = best["accuracy"]
    assert accuracy[0.0] > 0.9
    assert accuracy[1.0] < 0.75


def test_strangers_get_no_name() -> None:
    data = squares(64)
    noise = torch.randint(0, 256, data.pixels.shape, dtype=torch.uint8)
    strangers = Tensors(noise, None, tuple(torch.zeros(0, 4) for _ in noise), torch.full((64,), -1))
    recipe = StageRecipe("compact_resnet", 32, 15, 8, 4e-3, STILL, SMALL, margin=1.0, reads="image")
    sure = []
    for others in (None, strangers):
        network, best = fit_classifier(
            data, data, n_classes=2, recipe=recipe, seed=0, report=lambda _: None, strangers=others
        )
        assert best["val_accuracy"] > 0.9
        assert ("loss_strangers" in best) == (others is not None)
        sure.append(validation_logits(network, strangers, recipe).softmax(dim=1).amax(dim=1).mean().item())
    assert sure[1] < 0.6 < sure[0]
    assert sure[1] < sure[0] - 0.1


def test_views_change_the_ground_and_keep_the_truth() -> None:
    data = squares(4)
    views = make_views(data, lambda pixels: torch.full_like(pixels[:, :1], 9), count=3, seed=0)
    assert (views.views, len(views)) == (3, 4)
    assert views.alpha is not None
    assert (views.alpha == 9).all(), "the masks that prediction would have, not the true ones"
    assert torch.equal(views.pixels[:4], data.pixels)
    assert data.alpha is not None
    inside = data.alpha.expand(-1, 3, -1, -1) > 0
    for start in (4, 8):
        view = views.pixels[start : start + 4]
        assert torch.equal(view[inside], data.pixels[inside])
        assert (view[~inside] != data.pixels[~inside]).float().mean() > 0.8


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
    again = {"epochs": 1, "background": "none", "report": lambda _: None}
    for seed in (1, 2):
        train_bundle(data, tmp_path / "b", stages=("classifier",), seed=seed, **again)
    bundle = load_bundle(tmp_path / "b")
    assert (set(bundle.stages), bundle.background, bundle.card["seed"]) == ({"classifier"}, "none", 2)
    assert bundle.stages["classifier"].reads == "image"


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
    with pytest.raises(TrainingError, match="a class for every picture"):
        train_bundle(stripped(label=None), out, stages=("classifier",), **quiet)


def test_tensors_hold_what_the_files_hold(tiny_challenge: Path) -> None:
    data = read_dataset(tiny_challenge)
    tensors = load_tensors(data, 64)
    assert tensors.alpha is not None
    assert (len(tensors), tensors.views, tensors.side) == (len(data.samples), 1, 64)
    for index, sample in enumerate(data.samples):
        assert tensors.boxes[index].tolist() == sample.boxes.tolist()
        x1, y1, x2, y2 = (int(value) for value in sample.boxes[0])
        assert tensors.alpha[index, 0, y1:y2, x1:x2].any()
        assert tensors.alpha[index].count_nonzero() == tensors.alpha[index, 0, y1:y2, x1:x2].count_nonzero()


def test_some_of_the_tensors_and_none_of_the_boxes() -> None:
    tensors = squares(5)
    some = tensors.take(torch.tensor([3, 1, 3]))
    assert some.alpha is not None
    assert tensors.alpha is not None
    for row, index in enumerate((3, 1, 3)):
        assert torch.equal(some.pixels[row], tensors.pixels[index])
        assert torch.equal(some.alpha[row], tensors.alpha[index])
        assert torch.equal(some.boxes[row], tensors.boxes[index])
        assert some.labels[row] == tensors.labels[index]
    whole = tensors.without_boxes()
    assert [len(boxes) for boxes in whole.boxes] == [0] * 5
    assert torch.equal(whole.pixels, tensors.pixels)
    assert [len(boxes) for boxes in tensors.boxes] == [1] * 5


def test_overlap_of_masks() -> None:
    mask = torch.zeros(4, 1, 4, 4)
    mask[:3, :, :2] = 0.9  # the upper half; the last is empty
    true = torch.zeros(4, 1, 4, 4)
    true[0, :, :2] = 1  # the same half
    true[1, :, :, :2] = 1  # the left half: a quarter of the picture in common, three quarters covered
    true[2, :, 2:] = 1  # the other half
    assert mask_iou(mask, true).tolist() == pytest.approx([1, 1 / 3, 0, 0])


def test_the_papers_numbers() -> None:
    paper = RECIPES["paper"]
    assert (paper.detector.architecture, paper.detector.optimizer) == ("fasterrcnn_resnet50_fpn", "adam")
    assert paper.detector.learning_rate == 1e-4
    assert (paper.classifier.architecture, paper.classifier.input_size) == ("paper_cnn", 224)
    assert paper.classifier.augment.degrees == 10
