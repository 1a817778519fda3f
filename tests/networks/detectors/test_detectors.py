"""Every detector of ours: it says as a file what it says in torch, in one class or several, and learns from nothing."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from smallimg.bundles.sessions import DetectorSession
from smallimg.errors import TrainingError
from smallimg.networks.detectors import DETECTORS, build_detector
from smallimg.networks.detectors.kinds import needs_proposals
from smallimg.networks.detectors.pyramid import MEAN, STD
from smallimg.networks.detectors.torchvisions import BUILDERS
from smallimg.networks.onnx_files import load_weights, same_boxes, write_network

TRUNK = {"widths": [8, 8, 16, 16], "blocks": [1, 1, 1, 1], "input_size": 64}
#: After which it is sure enough to say something, and far from saying the same everywhere.
STEPS = 20
#: Architecture → arguments of a small one.
SMALL: dict[str, dict[str, Any]] = {
    "compact_fasterrcnn": TRUNK | {"channels": 8, "anchors": [8, 16, 24, 32]},
    "retinanet": TRUNK | {"channels": 16, "anchors": [12, 20, 32]},
    "ssd": TRUNK | {"channels": 16},
    "fcos": TRUNK | {"channels": 32},
    "yolo_grid": TRUNK | {"channels": 16, "anchors": [16, 24, 32]},
    "mask_rcnn": TRUNK | {"channels": 8, "anchors": [8, 16, 24, 32], "hidden": 8},
    "sliding_window": {"widths": [8, 8], "crop": 16, "input_size": 64},
    "rcnn": {"widths": [8, 8], "crop": 16, "input_size": 64},
    "fast_rcnn": TRUNK | {"channels": 8},
    "localizer": TRUNK | {"channels": 8, "hidden": 16},
}


def small(architecture: str, **arguments: Any) -> nn.Module:
    torch.manual_seed(0)
    return build_detector(architecture, SMALL[architecture] | arguments)


def noise(n: int) -> Tensor:
    return torch.randint(0, 256, (n, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(n))


def truth(*labels: int) -> dict[str, Tensor]:
    """An object for each label, one beside the other."""
    boxes = [[4.0 + 20 * index, 10, 24 + 18 * index, 40] for index in range(len(labels))]
    masks = torch.zeros(len(labels), 64, 64, dtype=torch.uint8)
    for mask, (x1, y1, x2, y2) in zip(masks, boxes, strict=True):
        mask[int(y1) : int(y2), int(x1) : int(x2)] = 1
    labelled = torch.tensor(labels, dtype=torch.int64)
    return {"boxes": torch.tensor(boxes).reshape(-1, 4), "labels": labelled, "masks": masks}


def told(network: nn.Module, n: int) -> tuple[list[Tensor], ...]:
    """Where objects may be in each of n pictures, for a network that has to be told."""
    corners = torch.tensor([[x, y, x + 20.0, y + 30.0] for x in (0, 4, 20, 40) for y in (0, 10, 34)])
    return ([corners] * n,) if needs_proposals(network) else ()


def asked(network: nn.Module, pictures: Tensor) -> list[dict[str, Tensor]]:
    """What it finds in uint8 pictures [n, 3, side, side]."""
    given = told(network, len(pictures))
    with torch.inference_mode():
        found: list[dict[str, Tensor]] = network(list(pictures / 255), *((None, *given) if given else ()))
    return found


def practised(network: nn.Module, *labels: int) -> nn.Module:
    """A network after a few steps on two pictures."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    pictures = list(noise(2) / 255)
    for norm in (one for one in network.modules() if isinstance(one, nn.BatchNorm2d)):
        norm.momentum = 0.5
    for _ in range(STEPS):
        sum(network.train()(pictures, [truth(*labels)] * 2, *told(network, 2)).values()).backward()
        optimizer.step()
        optimizer.zero_grad()
    return network.eval()


def test_there_is_a_small_one_of_each() -> None:
    assert SMALL.keys() | BUILDERS.keys() | {"fasterrcnn_resnet50_fpn"} == DETECTORS.keys()


@pytest.mark.parametrize("architecture", SMALL)
def test_the_file_says_what_torch_says_and_every_weight_comes_back(tmp_path: Path, architecture: str) -> None:
    network, other = practised(small(architecture), 1, 1), small(architecture)
    file = tmp_path / "it.onnx"
    write_network(network, file, stage="detector", side=64)
    load_weights(other.eval(), file)
    session, shares, count = DetectorSession(file, side=64), [], 0
    for picture in noise(3):
        (true,), (again,) = asked(network, picture[None]), asked(other, picture[None])
        said = session.run(picture[None].numpy(), *(one.numpy() for (one,) in told(network, 1)))[:2]
        shares.append(same_boxes(np.column_stack(said), torch.column_stack([true["boxes"], true["scores"]]).numpy()))
        torch.testing.assert_close(again["boxes"], true["boxes"], atol=1e-3, rtol=0)
        assert (true["scores"].diff() <= 0).all(), "best first"
        count += len(true["boxes"])
    assert min(shares) >= 0.5
    assert np.mean(shares) > 0.75, "but for a few between which it wavers"
    assert count > 0, "nothing was compared"


@pytest.mark.parametrize("architecture", SMALL)
def test_a_batch_with_a_picture_of_nothing_has_losses(architecture: str) -> None:
    network = small(architecture).train()
    pictures, given = list(noise(2) / 255), told(network, 2)
    losses = network(pictures, [truth(1), truth()], *given)
    assert all(value.isfinite() for value in losses.values())
    sum(losses.values()).backward()
    losses = network(pictures, [truth(), truth()], *given)
    assert all(value.isfinite() for value in losses.values()), "nor need any picture show something"


@pytest.mark.parametrize("architecture", SMALL)
def test_with_names_each_box_has_one(architecture: str) -> None:
    network = practised(small(architecture, n_classes=3), 3)
    (found,) = asked(network, noise(2)[:1])
    assert found["labels"].tolist()[0] == 3, "the only name it ever heard"


@pytest.mark.parametrize("n_classes", [1, 3])
@pytest.mark.parametrize("architecture", ["compact_fasterrcnn", "mask_rcnn", "retinanet", "ssd", "fcos"])
def test_losses_are_those_of_torchvisions_own_module(architecture: str, n_classes: int) -> None:
    """Same weights, torchvision's class with its own transform and without what we hang on it."""
    ours = small(architecture, n_classes=n_classes).train()
    theirs = copy.deepcopy(ours)
    for part in theirs.modules():
        part._forward_hooks.clear()
    theirs.transform = GeneralizedRCNNTransform(64, 64, list(MEAN), list(STD))
    theirs.transform.torch_choice = lambda sizes: sizes[0]  # it draws a size, even of one
    assert type(theirs).__module__.startswith("torchvision."), "the class itself is torchvision's"
    pictures, targets = list(noise(2) / 255), [truth(1, n_classes), truth(n_classes)]
    losses = []
    for network in (ours, theirs):
        torch.manual_seed(1)  # which boxes it learns from is drawn
        losses.append(network(pictures, [dict(target) for target in targets]))
    assert losses[0].keys() == losses[1].keys()
    for name, value in losses[1].items():
        torch.testing.assert_close(losses[0][name], value, msg=name)


def test_a_masks_network_draws_what_it_learned() -> None:
    network = practised(small("mask_rcnn"), 1)
    (found,) = asked(network, noise(2)[:1])
    assert found["masks"].shape[1:] == (1, 64, 64)
    assert ((found["masks"] >= 0) & (found["masks"] <= 1)).all()
    with pytest.raises(TrainingError, match="scores overlaps has no masks"):
        small("mask_rcnn", scores_overlap=True)


def test_names_and_overlaps_do_not_go_together() -> None:
    with pytest.raises(TrainingError, match="an overlap is of one class"):
        small("compact_fasterrcnn", scores_overlap=True, n_classes=2)


def test_boxes_are_the_same_in_any_order_and_others_are_not() -> None:
    one = np.array([[0, 0, 9, 9, 0.9], [20, 20, 30, 40, 0.6]], np.float32)
    nothing = np.zeros((0, 5), np.float32)
    assert same_boxes(one, one[::-1] + 1e-4) == 1
    assert same_boxes(one, one[:1]) == pytest.approx(2 / 3)
    assert same_boxes(one, one + np.float32((1, 0, 0, 0, 0))) == 0
    assert (same_boxes(nothing, nothing), same_boxes(one, nothing)) == (1, 0)
