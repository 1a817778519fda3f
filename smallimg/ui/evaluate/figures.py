"""The plots of an evaluation as plotly figures in plotly's own JSON form, see `smallimg.runs.plots`.

Each comes with its numbers as CSV. Colours of text and ground are left to the page, which knows light from dark.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from smallimg.runs.plots import COLOURS, GRID
from smallimg.study.intervals import count_text, interval_text, wilson_interval
from smallimg.ui.plot import AXIS, TEAL, Drawn, drawn, table_csv

Metrics = Mapping[str, Any]
ORANGE, BLUE = "224,112,42", COLOURS[2]
#: In a matrix of more classes than these there is no room for numbers.
MOST_WRITTEN = 24
_SHARE = {"tickformat": "~%", "hoverformat": ".1%", "range": [-0.01, 1.02]}
_LEGEND = {"legend": {"orientation": "h", "y": -0.28, "yanchor": "top", "x": 0}}


def matrix_figure(metrics: Metrics) -> Drawn | None:
    """The confusion matrix: a cell for each true and each answered class, coloured by its share of the true one.

    A point's `customdata` is "row,column" in the order of `classes`. Classes that are neither there nor named are left
    out. None where nothing was named.
    """
    matrix, classes = metrics.get("confusion_matrix"), metrics.get("classes")
    if not matrix or not classes:
        return None
    places = [place for place, name in enumerate(classes) if name in metrics["by_class"]]
    names = [_short(str(classes[place]), 22) for place in places]
    sums = [max(sum(matrix[row]), 1) for row in places]
    cells = [
        [(matrix[row][column] / whole, row, column) for column in places]
        for row, whole in zip(places, sums, strict=True)
    ]
    written = len(places) <= MOST_WRITTEN
    traces = []
    for colour, is_right in ((TEAL, True), (ORANGE, False)):
        trace: dict[str, Any] = {
            "type": "heatmap",
            "x": list(range(len(names))),
            "y": list(range(len(names))),
            "z": [
                [share if (row == column) is is_right and share else None for share, row, column in line]
                for line in cells
            ],
            "customdata": [[f"{row},{column}" for _, row, column in line] for line in cells],
            "text": [[_cell_words(matrix, classes, row, column) for _, row, column in line] for line in cells],
            "colorscale": [[0, f"rgba({colour},0.12)"], [1, f"rgba({colour},0.95)"]],
            "zmin": 0,
            "zmax": 1 if is_right else 0.5,
            "showscale": False,
            "hovertemplate": "%{text}<extra></extra>",
            "xgap": 1,
            "ygap": 1,
        }
        traces.append(trace)
    notes = [
        {"x": x, "y": y, "text": str(matrix[row][column]), "showarrow": False, "captureevents": False}
        for y, line in enumerate(cells)
        for x, (_, row, column) in enumerate(line)
        if written and matrix[row][column]
    ]
    ticks = {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": names, "showgrid": False}
    side = max(300, min(760, 36 * len(names) + 150))
    layout = {
        "xaxis": AXIS
        | ticks
        | {"title": {"text": "answered"}, "tickangle": -60, "constrain": "domain", "constraintoward": "left"},
        "yaxis": AXIS
        | ticks
        | {
            "title": {"text": "true", "standoff": 14},
            "autorange": "reversed",
            "scaleanchor": "x",
            "constrain": "domain",
            "constraintoward": "top",
        },
        "annotations": notes,
    }
    rows = [[classes[row], *(matrix[row][column] for column in places)] for row in places]
    head = ["true", *(classes[place] for place in places)]
    title = "Which class is taken for which"
    return drawn(title, traces, layout, height=side, csv=table_csv(head, rows), name="confusion-matrix")


def calibration_figure(metrics: Metrics) -> Drawn | None:
    """How often answers are right, by how probable they were; on the diagonal both are alike. None without answers."""
    bins = metrics.get("calibration")
    if not bins:
        return None
    shares = [one["right"] / one["n"] for one in bins]
    ends = [wilson_interval(one["right"], one["n"]) for one in bins]
    most = max(one["n"] for one in bins)
    points = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "its answers",
        "x": [one["confidence"] for one in bins],
        "y": shares,
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [high - share for share, (_, high) in zip(shares, ends, strict=True)],
            "arrayminus": [share - low for share, (low, _) in zip(shares, ends, strict=True)],
            "thickness": 1.5,
            "width": 4,
        },
        "marker": {"size": [7 + 13 * (one["n"] / most) ** 0.5 for one in bins]},
        "line": {"color": COLOURS[0], "width": 2},
        "text": [
            f"{count_text(one['right'], one['n'])} right ({interval_text(one['right'], one['n'])})" for one in bins
        ],
        "hovertemplate": "said %{x:.0%} · %{text}<extra></extra>",
    }
    diagonal = {
        "type": "scatter", "mode": "lines", "name": "as probable as right", "x": [0, 1], "y": [0, 1],
        "line": {"color": GRID.replace("0.22", "0.9"), "dash": "dash", "width": 1.5}, "hoverinfo": "skip",
    }  # fmt: skip
    layout = _LEGEND | {
        "xaxis": AXIS | _SHARE | {"title": {"text": "probability of its answer"}},
        "yaxis": AXIS | _SHARE | {"title": {"text": "right"}},
    }
    rows = [
        [one["low"], one["high"], one["n"], one["right"], one["confidence"], *end]
        for one, end in zip(bins, ends, strict=True)
    ]
    head = ["from", "to", "pictures", "right", "mean probability", "right at least (95 %)", "right at most (95 %)"]
    title = "How often it is right, by how sure it is"
    return drawn(title, [diagonal, points], layout, height=340, csv=table_csv(head, rows), name="calibration")


def threshold_figure(metrics: Metrics, at: float) -> Drawn | None:
    """Names said and names right against the threshold, with a line at the chosen one. None without names."""
    counted, n = metrics.get("thresholds"), metrics.get("named", 0)
    if not counted or not n:
        return None
    places, answered, right = counted["from"], counted["answered"], counted["right"]
    some = [index for index, count in enumerate(answered) if count]
    ends = [wilson_interval(right[index], answered[index]) for index in some]
    xs = [places[index] for index in some]
    band = {
        "type": "scatter", "x": [*xs, *xs[::-1]], "y": [*(high for _, high in ends), *(low for low, _ in ends[::-1])],
        "fill": "toself", "fillcolor": f"rgba({TEAL},0.16)", "line": {"width": 0}, "hoverinfo": "skip",
        "showlegend": False, "mode": "lines",
    }  # fmt: skip
    precision = {
        "type": "scatter", "mode": "lines", "name": "of the names said, right", "x": xs,
        "y": [right[index] / answered[index] for index in some], "line": {"color": COLOURS[0], "width": 3},
    }  # fmt: skip
    coverage = {
        "type": "scatter", "mode": "lines", "name": "pictures that get a name", "x": places,
        "y": [count / n for count in answered], "line": {"color": COLOURS[1], "width": 2, "dash": "dash"},
    }  # fmt: skip
    both = {
        "type": "scatter", "mode": "lines", "name": "pictures named rightly", "x": places,
        "y": [count / n for count in right], "line": {"color": BLUE, "width": 2, "dash": "dot"},
    }  # fmt: skip
    line = {
        "type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper",
        "line": {"color": COLOURS[1], "width": 2},
    }  # fmt: skip
    layout = _LEGEND | {
        "xaxis": AXIS | _SHARE | {"title": {"text": "a name is said from this probability on"}},
        "yaxis": AXIS | _SHARE,
        "shapes": [line],
        "hovermode": "x unified",
    }
    rows = [[places[index], n, answered[index], right[index], n - answered[index]] for index in range(len(places))]
    head = ["threshold", "pictures", "named", "named rightly (precision: of the named; recall: of all)", "not sure"]
    title = "What a threshold costs, and what it brings"
    traces: list[dict[str, Any]] = [band, precision, coverage, both]
    return drawn(title, traces, layout, height=340, csv=table_csv(head, rows), name="thresholds")


def _cell_words(matrix: Sequence[Sequence[int]], classes: Sequence[str], row: int, column: int) -> str:
    """What the mouse is told of a cell; plotly takes its labels for HTML."""
    count, whole = matrix[row][column], sum(matrix[row])
    return f"{count} of {whole} {escape(str(classes[row]))} → {escape(str(classes[column]))}"


def _short(name: str, most: int) -> str:
    """A class on an axis; plotly takes its labels for HTML."""
    return escape(name if len(name) <= most else f"{name[: most - 1]}…")
