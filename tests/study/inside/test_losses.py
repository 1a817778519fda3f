"""The losses of a detector where the true box is told: those of training, and the network stays as it was."""

import copy

import numpy as np
import pytest
import torch
from small_detectors import SMALL, lively, look

from smallimg.bundles.bundle import CHECKPOINTS
from smallimg.errors import DataError
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.runs.plots import LOSSES, NAMES
from smallimg.study.inside.detector import InsideDetector
from smallimg.study.inside.losses import losses_of

SQUARE = (20.0, 16.0, 40.0, 44.0)


@pytest.mark.parametrize("architecture", SMALL)
def test_every_detector_says_how_far_off_it_is_and_stays_as_it_was(architecture: str) -> None:
    network = lively(architecture).network
    before = copy.deepcopy(network.state_dict())
    losses = losses_of(network, look(), SQUARE)
    assert losses
    assert set(losses) <= set(LOSSES["detector"]) & set(NAMES), "each has a curve"
    assert all(np.isfinite(loss) and loss >= 0 for loss in losses.values())
    assert losses_of(network, look(), SQUARE) == losses
    assert not any(module.training for module in network.modules())
    for name, weight in network.state_dict().items():
        torch.testing.assert_close(weight, before[name], rtol=0, atol=0)


def test_a_true_box_elsewhere_is_further_off() -> None:
    inside = InsideDetector(Pipeline.load("everyday"))
    seen = inside.look(open_image(CHECKPOINTS.parent / "assets" / "examples" / "everyday" / "dog.jpg"))
    x1, y1, x2, y2 = (float(one) for one in seen.steps.final.boxes[0])
    near = inside.losses(seen.look, (x1, y1, x2, y2))
    assert set(near) == {"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"}
    side = seen.look.shape[1]
    far = inside.losses(seen.look, (0.0, 0.0, 0.2 * side, 0.2 * side))
    assert far["loss_classifier"] > near["loss_classifier"]
    assert far["loss_objectness"] > near["loss_objectness"]
    with pytest.raises(DataError, match="reload the page"):
        inside.losses(seen.look[:, :10, :10], (0.0, 0.0, 5.0, 5.0))
