"""What a map is worth: its curves, its likeness to a shuffled network's, and the sentence that comes of them."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from smallimg.study.explain.faithfulness import Curves, Faithfulness, faithfulness
from smallimg.study.explain.sanity import rank_correlation, sameness, shuffled
from smallimg.study.explain.trust import Trust

SIDE = 16
CORNER = (slice(0, 4), slice(0, 4))


def corner_seen(looks: np.ndarray) -> np.ndarray:
    """A network that answers by how much of the white upper left corner is there, [n]."""
    return (np.abs(looks[:, 0, 0][:, *CORNER].astype(float) - 128) > 100).mean(axis=(1, 2))


@pytest.fixture
def picture() -> np.ndarray:
    look = np.full((1, 3, SIDE, SIDE), 100, np.uint8)
    look[0][:, *CORNER] = 255
    return look


def test_the_right_map_hides_and_shows_the_answer_at_once(picture: np.ndarray) -> None:
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[CORNER] = 1
    found = faithfulness([heat], picture, corner_seen, steps=16)  # the corner is a sixteenth
    assert found.map.deletion == pytest.approx(1 / 32)
    assert found.map.insertion >= 1 - 1 / 32
    assert found.map.gain > found.random.gain + 0.5 > found.middle.gain


def test_the_opposite_map_keeps_the_answer_to_the_last(picture: np.ndarray) -> None:
    heat = np.ones((SIDE, SIDE), np.float32)
    heat[CORNER] = 0
    assert faithfulness([heat], picture, corner_seen, steps=16).map.deletion == pytest.approx(1 - 1 / 32)


def test_rank_correlation_is_spearmans() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 5, (6, 6)).astype(np.float32)  # with ties
    second = first + rng.normal(size=(6, 6)).astype(np.float32)
    assert rank_correlation(first, second) == pytest.approx(spearmanr(first.ravel(), second.ravel()).statistic)
    assert rank_correlation(first, np.zeros_like(first)) == 0


def test_shuffling_moves_weights_and_keeps_them_all() -> None:
    layer = nn.Linear(8, 8)
    other = shuffled(layer, seed=0)
    assert not torch.equal(layer.weight, other.weight)
    assert torch.equal(layer.weight.flatten().sort().values, other.weight.flatten().sort().values)
    assert torch.equal(other.weight, shuffled(layer, seed=0).weight)


def test_a_map_of_the_picture_alone_is_the_same_and_one_of_the_weights_is_not() -> None:
    layer, edges = nn.Linear(20, 20), np.arange(400, dtype=np.float32).reshape(20, 20)
    assert sameness(edges, layer, lambda network: edges) == pytest.approx(1)
    weights = layer.weight.detach().numpy()
    assert abs(sameness(weights, layer, lambda network: network.weight.detach().numpy())) < 0.2


@pytest.mark.parametrize(
    ("gains", "same", "verdict", "words"),
    [
        ((0.6, 0.1, 0.3), 0.1, "good", "sooner than hiding the middle"),
        ((0.6, 0.1, 0.3), 0.8, "fair", "shuffled weights has nearly the same map"),
        ((0.6, 0.1, 0.3), -0.8, "fair", "nearly the same map, turned over"),
        ((0.2, 0.1, 0.3), 0.1, "fair", "no sooner than hiding the middle"),
        ((0.1, 0.1, 0.3), 0.1, "poor", "no sooner than hiding places at random"),
    ],
)
def test_the_verdict_and_its_sentence(gains: tuple[float, ...], same: float, verdict: str, words: str) -> None:
    trust = Trust(Faithfulness(*(Curves(0.2, 0.2 + gain) for gain in gains)), same)
    assert trust.verdict == verdict
    assert words in trust.sentence
    assert trust.as_dict()["faithfulness"]["map"] == {"deletion": 0.2, "insertion": pytest.approx(0.2 + gains[0])}
