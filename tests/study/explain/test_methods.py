"""Every method against what is known: planted evidence, and what its own arithmetic must come to."""

import numpy as np
import pytest
import torch
from planted import SIDE, SmallNetwork, learned, planted
from torch.nn import functional as F

from smallimg.errors import BundleError
from smallimg.study.explain.classifier import last_features
from smallimg.study.explain.gradcam import gradcam
from smallimg.study.explain.integrated_gradients import integrated_gradients
from smallimg.study.explain.methods import METHODS
from smallimg.study.explain.occlusion import occlude
from smallimg.study.explain.sanity import shuffled
from smallimg.study.explain.targets import class_logit, contrast

N = 60


@pytest.fixture(scope="module")
def straight() -> SmallNetwork:
    return learned()


@pytest.fixture(scope="module")
def mirrored() -> SmallNetwork:
    return learned(mirrored=True)


@pytest.fixture(params=["straight", "mirrored"])
def network(request: pytest.FixtureRequest) -> SmallNetwork:
    return request.getfixturevalue(request.param)


def hits(network: SmallNetwork, method: str) -> float:
    """The pointing game: on how many pictures the hottest pixel is on the patch that decides."""
    pixels, labels, where = planted(N, seed=7)
    found = 0
    for label in (0, 1):
        chosen = labels == label
        heat = METHODS[method].explain(network, torch.from_numpy(pixels[chosen]).float(), class_logit(label))
        assert heat.shape == (chosen.sum(), SIDE, SIDE)
        found += sum(bool(place.ravel()[one.argmax()]) for one, place in zip(heat, where[chosen], strict=True))
    return found / N


@pytest.mark.parametrize("method", METHODS)
def test_planted_evidence_is_found(network: SmallNetwork, method: str) -> None:
    assert hits(network, method) >= 0.95


@pytest.mark.parametrize("method", ["gradcam", "layercam", "integrated-gradients"])
def test_a_network_that_knows_nothing_does_not_find_it(network: SmallNetwork, method: str) -> None:
    assert hits(shuffled(network, seed=0), method) < 0.8


def test_grad_cam_is_the_class_activation_map_where_a_pooling_is_followed_by_one_layer(straight: SmallNetwork) -> None:
    """Zhou et al., 2016: then it is the last layer's weights times the features."""
    x = torch.from_numpy(planted(4, seed=3)[0]).float()
    with torch.inference_mode():
        features = straight.body(x)
        weights = straight.head[-1].weight[1]
        by_hand = torch.einsum("c,nchw->nhw", weights, features).relu() / features.shape[2] / features.shape[3]
        expected = F.interpolate(by_hand[:, None], (SIDE, SIDE), mode="bilinear")[:, 0]
    torch.testing.assert_close(gradcam(straight, x, class_logit(1)), expected, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_a_mirrored_network_has_a_mirrored_map_of_a_mirrored_picture(mirrored: SmallNetwork, method: str) -> None:
    x = torch.from_numpy(planted(2, seed=5)[0]).float()
    explain = METHODS[method].explain
    there, back = explain(mirrored, x, class_logit(0)), explain(mirrored, x.flip(-1), class_logit(0)).flip(-1)
    torch.testing.assert_close(there, back, atol=2e-3 * float(there.abs().max()), rtol=0)


def test_integrated_gradients_add_up_to_what_the_picture_has_more_than_grey(network: SmallNetwork) -> None:
    x = torch.from_numpy(planted(6, seed=4)[0]).float()
    target = class_logit(0)
    with torch.inference_mode():
        more = target(network(x)) - target(network(torch.full_like(x, 128)))
    total = integrated_gradients(network, x, target, steps=128).sum(dim=(1, 2))
    torch.testing.assert_close(total, more, atol=0.05 * float(more.abs().max()), rtol=0)


def test_a_contrast_is_the_difference_of_the_two_maps(network: SmallNetwork) -> None:
    x = torch.from_numpy(planted(3, seed=6)[0]).float()
    one, other = (integrated_gradients(network, x, class_logit(label)) for label in (0, 1))
    torch.testing.assert_close(integrated_gradients(network, x, contrast(0, 1)), one - other, atol=1e-3, rtol=1e-3)


def test_occlusion_is_the_mean_fall_over_the_patches_that_hide_a_pixel() -> None:
    rng = np.random.default_rng(0)
    look = rng.integers(0, 256, (3, 12, 12), dtype=np.uint8)
    weights = rng.normal(size=(3, 12, 12))

    def scores(pictures: np.ndarray) -> np.ndarray:
        return np.tensordot(pictures.astype(float), weights, 3)

    heat = occlude(look, scores, patch=1 / 3, step=1 / 6)  # 4 pixels that move by 2
    falls: dict[tuple[int, int], list[float]] = {}
    for top in range(-2, 11, 2):
        for left in range(-2, 11, 2):
            hidden = look.copy()
            rows, columns = range(max(top, 0), min(top + 4, 12)), range(max(left, 0), min(left + 4, 12))
            for row in rows:
                hidden[:, row, columns.start : columns.stop] = 128
            fall = float(scores(look[None])[0] - scores(hidden[None])[0])
            for row in rows:
                for column in columns:
                    falls.setdefault((row, column), []).append(fall)
    expected = np.array([[np.mean(falls[row, column]) for column in range(12)] for row in range(12)])
    np.testing.assert_allclose(heat, expected, rtol=1e-3, atol=0.5)


def test_the_last_features_are_found_whatever_comes_behind(network: SmallNetwork) -> None:
    x = torch.zeros(1, 3, SIDE, SIDE)
    assert last_features(network, x) is network.features
    assert last_features(network, x, places=20) is network.features[2]  # the only ones of 24 × 24


def test_a_network_without_places_is_told() -> None:
    network = SmallNetwork()
    network.features = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Conv2d(3, 16, 1))
    network.body = network.features.forward
    with pytest.raises(BundleError, match="use occlusion"):
        last_features(network.eval(), torch.zeros(1, 3, 8, 8))
