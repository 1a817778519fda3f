"""Calibration: probabilities that fit how often they are right, and a sign of what was never met."""

import math

import pytest
import torch

from smallimg.calibration import (
    MARKS,
    MOST_REFUSED,
    energy,
    familiarity,
    fit_temperature,
    marks,
    refused_share,
)
from smallimg.intervals import FEWEST


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(temperature: float) -> None:
    torch.manual_seed(0)
    logits = torch.randn(20_000, 5) * 2
    labels = torch.distributions.Categorical(logits=logits).sample()
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.05)


def test_it_fits_where_gradients_are_off() -> None:
    with torch.inference_mode():
        assert fit_temperature(torch.eye(3) * 4, torch.arange(3)) > 0


@pytest.mark.parametrize("n", [2, 7, 16])
def test_a_handful_of_right_answers_does_not_make_sure(n: int) -> None:
    logits = torch.eye(3)[torch.arange(n) % 3] * 4
    temperature = fit_temperature(logits, logits.argmax(dim=1))
    assert temperature > 0.8
    assert (logits / temperature).softmax(dim=1).amax() < 0.99


def test_the_more_pictures_say_it_the_surer_it_gets() -> None:
    logits = torch.eye(3) * 4
    few, some, many = (fit_temperature(logits.repeat(n, 1), torch.arange(3).repeat(n)) for n in (1, 20, 2_000))
    assert few > some > many


def test_a_handful_of_wrong_answers_is_heard() -> None:
    logits = torch.eye(3)[torch.arange(7) % 3] * 9
    labels = logits.argmax(dim=1)
    labels[:2] = (labels[:2] + 1) % 3
    temperature = fit_temperature(logits, labels)
    assert 2 < temperature < 20, "surely wrong twice in seven, and still a number that says something"
    assert (logits / temperature).softmax(dim=1).amax() < 0.95


def test_familiarity_is_the_share_of_what_is_stranger() -> None:
    torch.manual_seed(0)
    values = energy(torch.randn(5_000, 3) * 4)
    quantiles = marks(values)
    assert (len(quantiles), sorted(quantiles)) == (MARKS, list(quantiles))
    for share in (0.1, 0.5, 0.9):
        assert familiarity(values.quantile(share).item(), quantiles) == pytest.approx(share, abs=0.02)
    assert familiarity(-100.0, quantiles) == 0
    assert familiarity(100.0, quantiles) == 1


@pytest.mark.parametrize("n", [3, 10, FEWEST - 1])
def test_a_handful_of_objects_has_marks_too(n: int) -> None:
    torch.manual_seed(0)
    values = torch.randn(n) * 0.1 + 0.8
    quantiles = marks(values)
    assert (len(quantiles), sorted(quantiles)) == (MARKS, list(quantiles))
    assert all(math.isfinite(mark) for mark in quantiles)
    assert familiarity(values.mean().item(), quantiles) == pytest.approx(0.5, abs=0.01)
    assert familiarity(values.min().item() - 0.3, quantiles) == 0
    assert marks(values[:2]) == ()
    assert len(set(marks(torch.full((n,), 0.5)))) == 1, "all alike"


def test_the_more_the_classes_look_alike_the_more_is_refused() -> None:
    torch.manual_seed(0)
    known = marks(torch.randn(1_000) * 0.05 + 0.8)
    apart, near, same = (refused_share(known, torch.randn(1_000) * 0.05 + middle) for middle in (0.3, 0.67, 0.8))
    assert apart == 0.05
    assert apart < near < same == MOST_REFUSED
    assert refused_share((), torch.ones(5)) == 0.05
