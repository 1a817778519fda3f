"""Training curves as plotly figures, in plotly's own JSON form: the Python classes would take longer to check every
number than the browser takes to draw it.

The ground is transparent, and the colour of text is left to the page, which knows whether it is light or dark. Titles,
too, are the page's to place. `uirevision` stays the same for one run and stage, so that a figure drawn again keeps the
zoom somebody chose.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

#: Told apart by colour-blind eyes too, on light and on dark; after Okabe and Ito, begun with the page's own two.
COLOURS = ("#2c9c8f", "#e0702a", "#5b8fd9", "#c65fa8", "#a98f14", "#8a78d6", "#d0524f")
DASHES = ("solid", "dot", "dash", "dashdot", "longdash", "longdashdot")
GRID = "rgba(128,136,130,0.22)"
LONGEST_NAME = 20  # letters of a run in a legend: beside its figure it fits a phone
LEGEND_LINE = 19  # pixels; the names of several runs stand below each other, and the curves keep their height
#: Stage → what is drawn in the figure of losses, of whatever its network has; several get their sum as well.
LOSSES = {
    "remover": ("loss_bce", "loss_iou"),
    "detector": (
        "loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg", "loss_kind", "loss_mask",
        "classification", "bbox_regression", "bbox_ctrness",
    ),
    "classifier": ("loss", "val_loss"),
    "segmenter": ("loss_ce", "loss_dice", "val_ce"),
}  # fmt: skip
QUALITY = {
    "remover": ("val_iou", "val_iou_pasted"),
    "detector": ("val_iou", "val_map"),
    "classifier": ("accuracy", "val_accuracy", "val_precision"),
    "segmenter": ("val_miou", "val_pixels"),
}
NAMES = {
    "loss": "training",
    "val_loss": "validation",
    "loss_bce": "cross-entropy",
    "loss_ce": "cross-entropy",
    "loss_dice": "1 − Dice",
    "val_ce": "cross-entropy, validation",
    "loss_iou": "1 − IoU",
    "loss_objectness": "objectness",
    "loss_rpn_box_reg": "proposals' boxes",
    "loss_classifier": "object or not",
    "loss_box_reg": "boxes",
    "loss_kind": "kinds",
    "loss_mask": "masks",
    "classification": "judgement",
    "bbox_regression": "boxes",
    "bbox_ctrness": "middle",
    "sum": "sum",
    "accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
    "val_precision": "validation precision",
    "val_iou": "IoU",
    "val_iou_pasted": "IoU, other backgrounds",
    "val_map": "mAP",
    "val_miou": "mean IoU of classes",
    "val_pixels": "pixels that are right",
    "learning_rate": "learning rate",
}
Lines = Sequence[Mapping[str, Any]]
#: {"data": traces, "layout": …}, see https://plotly.com/javascript/reference/
Figure = dict[str, Any]


def stage_figures(stage: str, runs: Mapping[str, Lines]) -> tuple[Figure, Figure, Figure]:
    """The curves of one stage: losses, quality on the validation pictures, learning rate.

    Args:
        stage: one of `smallimg.training.plan.EVERY_STAGE`.
        runs: name → its epochs, from `read_metrics`, the one looked at first. One run has a colour for each figure;
            several have a colour each and a dash for each figure.

    Returns:
        Three figures; one whose `data` is empty has nothing to show, and no axes should be drawn for it.
    """
    own = {name: [line for line in lines if line["stage"] == stage] for name, lines in runs.items()}
    there = {name for lines in own.values() for line in lines for name in line["metrics"]}
    losses = [name for name in LOSSES[stage] if name in there]
    if len(_parts(losses)) > 1:
        losses.append("sum")
    title = "Accuracy and precision" if stage == "classifier" else "Overlap with the truth"
    figures = (
        _figure(f"Losses of the {stage}", own, losses),
        _figure(title, own, QUALITY[stage], is_share=True),
        _figure("Learning rate", own, ["learning_rate"]),
    )
    for figure in figures:
        figure["layout"]["uirevision"] = f"{stage}|{next(iter(runs), '')}"
    return figures


def _figure(title: str, runs: Mapping[str, Lines], metrics: Sequence[str], *, is_share: bool = False) -> Figure:
    traces = []
    for at, (run, lines) in enumerate(runs.items()):
        for place, metric in enumerate(metrics):
            values = [(line["epoch"], _value(line["metrics"], metric, metrics)) for line in lines]
            points = [(epoch, value) for epoch, value in values if value is not None]
            if not points:
                continue
            alone = len(runs) == 1
            traces.append(
                {
                    "type": "scatter",
                    "x": [epoch for epoch, _ in points],
                    "y": [value for _, value in points],
                    "name": NAMES[metric] if alone else f"{_short(run)}: {NAMES[metric]}",
                    "mode": "lines+markers" if len(points) < 3 else "lines",
                    "line": {
                        "color": COLOURS[(place if alone else at) % len(COLOURS)],
                        "dash": "solid" if alone else DASHES[place % len(DASHES)],
                        "width": 3 if metric == "sum" or len(metrics) == 1 else 2,
                    },
                }
            )
    # An exponent from 1e-4 on: plotly's own way to write that is "100µ".
    axis = {"gridcolor": GRID, "linecolor": GRID, "zeroline": False, "automargin": True, "exponentformat": "e"}
    # A hair beyond 0 and 100 %, or a line there would be drawn half. As many decimals as tell two ticks apart.
    share = {"tickformat": "~%", "hoverformat": ".1%", "minallowed": -0.01, "maxallowed": 1.01}
    layout: dict[str, Any] = {
        "title": {"text": f"{title}, by epoch"},
        "height": 300 + (LEGEND_LINE * max(0, len(traces) - 3) if len(runs) > 1 else 0),
        "margin": {"l": 8, "r": 8, "t": 34, "b": 8},  # the bar with the buttons lies in the margin above
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "family": "Source Sans Pro, sans-serif"},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0},
        "showlegend": True,
        "xaxis": axis | {"minallowed": 0.5},
        "yaxis": axis | (share if is_share else {"rangemode": "tozero"}),
    }
    return {"data": traces, "layout": layout}


def _parts(losses: Iterable[str]) -> list[str]:
    """Those that training adds up."""
    return [name for name in losses if not name.startswith("val_") and name != "sum"]


def _value(metrics: Mapping[str, float], metric: str, among: Sequence[str]) -> float | None:
    """A figure of an epoch, one `among` those drawn; None where it has none, or none that is a number."""
    if metric == "sum":
        parts = [metrics[name] for name in _parts(among) if name in metrics]
        value = sum(parts) if parts else None
    else:
        value = metrics.get(metric)
    return value if value is not None and math.isfinite(value) else None


def _short(name: str) -> str:
    """A run's name in a legend; plotly takes its labels for HTML."""
    half = LONGEST_NAME // 2
    return escape(name if len(name) <= LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}")
