"""A study's two plots: accuracy by condition and size as a heat map, and what each factor changes, with intervals."""

from collections.abc import Sequence
from typing import Any

from smallimg.runs.plots import COLOURS, GRID
from smallimg.study.conditions.objects import SIZES
from smallimg.study.conditions.tried import Cell, Change, cells_csv, changes_csv
from smallimg.study.intervals import count_text, interval_text, share_text
from smallimg.ui.plot import AXIS, TEAL, Drawn, drawn
from smallimg.ui.why.words import WORDS

#: Pixels of a condition's row.
ROW = 46
#: Above, there is room for what stands at the head of the figure and for the buttons above that.
_MARGIN = {"l": 8, "r": 8, "t": 78, "b": 8}


def heat_figure(cells: Sequence[Cell]) -> Drawn:
    """A row a condition, a column a size; in each cell what was named rightly, and its interval.

    Args:
        cells: every size under every condition, at least one of each.
    """
    sizes, conditions = (
        list(dict.fromkeys(one.size for one in cells)),
        list(dict.fromkeys(one.condition for one in cells)),
    )
    by_place = {(one.condition, one.size): one for one in cells}
    rows = [[by_place[condition, size] for size in sizes] for condition in conditions]
    trace = {
        "type": "heatmap",
        "x": list(range(len(sizes))),
        "y": list(range(len(conditions))),
        "z": [[one.accuracy for one in row] for row in rows],
        "customdata": [[f"{one.condition},{one.size}" for one in row] for row in rows],
        "hovertext": [[_told(one) for one in row] for row in rows],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "colorscale": [[0, f"rgba({TEAL},0.04)"], [1, f"rgba({TEAL},0.75)"]],
        "zmin": 0,
        "zmax": 1,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    # As annotations: what a heat map itself writes has a colour of its own, which is not the page's.
    notes = [
        {
            "x": x, "y": y, "showarrow": False, "captureevents": False, "font": {"size": 11},
            "text": f"<b>{count_text(one.correct, one.n)}</b><br>{interval_text(one.correct, one.n).split()[0]}",
        }
        for y, row in enumerate(rows)
        for x, one in enumerate(row)
    ]  # fmt: skip
    heads = [f"{one.size}<br>{one.n:,}" for one in rows[0]]
    layout = {
        "xaxis": AXIS | {"side": "top", "showgrid": False, "fixedrange": True} | _ticks(heads),
        "yaxis": AXIS
        | {"autorange": "reversed", "showgrid": False, "fixedrange": True}
        | _ticks([_narrow(WORDS[name]) for name in conditions]),
        "annotations": notes,
        "margin": _MARGIN,
    }
    height = 96 + ROW * len(conditions)
    title = "Named rightly, by condition and by size of the object"
    return drawn(title, [trace], layout, height=height, csv=cells_csv(cells), name="results_conditions")


def change_figure(changes: Sequence[Change]) -> Drawn:
    """A row a factor, a point a size: how many points of accuracy it brings or costs the same objects, at 95 %.

    Args:
        changes: at least one; those of all sizes together are left to the table and the CSV.
    """
    conditions = list(dict.fromkeys(one.condition for one in changes))
    traces = []
    for at, size in enumerate(SIZES):
        some = [one for one in changes if one.size == size]
        if not some:
            continue
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": size,
                "x": [100 * one.difference for one in some],
                "y": [conditions.index(one.condition) + 0.24 * (at - 1) for one in some],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [100 * (one.high - one.difference) for one in some],
                    "arrayminus": [100 * (one.difference - one.low) for one in some],
                    "thickness": 2,
                    "width": 4,
                },
                "marker": {"color": COLOURS[at], "size": 9, "symbol": ("circle", "diamond", "square")[at]},
                "hovertext": [_changed(one) for one in some],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        )
    layout = {
        "xaxis": AXIS
        | {"title": {"text": "points of accuracy"}, "fixedrange": True}
        | {"zeroline": True, "zerolinecolor": GRID.replace("0.22", "0.9"), "zerolinewidth": 2},
        "yaxis": AXIS
        | {"range": [len(conditions) - 0.5, -0.5], "showgrid": False, "fixedrange": True}
        | _ticks([_narrow(WORDS[name]) for name in conditions]),
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "entrywidth": 58},
        "margin": _MARGIN,
        "showlegend": True,
    }
    height = 130 + ROW * len(conditions)
    title = "What each factor changes, for the same objects"
    return drawn(title, traces, layout, height=height, csv=changes_csv(changes), name="changes")


def _ticks(words: Sequence[str]) -> dict[str, Any]:
    return {"tickmode": "array", "tickvals": list(range(len(words))), "ticktext": list(words)}


def _narrow(words: str) -> str:
    """On two lines where it is long: beside it, a phone has room for the figure."""
    at = words.rfind(" ", 0, 16) if len(words) > 14 else -1
    return words if at < 0 else f"{words[:at]}<br>{words[at + 1 :]}"


def _told(one: Cell) -> str:
    size = "objects of all sizes" if one.size not in SIZES else f"{one.size} objects"
    pasted = "" if one.pasted_at is None else f"<br>pasted at {100 * one.pasted_at:.2g} % of the picture"
    return (
        f"{WORDS[one.condition]}, {size}:<br>{one.correct} of {one.n} right, {share_text(one.correct, one.n)}{pasted}"
    )


def _changed(one: Change) -> str:
    figures = f"{100 * one.difference:+.0f} points ({100 * one.low:+.0f} to {100 * one.high:+.0f})"
    return f"{WORDS[one.condition]} beside {WORDS[one.against].lower()},<br>{one.n} {one.size} objects: {figures}"
