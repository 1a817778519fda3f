"""Calibration: probabilities that fit how often they are right, and a sign of what was never met."""

import pytest
import torch

from smallimg.calibration import FEWEST, MARKS, energy, energy_marks, familiarity, fit_temperature


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(temperature: float) -> None:
    torch.manual_seed(0)
    logits = torch.randn(20_000, 5) * 2
    labels = torch.distributions.Categorical(logits=logits).sample()
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.05)


def test_it_fits_where_gradients_are_off() -> None:
    with torch.inference_mode():
        assert fit_temperature(torch.eye(3) * 4, torch.arange(3)) > 0


def test_a_perfect_classifier_has_a_temperature_too() -> None:
    assert 0.05 <= fit_temperature(torch.eye(4) * 9, torch.arange(4)) < 1


def test_familiarity_is_the_share_of_what_is_stranger() -> None:
    torch.manual_seed(0)
    known = torch.randn(5_000, 3) * 4
    marks = energy_marks(known, known.argmax(dim=1))
    assert (len(marks), sorted(marks)) == (MARKS, list(marks))
    values = energy(known)
    for share in (0.1, 0.5, 0.9):
        assert familiarity(values.quantile(share).item(), marks) == pytest.approx(share, abs=0.02)
    assert familiarity(-100.0, marks) == 0
    assert familiarity(100.0, marks) == 1


def test_a_handful_of_objects_says_nothing_about_strangers() -> None:
    logits = torch.randn(FEWEST, 3)
    assert energy_marks(logits[1:], logits[1:].argmax(dim=1)) == ()
    assert len(energy_marks(logits, logits.argmax(dim=1))) == MARKS


def test_what_is_named_wrong_is_no_measure_of_the_known() -> None:
    torch.manual_seed(0)
    sure, unsure = torch.eye(3).repeat(50, 1) * 9, torch.eye(3).repeat(50, 1) * 0.1
    right, wrong = sure.argmax(dim=1), (unsure.argmax(dim=1) + 1) % 3
    assert energy_marks(torch.cat([sure, unsure]), torch.cat([right, wrong])) == energy_marks(sure, right)
