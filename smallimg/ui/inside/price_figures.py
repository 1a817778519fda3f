"""What detectors are worth and what they cost, as two plots: precision against time, and recall of proposals.

The first is in the style of Huang et al., 2017, "Speed/accuracy trade-offs for modern convolutional object detectors"
(arXiv:1611.10012).
"""

from collections.abc import Sequence
from html import escape
from math import log10

from smallimg.runs.plots import COLOURS
from smallimg.study.detectors import Measured
from smallimg.study.recall import SEARCH, Recall
from smallimg.ui.plot import AXIS, Drawn, drawn, table_csv

#: Of milliseconds.
_TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
#: Pixels across of a dot: of a file of a megabyte or less, and of 100.
_SMALL, _LARGE = 12, 36


def price_figure(measured: Sequence[Measured]) -> Drawn:
    """A dot a detector: right is slow, high is good, large is a large file. Plotly takes its labels for HTML."""
    traces = [
        {
            "type": "scatter", "mode": "markers+text", "name": escape(one.name), "text": [escape(one.name)],
            "textposition": "top center",
            "x": [round(one.milliseconds, 2)], "y": [round(one.figures["map_50"], 4)], "cliponaxis": False,
            "marker": {"size": _across(one.megabytes), "color": COLOURS[place % len(COLOURS)], "opacity": 0.85},
            "hovertext": f"{escape(one.name)} ({one.architecture}): mAP50 {one.figures['map_50']:.3f}, "
            f"{one.milliseconds:.1f} ms, {one.megabytes:.1f} MB",
            "hovertemplate": "%{hovertext}<extra></extra>",
        }
        for place, one in enumerate(measured)
    ]  # fmt: skip
    times = [one.milliseconds for one in measured]
    layout = {
        "showlegend": False,
        "xaxis": AXIS
        | {
            "type": "log",
            "title": {"text": "milliseconds a picture"},
            "tickvals": _TICKS,
            "ticktext": [str(one) for one in _TICKS],
        }
        | {"range": [log10(max(min(times) / 1.8, 0.1)), log10(max(times) * 1.8)]},
        "yaxis": AXIS | {"title": {"text": "mAP50"}, "range": [-0.04, 1.12]},
    }
    rows = [
        (one.name, one.architecture, f"{one.figures['map_50']:.4f}", f"{one.figures['map']:.4f}", f"{one.iou:.4f}",
         f"{one.milliseconds:.2f}", f"{one.search_ms:.1f}", f"{one.megabytes:.2f}", one.n)
        for one in measured
    ]  # fmt: skip
    heads = ("model", "detector", "map_50", "map", "iou", "milliseconds", "search_milliseconds", "megabytes", "n")
    return drawn("Precision against time", traces, layout, height=340, csv=table_csv(heads, rows), name="detectors")


def recall_figure(recalls: Sequence[Recall]) -> Drawn | None:
    """A line for each that proposes: of how many objects one of the first proposals fits; None where none proposes."""
    if all(one.name == SEARCH for one in recalls):
        return None
    traces = [
        {
            "type": "scatter", "mode": "lines+markers", "name": escape(one.name),
            "x": list(one.numbers), "y": list(one.shares),
            "line": {"color": COLOURS[place % len(COLOURS)], "dash": "dot" if one.name == SEARCH else "solid"},
            "hovertemplate": f"%{{y:.0%}} of {one.objects:,} objects by %{{x}} proposals"
            f"<extra>{escape(one.name)}</extra>",
        }
        for place, one in enumerate(recalls)
    ]  # fmt: skip
    layout = {
        "legend": {"orientation": "h", "y": -0.28},
        "xaxis": AXIS | {"type": "log", "title": {"text": "proposals a picture"}, "dtick": 1},
        "yaxis": AXIS | {"title": {"text": "objects proposed"}, "range": [-0.03, 1.05], "tickformat": ".0%"},
    }
    rows = [(one.name, number, f"{share:.4f}", one.objects) for one in recalls
            for number, share in zip(one.numbers, one.shares, strict=True)]  # fmt: skip
    table = table_csv(("proposed by", "proposals", "recall", "objects"), rows)
    return drawn("How many objects are proposed", traces, layout, height=340, csv=table, name="proposals")


def _across(megabytes: float) -> float:
    return _SMALL + (_LARGE - _SMALL) * min(max(log10(max(megabytes, 1.0)) / 2, 0.0), 1.0)
