"""“Which detector, at what price?”: several models on one picture and on a set, and what keeps that from being."""

import json
from pathlib import Path
from typing import Any

import pytest
from read_html import words

from smallimg.study.detectors import Measured
from smallimg.study.recall import Recall
from smallimg.training.architectures import ARCHITECTURES
from smallimg.ui.data_choice import KEPT
from smallimg.ui.inside.ladder import RUNGS, ladder_html, models_by_detector
from smallimg.ui.inside.panel import Insides
from smallimg.ui.inside.price_figures import price_figure, recall_figure
from smallimg.ui.inside.side_by_side import look_at_picture, measure_on_set, show_rung
from smallimg.ui.pipelines import Pipelines, stage_seconds

DOG = Path(__file__).parents[3] / "assets" / "examples" / "everyday" / "dog.jpg"


@pytest.fixture(scope="module")
def pipelines() -> Pipelines:
    return Pipelines()


@pytest.fixture
def little(tmp_path: Path, tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path))
    (tmp_path / "little").symlink_to(tiny_challenge)
    return "little"


def measure(pipelines: Pipelines, models: list[str], kept: str | None) -> tuple[Any, ...]:
    nobody = lambda *_, **__: None  # noqa: E731
    return measure_on_set(pipelines, Insides(), models, 4, KEPT, None, kept, "test", progress=nobody)


def test_a_picture_goes_through_every_model_the_fastest_first(pipelines: Pipelines) -> None:
    message, html, *plots = look_at_picture(pipelines, ["challenge", "everyday", "everyday"], str(DOG))
    assert (message, plots) == ("", [None, None])
    assert html.count("<li>") == 2
    assert "compact_fasterrcnn" in words(html)
    times = [float(part.split(" ms")[0]) for part in html.split("<strong>")[1:]]
    assert times == sorted(times)


def test_a_set_gives_a_table_and_two_plots_to_take_along(pipelines: Pipelines, little: str) -> None:
    message, html, price, recall = measure(pipelines, ["challenge", "everyday"], little)
    assert message == ""
    assert "4 pictures with known boxes" in words(html)
    shown = json.loads(price)
    assert [trace["name"] for trace in shown["data"]] == ["challenge", "everyday"]
    assert shown["csv"].splitlines()[0].startswith("model,detector,map_50,")
    drawn = json.loads(recall)
    assert [trace["name"] for trace in drawn["data"]] == ["challenge", "everyday", "selective search"]
    assert drawn["data"][0]["y"][-1] >= drawn["data"][0]["y"][0]
    assert len(drawn["csv"].splitlines()) == 1 + 3 * len(drawn["data"][0]["x"])
    assert recall_figure([]) is None


def test_a_models_name_is_neither_html_in_a_plot_nor_a_formula_in_its_table() -> None:
    figures = {"map": 0.5, "map_50": 0.7}
    shown = price_figure([Measured("=<b>mine", "ssd", figures, 0.6, 8.0, 0.0, 6.0, 4)])
    assert shown["data"][0]["name"] == "=&lt;b&gt;mine"
    assert "<b>" not in json.dumps(shown["data"])
    assert shown["csv"].splitlines()[1].startswith("'=<b>mine,ssd,")
    drawn = recall_figure([Recall("=<b>mine", (1,), (0.5,), 4), Recall("selective search", (1,), (0.5,), 4)])
    assert drawn is not None
    assert "<b>" not in json.dumps(drawn["data"])


def test_what_cannot_be_compared_is_a_sentence(pipelines: Pipelines, little: str, tmp_path: Path) -> None:
    no_picture = tmp_path / "no.jpg"
    no_picture.write_text("no")
    for answer, sentence in (
        (look_at_picture(pipelines, ["everyday"], None), "Drop a picture above first"),
        (look_at_picture(pipelines, ["everyday"], str(no_picture)), "no.jpg is not a picture"),
        (look_at_picture(pipelines, [], str(DOG)), "Choose the models"),
        (look_at_picture(pipelines, ["gone"], str(DOG)), "gone"),
        (measure(pipelines, ["everyday"], None), "Choose some of the pictures"),
        (measure(pipelines, ["everyday"], "nowhere"), "There is no data set"),
    ):
        assert sentence in words(answer[0])
        assert answer[1:] == ("", None, None)


def test_the_time_of_a_stage_is_told_from_the_epochs_of_its_run(tmp_path: Path) -> None:
    lines = [("remover", 10), ("remover", 20), ("detector", 33), ("detector", 45), ("classifier", 60)]
    whole = {"epoch": 1, "epochs": 2, "metrics": {}}
    text = "".join(json.dumps({"stage": stage, "seconds": seconds, **whole}) + "\n" for stage, seconds in lines)
    (tmp_path / "metrics.jsonl").write_text(text)
    assert stage_seconds(str(tmp_path), "detector") == 25
    assert stage_seconds(str(tmp_path), "nothing") is None
    assert stage_seconds(str(tmp_path / "gone"), "detector") is None


def test_the_ladder_knows_each_of_our_detectors_and_shows_those_that_are_here(pipelines: Pipelines) -> None:
    ours = {name for name in ARCHITECTURES["detector"] if not name.endswith(("_fpn", "_vgg16"))}
    assert {rung.architecture for rung in RUNGS} == ours
    models = models_by_detector()
    assert {"everyday", "challenge"} <= set(models["compact_fasterrcnn"])
    html = ladder_html(models | {"ssd": ["everyday", "<b>mine", "another"]})
    assert html.count("data-rung=") == 2
    assert "with everyday, &lt;b&gt;mine, …" in html
    assert "it is the detector “fcos”" in words(html)
    assert show_rung(pipelines, str(DOG), "compact_fasterrcnn")[1].count("<li>") >= 2
    assert "Choose the models" in words(show_rung(pipelines, str(DOG), "../..")[0])
