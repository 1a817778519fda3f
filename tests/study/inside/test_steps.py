"""A detector's steps: the last is what it predicts, for every architecture, and each comes from the one before."""

from typing import Any

import numpy as np
import pytest
import torch
from small_detectors import SMALL, lively, look
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import batched_nms, nms

from smallimg.bundles.bundle import CHECKPOINTS
from smallimg.errors import BundleError
from smallimg.networks.detectors.pyramid import MEAN, STD
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.study.explain.detector import finder_of
from smallimg.study.inside.detector import InsideDetector, proposes, steps_of
from smallimg.study.inside.steps import Rated
from smallimg.study.inside.suppression import put_aside_by

EXAMPLES = CHECKPOINTS.parent / "assets" / "examples"


@pytest.mark.parametrize("architecture", SMALL)
def test_the_last_step_is_what_the_network_predicts(architecture: str) -> None:
    asked, seen = lively(architecture), look()
    boxes, scores = finder_of(asked)(seen)
    with torch.inference_mode():
        steps = steps_of(asked.network, seen)
    assert len(boxes)
    np.testing.assert_allclose(steps.final.boxes, boxes, atol=1e-3)
    np.testing.assert_allclose(steps.final.scores, scores, atol=1e-5)
    kept = put_aside_by(steps.candidates, steps.overlap) < 0
    np.testing.assert_allclose(steps.candidates.boxes[kept][: steps.most], boxes, atol=1e-3)
    np.testing.assert_array_equal(steps.candidates.labels[kept][: steps.most], steps.final.labels)
    assert proposes(asked.network) == (len(steps.proposals) > 0 and not steps.are_given)


@pytest.mark.parametrize("architecture", ["compact_fasterrcnn", "retinanet", "ssd", "fcos", "yolo_grid"])
def test_every_candidate_comes_from_a_place_that_says_so(architecture: str) -> None:
    """In two stages: every proposal."""
    asked = lively(architecture)
    with torch.inference_mode():
        steps = steps_of(asked.network, look())
    said = [level for level in steps.levels if len(level.anchors)]
    moved = np.concatenate([level.moved.reshape(-1, 4) for level in said]).clip(0, 64)
    scores = np.concatenate([level.scores.ravel() for level in said])
    found = steps.proposals if len(steps.proposals) else steps.candidates
    for box, score in list(zip(found.boxes, found.scores, strict=True))[:20]:
        near = np.abs(moved - box).max(axis=1) < 1e-2
        assert near.any()
        if architecture == "compact_fasterrcnn":
            assert np.abs(scores[near] - score).min() < 1e-4
        else:  # of the classes, the likeliest
            assert scores[near].max() > score - 1e-4


def test_anchors_lie_where_torchvision_puts_them() -> None:
    asked = lively("compact_fasterrcnn")
    with torch.inference_mode():
        steps = steps_of(asked.network, look())
        moves = [level.moved for level in steps.levels]
    assert [level.step for level in steps.levels] == [4, 8, 16, 32]
    assert [one.shape for one in moves] == [(16, 16, 3, 4), (8, 8, 3, 4), (4, 4, 3, 4), (2, 2, 3, 4)]
    for level, side in zip(steps.levels, (8, 16, 24, 32), strict=True):
        areas = (level.anchors[:, 2:] - level.anchors[:, :2]).prod(axis=1)
        np.testing.assert_allclose(areas, side**2, rtol=0.2)
        np.testing.assert_allclose(level.anchors[:, :2], -level.anchors[:, 2:])


def test_a_cut_is_what_the_second_stage_reads() -> None:
    asked = lively("compact_fasterrcnn", channels=1)
    network: Any = asked.network
    with torch.inference_mode():
        steps = steps_of(network, look())
        images, _ = network.transform([torch.from_numpy(look()).float() / 255])
        maps = network.backbone(images.tensors)
        boxes = torch.from_numpy(steps.proposals.boxes)
        pooled = network.roi_heads.box_roi_pool(maps, [boxes], images.image_sizes)
    assert len(steps.cuts) == len(pooled) > 5
    for cut, true in zip(steps.cuts, pooled[:, 0].numpy(), strict=True):
        np.testing.assert_allclose(cut.align, true, atol=1e-5)
        level = maps[str(cut.level)][0, 0].numpy()
        (left, top), (height, width) = cut.corner, cut.part.shape
        np.testing.assert_array_equal(cut.part, level[top : top + height, left : left + width])
        x1, y1, x2, y2 = cut.rounded.astype(int)
        assert cut.pool.max() == pytest.approx(level[max(y1, 0) : y2, max(x1, 0) : x2].max())
        assert np.abs(cut.rounded - cut.box).max() <= 1.5


def test_a_box_is_put_aside_by_the_better_one_it_overlaps() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [8, 0, 18, 10], [7, 0, 17, 10], [0, 0, 10, 10]], np.float32)
    some = Rated(boxes, np.array([0.9, 0.8, 0.7, 0.6, 0.5], np.float32), np.array([0, 0, 0, 0, 1]))
    assert put_aside_by(some, 0.5).tolist() == [-1, 0, -1, 2, -1], "another class puts nothing aside"
    assert put_aside_by(some, 0.0).tolist() == [-1, 0, 0, 0, -1]
    assert put_aside_by(some, 1.0).tolist() == [-1] * 5


@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.7])
def test_as_torchvision_puts_them_aside(overlap: float) -> None:
    rng = np.random.default_rng(3)
    corners = rng.integers(0, 40, (150, 2))
    boxes = np.concatenate([corners, corners + rng.integers(5, 40, (150, 2))], axis=1).astype(np.float32)
    some = Rated(boxes, np.sort(rng.random(150).astype(np.float32))[::-1].copy(), rng.integers(0, 2, 150))
    true = batched_nms(*(torch.from_numpy(one) for one in (some.boxes, some.scores, some.labels)), overlap)
    assert np.flatnonzero(put_aside_by(some, overlap) < 0).tolist() == true.tolist()
    assert len(nms(torch.from_numpy(boxes), torch.from_numpy(some.scores), overlap)) < len(true)


@pytest.mark.parametrize("bundle", ["everyday", "challenge"])
def test_a_shipped_detector_says_what_the_pipeline_says(bundle: str) -> None:
    inside = InsideDetector(Pipeline.load(bundle))
    seen = inside.look(open_image(EXAMPLES / "everyday" / "dog.jpg"))
    said = [box for box in seen.prediction.boxes if not box.of_cutout]
    final = seen.steps.final
    boxes = seen.place.to_picture(final.boxes).clip(0, np.tile(seen.prediction.size_wh, 2))
    assert said
    for one in said:
        near = np.abs(boxes - np.array(one.xyxy)).max(axis=1) < 1
        assert near.any()
        assert np.abs(final.scores[near] - one.score).min() < 1e-3


def test_a_bundle_without_a_detector_says_so() -> None:
    pipeline = Pipeline.load("challenge")
    del pipeline.bundle.stages["detector"]
    with pytest.raises(BundleError, match="“challenge” has no detector to look inside of"):
        InsideDetector(pipeline)


@pytest.mark.parametrize("architecture", ["compact_fasterrcnn", "retinanet"])
def test_a_network_that_scales_the_square_itself_has_its_steps_in_the_square(architecture: str) -> None:
    """As torchvision's own do."""
    asked = lively(architecture)
    network: Any = asked.network
    network.transform = GeneralizedRCNNTransform(96, 96, list(MEAN), list(STD)).eval()
    with torch.inference_mode():
        steps = steps_of(network, look())
    np.testing.assert_allclose(steps.final.boxes, finder_of(asked)(look())[0], atol=1e-2)
    assert steps.side == 64
    assert [level.step * len(level.strength) for level in steps.levels] == pytest.approx([64] * len(steps.levels))
    assert np.abs(steps.candidates.boxes).max() <= 64 + 1e-3
