"""Training curves: what is drawn, and how it is told apart."""

import json
import math
import time
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import pytest

from smallimg.runs import plots
from smallimg.runs.plots import COLOURS, Lines


def stage_figures(stage: str, runs: Mapping[str, Lines]) -> tuple[go.Figure, go.Figure, go.Figure]:
    """The figures in plotly's own classes, which refuse what plotly does not know."""
    losses, quality, rate = (go.Figure(figure) for figure in plots.stage_figures(stage, runs))
    return losses, quality, rate


def line(stage: str, epoch: int, **metrics: float) -> dict[str, Any]:
    return {"stage": stage, "epoch": epoch, "epochs": 9, "seconds": 1.0, "metrics": metrics}


def detector(epochs: int) -> list[dict[str, Any]]:
    return [
        line(
            "detector", epoch, loss_objectness=0.4, loss_rpn_box_reg=0.3, loss_classifier=0.2, loss_box_reg=0.1 / epoch,
            val_iou=0.5, val_map=0.3, learning_rate=1e-3,
        )
        for epoch in range(1, epochs + 1)
    ]  # fmt: skip


def test_losses_are_drawn_apart_and_their_sum_thicker() -> None:
    losses, quality, rate = stage_figures("detector", {"mine": detector(4)})
    assert [trace.name for trace in losses.data] == ["objectness", "proposals' boxes", "object or not", "boxes", "sum"]
    assert list(losses.data[-1].x) == [1, 2, 3, 4]
    assert losses.data[-1].y[0] == pytest.approx(1.0)
    assert losses.data[-1].line.width > losses.data[0].line.width
    assert len({trace.line.color for trace in losses.data}) == 5
    assert [trace.name for trace in quality.data] == ["IoU", "mAP"]
    assert list(rate.data[0].y) == [1e-3] * 4


@pytest.mark.parametrize(
    ("stage", "metrics", "losses", "quality"),
    [
        (
            "remover",
            {"loss_bce": 0.2, "loss_iou": 0.3, "val_iou": 0.8, "val_iou_pasted": 0.7, "val_mae": 0.1},
            ["cross-entropy", "1 − IoU", "sum"],
            ["IoU", "IoU, other backgrounds"],
        ),
        (
            "classifier",
            {"loss": 1.0, "accuracy": 0.4, "val_loss": 1.2, "val_accuracy": 0.3, "val_precision": 0.2},
            ["training", "validation"],
            ["training accuracy", "validation accuracy", "validation precision"],
        ),
        (
            "segmenter",
            {"loss_ce": 0.5, "loss_dice": 0.4, "val_ce": 0.6, "val_miou": 0.3, "val_pixels": 0.9},
            ["cross-entropy", "1 − Dice", "cross-entropy, validation", "sum"],
            ["mean IoU of classes", "pixels that are right"],
        ),
    ],
)
def test_figures_of_the_other_stages(
    stage: str, metrics: dict[str, float], losses: list[str], quality: list[str]
) -> None:
    drawn = stage_figures(stage, {"mine": [line(stage, 1, **metrics), *detector(2)]})
    assert [trace.name for trace in drawn[0].data] == losses
    assert [trace.name for trace in drawn[1].data] == quality
    assert all(trace.mode == "lines+markers" for trace in drawn[0].data), "a single point is no line"


def test_several_runs_have_a_colour_each_and_a_dash_for_each_figure() -> None:
    for figure in stage_figures("detector", {"one": detector(3), "not begun": [], "two": detector(3)}):
        colours = {name: {t.line.color for t in figure.data if t.name.startswith(name)} for name in ("one", "two")}
        assert colours == {"one": {COLOURS[0]}, "two": {COLOURS[2]}}
        dashes = [[t.line.dash for t in figure.data if t.name.startswith(name)] for name in ("one", "two")]
        assert dashes[0] == dashes[1]
        assert len(set(dashes[0])) == len(dashes[0])


def test_without_an_epoch_a_figure_is_empty() -> None:
    for figure in stage_figures("remover", {"mine": detector(2)}):
        assert not figure.data
        assert not figure.layout.annotations


def test_axes_have_numbers_that_people_write() -> None:
    for figure in stage_figures("detector", {"mine": detector(3)}):
        assert figure.layout.yaxis.exponentformat == "e", "6e-4, never 600µ"
        assert figure.layout.xaxis.minallowed == 0.5, "there is no epoch 0"
    _, quality, _ = stage_figures("detector", {"mine": detector(3)})
    assert (quality.layout.yaxis.minallowed, quality.layout.yaxis.maxallowed) == pytest.approx((0, 1), abs=0.011)


def test_names_are_text_and_short() -> None:
    nasty, long = "<b onclick=x>&", "a" * 80
    _, quality, _ = stage_figures("detector", {nasty: detector(3), long: detector(3)})
    assert quality.data[0].name == "&lt;b onclick=x&gt;&amp;: IoU"
    assert all(len(trace.name) < 45 for trace in quality.data)


def test_a_redrawn_figure_keeps_the_zoom_and_fits_light_and_dark() -> None:
    longer = stage_figures("detector", {"mine": detector(9), "beside it": detector(9)})
    for at, figure in enumerate(stage_figures("detector", {"mine": detector(3)})):
        assert figure.layout.uirevision == longer[at].layout.uirevision
        assert figure.layout.uirevision != stage_figures("remover", {"mine": []})[at].layout.uirevision
        assert figure.layout.uirevision != stage_figures("detector", {"other": detector(3)})[at].layout.uirevision
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.font.color is None, "the page's, which knows whether it is light or dark"


def test_every_kind_of_detector_has_its_losses_drawn() -> None:
    one_stage = line("detector", 1, classification=0.5, bbox_regression=0.25, bbox_ctrness=0.6, val_iou=0.4)
    losses, *_ = stage_figures("detector", {"fcos": [one_stage]})
    assert [(trace.name, trace.y[0]) for trace in losses.data] == [
        ("judgement", 0.5), ("boxes", 0.25), ("middle", 0.6), ("sum", pytest.approx(1.35)),
    ]  # fmt: skip
    with_masks = {**detector(1)[0]["metrics"], "loss_kind": 0.1, "loss_mask": 0.2}
    losses, *_ = stage_figures("detector", {"masks": [line("detector", 1, **with_masks)]})
    assert losses.data[-1].y[0] == pytest.approx(1.3)
    assert len({trace.line.color for trace in losses.data}) == 7
    losses, *_ = stage_figures("detector", {"windows": [line("detector", 1, loss_classifier=0.5)]})
    assert [trace.name for trace in losses.data] == ["object or not"], "what is alone needs no sum"


@pytest.mark.parametrize("ground", ["#ffffff", "#1b2628"])
@pytest.mark.parametrize("colour", COLOURS)
def test_colours_stand_out_from_the_pages_grounds(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 3, "what WCAG asks of graphics"


def contrast(one: str, other: str) -> float:
    """Of two colours like #ffffff, by WCAG 2: 1 … 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else math.pow((part + 0.055) / 1.055, 2.4) for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_four_long_runs_are_drawn_at_once() -> None:
    runs = {f"run {number}": detector(500) for number in range(4)}
    start = time.perf_counter()
    figures = plots.stage_figures("detector", runs)
    assert len(json.dumps(figures)) < 1_000_000
    assert time.perf_counter() - start < 2


def test_many_names_take_nothing_from_the_curves() -> None:
    alone, together = (
        stage_figures("detector", {f"run {number}": detector(3) for number in range(count)})[0] for count in (1, 4)
    )
    assert together.layout.height > alone.layout.height + 10 * len(together.data)


def test_what_is_no_number_is_left_out() -> None:
    lines = [line("classifier", epoch, val_accuracy=value) for epoch, value in ((1, 0.5), (2, math.nan), (3, 0.7))]
    _, quality, _ = stage_figures("classifier", {"mine": lines})
    assert list(quality.data[0].x) == [1, 3]
