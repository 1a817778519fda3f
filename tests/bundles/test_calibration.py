"""Calibration: probabilities that fit how often they are right, and a sign of what was never met."""

import math

import numpy as np
import pytest
import torch

from smallimg.bundles.calibration import (
    FEWEST,
    MARKS,
    MOST_REFUSED,
    energy,
    familiarity,
    fit_temperature,
    least_share,
    marks,
    refused_share,
    softmax,
)

RNG = np.random.default_rng(0)


def test_probabilities_and_energies_are_torchs() -> None:
    logits = np.array([[0.0, 1.0, -2.0], [700.0, 699.0, -700.0]], np.float32)
    np.testing.assert_allclose(softmax(logits), torch.from_numpy(logits).double().softmax(dim=1), atol=1e-12)
    np.testing.assert_allclose(energy(logits), torch.from_numpy(logits).double().logsumexp(dim=1), atol=1e-9)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(temperature: float) -> None:
    logits = RNG.normal(size=(20_000, 5)) * 2
    labels = (softmax(logits).cumsum(axis=1) < RNG.random((20_000, 1))).sum(axis=1)
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize("n", [2, 7, 16])
def test_a_handful_of_right_answers_does_not_make_sure(n: int) -> None:
    logits = np.eye(3)[np.arange(n) % 3] * 4
    temperature = fit_temperature(logits, logits.argmax(axis=1))
    assert temperature > 0.8
    assert softmax(logits / temperature).max() < 0.99


def test_the_more_pictures_say_it_the_surer_it_gets() -> None:
    logits = np.eye(3) * 4
    few, some, many = (fit_temperature(np.tile(logits, (n, 1)), np.tile(np.arange(3), n)) for n in (1, 20, 2_000))
    assert few > some > many


def test_a_handful_of_wrong_answers_is_heard() -> None:
    logits = np.eye(3)[np.arange(7) % 3] * 9
    labels = logits.argmax(axis=1)
    labels[:2] = (labels[:2] + 1) % 3
    temperature = fit_temperature(logits, labels)
    assert 2 < temperature < 20, "surely wrong twice in seven, and still a number that says something"
    assert softmax(logits / temperature).max() < 0.95


def test_familiarity_is_the_share_of_what_is_stranger() -> None:
    values = energy(RNG.normal(size=(5_000, 3)) * 4)
    quantiles = marks(values)
    assert (len(quantiles), sorted(quantiles)) == (MARKS, list(quantiles))
    for share in (0.1, 0.5, 0.9):
        assert familiarity(float(np.quantile(values, share)), quantiles) == pytest.approx(share, abs=0.02)
    assert familiarity(-100.0, quantiles) == 0
    assert familiarity(100.0, quantiles) == 1


@pytest.mark.parametrize("n", [3, 10, FEWEST - 1])
def test_a_handful_of_objects_has_marks_too(n: int) -> None:
    values = RNG.normal(size=n) * 0.1 + 0.8
    quantiles = marks(values)
    assert (len(quantiles), sorted(quantiles)) == (MARKS, list(quantiles))
    assert all(math.isfinite(mark) for mark in quantiles)
    assert familiarity(values.mean(), quantiles) == pytest.approx(0.5, abs=0.01)
    assert familiarity(values.min() - 0.3, quantiles) == 0
    assert marks(values[:2]) == ()
    assert len(set(marks(np.full(n, 0.5)))) == 1, "all alike"


def test_the_more_the_classes_look_alike_the_more_is_refused() -> None:
    known = marks(RNG.normal(size=1_000) * 0.05 + 0.8)
    apart, near, same = (refused_share(known, RNG.normal(size=1_000) * 0.05 + middle) for middle in (0.3, 0.67, 0.8))
    assert apart == 0.05
    assert apart < near < same == MOST_REFUSED
    assert refused_share((), np.ones(5)) == 0.05


def test_answers_are_given_from_where_they_keep_their_promise() -> None:
    shares = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    right = np.array([True, True, True, False, True, False])
    assert least_share(shares, right, promised=1.0) == 0.7
    assert least_share(shares, right, promised=0.8) == 0.5  # four of five, though three of four before it
    assert least_share(shares, right, promised=0.5) == 0.4
    mixed = np.array([2, 0, 5, 1, 4, 3])
    assert least_share(shares[mixed], right[mixed], promised=0.8) == 0.5


def test_where_even_the_surest_are_wrong_nothing_is_an_answer() -> None:
    assert least_share(np.array([0.9, 0.8]), np.array([False, True]), promised=0.9) == 1.0
    assert least_share(np.zeros(0), np.zeros(0, bool), promised=0.9) == 1.0
