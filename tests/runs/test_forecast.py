"""The arithmetic of a run's parts, and a countdown that holds on to the forecast until the run shows its own pace."""

import json
from pathlib import Path

import pytest

from smallimg.runs.forecast import FORECAST_FILE, PARTS, Countdown, Forecast, Part, doing, read_forecast

RUN = Forecast(
    {
        "start": Part(setup=5),
        "reading": Part(work=10),
        "remover": Part(setup=4, work=100, end=6, bend=(0.6, 0.3)),
        "cutouts": Part(setup=1, work=20),
        "classifier": Part(setup=2, work=50, end=3),
        "measuring": Part(setup=2, work=8),
    }
)


def test_a_part_is_its_setup_its_steps_and_its_end() -> None:
    part = RUN.parts["classifier"]
    assert part.seconds == 55
    assert [part.left(share) for share in (0, 0.5, 1)] == [53, 28, 3]
    assert RUN.seconds == 5 + 10 + 110 + 21 + 55 + 10


@pytest.mark.parametrize(("share", "spent"), [(0, 0), (0.3, 15), (0.6, 30), (0.8, 65), (1, 100)])
def test_early_steps_may_cost_less(share: float, spent: float) -> None:
    part = RUN.parts["remover"]
    assert part.spent(share) == pytest.approx(spent)
    assert part.left(share) == pytest.approx(106 - spent)


def test_a_run_that_keeps_to_its_forecast_counts_down_second_for_second() -> None:
    countdown, now, left = Countdown(RUN), 0.0, RUN.seconds
    for name, part in RUN.parts.items():
        assert countdown.at(name, 0.0, now) == pytest.approx((part.seconds, left - part.seconds))
        for share in (0.1, 0.25, 0.6, 0.9, 1.0):
            here, later = countdown.at(name, share, now + part.setup + part.spent(share)) or (0, 0)
            assert here == pytest.approx(part.left(share))
            assert later == pytest.approx(left - part.seconds)
        now, left = now + part.seconds, left - part.seconds
    assert left == pytest.approx(0)


def test_a_slower_run_is_believed_the_more_the_more_of_it_is_seen() -> None:
    countdown = Countdown(RUN)
    countdown.at("classifier", 0.0, 0)
    began = 2.0
    told = []
    for step in range(1, 51):  # three seconds a step in place of one
        left = countdown.at("classifier", step / 50, began + 3 * step)
        assert left is not None
        told.append(left[0])
    assert told[0] == pytest.approx(52), "nothing is seen of the pace yet"
    assert told[9] > 2 * 40, "after ten steps it is clear that it takes longer"
    assert told[39] == pytest.approx(3 * 13, rel=0.1)
    countdown.at("measuring", 0.0, 200)
    assert (countdown.at("measuring", 0.0, 200) or (0, 0))[0] > 1.5 * 10, "what comes after is slower too"


def test_a_slow_start_says_nothing_of_the_pace() -> None:
    countdown = Countdown(RUN)
    countdown.at("classifier", 0.0, 0)
    assert countdown.at("classifier", 0.1, 60) == pytest.approx((48, 10))


def test_what_earlier_sittings_did_is_not_counted_again() -> None:
    countdown = Countdown(RUN, {"remover": 1.0, "cutouts": 1.0, "classifier": 0.5})
    here, later = countdown.at("start", 0.0, 0) or (0, 0)
    assert here == 5
    assert later == pytest.approx(10 + (4 + 6) + (1 + 0) + (2 + 25 + 3) + 10)
    assert countdown.at("classifier", 0.0, 30) == pytest.approx((2 + 25 + 3, 10))
    assert countdown.at("classifier", 0.6, 33) == pytest.approx((20 + 3, 10))


def test_a_part_nobody_foresaw_is_told_from_its_own_steps() -> None:
    countdown = Countdown(RUN)
    countdown.at("classifier", 1.0, 0)
    assert countdown.at("polishing", 0.0, 3) == (0, 10)
    assert countdown.at("polishing", 0.1, 4) == (0, 10)
    assert countdown.at("polishing", 0.3, 8) == pytest.approx((14, 10))


def test_without_a_forecast_only_the_part_under_way_can_be_told() -> None:
    countdown = Countdown(None)
    assert countdown.at("start", 0.0, 0) is None
    assert countdown.at("classifier", 0.1, 10) is None
    assert countdown.at("classifier", 0.2, 11) == pytest.approx((8, 0))


def test_it_never_goes_below_nothing_and_ends_at_the_end() -> None:
    countdown = Countdown(RUN)
    for share in (0.0, 0.5, 1.0):
        assert min(countdown.at("measuring", share, 1000 * share) or (-1,)) >= 0
    assert countdown.at("measuring", 1.0, 1001) == (0, 0)


def test_a_forecast_survives_its_file(tmp_path: Path) -> None:
    (tmp_path / FORECAST_FILE).write_text(json.dumps(Forecast(RUN.parts, "u2net").as_dict()))
    assert read_forecast(tmp_path) == Forecast(RUN.parts, "u2net")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"parts": 3, "download": ""}', '{"parts": {"reading": {"setup": "x"}}, "download": ""}',
     '{"parts": {"reading": {"setup": NaN, "work": 1, "end": 0, "bend": null}}, "download": ""}',
     '{"parts": {"reading": {"setup": 0, "work": -1, "end": 0, "bend": null}}, "download": ""}'],
)  # fmt: skip
def test_a_damaged_forecast_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FORECAST_FILE).write_text(text)
    assert read_forecast(tmp_path) is None
    assert read_forecast(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    ("part", "numbers", "words"),
    [
        ("", (0, 0, 0, 0), "starting up"),
        ("start", (0, 0, 0, 0), "starting up"),
        ("foretelling", (0, 0, 0, 0), "finding out how long it takes"),
        ("checking", (1, 1, 12, 24), "checking pictures, 12 of 24"),
        ("reading", (0, 0, 0, 0), "reading the pictures"),
        ("reading", (1, 1, 12, 24), "reading pictures, 12 of 24"),
        ("cutouts", (1, 1, 3, 9), "cutting out, 3 of 9"),
        ("detector", (0, 0, 0, 0), "finding: getting ready"),
        ("classifier", (3, 96, 1, 4), "naming: epoch 3 of 96"),
        ("check", (0, 0, 0, 0), "checking how sure it may be"),
        ("check", (2, 4, 7, 90), "checking how sure it may be, round 2 of 4"),
        ("measuring", (1, 1, 40, 90), "measuring what it can do, 40 of 90"),
    ],
)
def test_what_a_run_does_is_said_in_words(part: str, numbers: tuple[int, int, int, int], words: str) -> None:
    epoch, epochs, step, steps = numbers
    assert doing(part, epoch=epoch, epochs=epochs, step=step, steps=steps) == words


def test_every_part_has_words_of_its_own() -> None:
    told = {doing(part, epoch=1, epochs=1, step=1, steps=2) for part in PARTS}
    assert len(told) == len(PARTS)
