"""The map of a set as a plotly figure, in plotly's own JSON form."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

from smallimg.bundles.sessions import Floats
from smallimg.cli.wording import percent
from smallimg.files import plain_cell
from smallimg.study.explain.seen import Seen

BY_CLASS, BY_ANSWER, BY_LABEL = "what it is", "right or wrong", "what it was taken for"
#: Told apart on light and on dark, the first eight by colour-blind eyes too; after Okabe and Ito, and Tableau.
COLOURS = (
    "#2c9c8f", "#e0702a", "#5b8fd9", "#c65fa8", "#a98f14", "#8a78d6", "#d0453f", "#6b9a3a", "#b07a4f", "#4f9fb8",
)  # fmt: skip
OTHERS = "#8d948f"
RIGHT, WRONG = COLOURS[0], COLOURS[6]


def map_figure(seen: Sequence[Seen], placed: Floats, *, by: str) -> dict[str, Any]:
    """A point a picture, round where the answer is right, a cross where it is wrong, a ring where that is not known.

    Args:
        seen: the pictures.
        placed: where they lie, [n, 2].
        by: what the colours tell.

    Returns:
        `data` and `layout`; each point's `customdata` is its picture's place among `seen`.
    """
    groups = [_group(one, by) for one in seen]
    common = [name for name, _ in Counter(groups).most_common()]
    named = sorted(common[: len(COLOURS)]) if len(common) <= len(COLOURS) else sorted(common[: len(COLOURS) - 1])
    traces = []
    for name in [*named, None]:
        places = [at for at, group in enumerate(groups) if (group == name if name is not None else group not in named)]
        if places:
            words = name if name is not None else f"{len(common) - len(named)} others"
            traces.append(_trace(seen, placed, places, words, _colour(name, named, by)))
    axis = {"visible": False, "zeroline": False, "showgrid": False}
    layout = {
        "title": {"text": "Map of the set"},
        "height": 500,
        "margin": {"l": 4, "r": 4, "t": 34, "b": 4},
        "font": {"size": 12, "family": "Source Sans Pro, sans-serif"},
        "dragmode": "lasso",
        "hovermode": "closest",
        "showlegend": True,
        "legend": {"orientation": "h", "y": -0.02, "yanchor": "top", "x": 0},
        "xaxis": axis,
        "yaxis": axis | {"scaleanchor": "x"},
        "uirevision": "map",
    }
    return {"data": traces, "layout": layout}


def map_csv(seen: Sequence[Seen], placed: Floats) -> str:
    """A row a picture: where it lies on the map, what it is, what it was taken for."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "class", "predicted", "x", "y"])
    for one, (x, y) in zip(seen, placed.tolist(), strict=True):
        words = (f"{one.path.parent.name}/{one.path.name}", one.truth or "", one.label)
        writer.writerow([*map(plain_cell, words), f"{x:.3f}", f"{y:.3f}"])
    return text.getvalue()


def _group(one: Seen, by: str) -> str:
    if by == BY_ANSWER:
        return {True: "right", False: "wrong", None: "not known"}[one.is_right]
    return (one.truth or "not known") if by == BY_CLASS else one.label


def _colour(name: str | None, named: Sequence[str], by: str) -> str:
    if by == BY_ANSWER:
        return {"right": RIGHT, "wrong": WRONG}.get(name or "", OTHERS)
    return OTHERS if name in (None, "not known") else COLOURS[named.index(str(name)) % len(COLOURS)]


def _trace(seen: Sequence[Seen], placed: Floats, places: Sequence[int], name: str, colour: str) -> dict[str, Any]:
    symbols = {True: "circle", False: "x", None: "circle-open"}
    places = sorted(places, key=lambda at: seen[at].is_right is False)  # the legend shows the first one's symbol
    return {
        "type": "scatter",
        "mode": "markers",
        "name": escape(name),
        "x": [round(float(placed[at, 0]), 3) for at in places],
        "y": [round(float(placed[at, 1]), 3) for at in places],
        "customdata": list(places),
        "text": [_told(seen[at]) for at in places],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": colour, "size": 9, "symbol": [symbols[seen[at].is_right] for at in places]},
    }


def _told(one: Seen) -> str:
    """What a point says; plotly takes its labels for HTML."""
    said = f"taken for {escape(one.label)}, {percent(one.probability)}"
    return f"{escape(one.path.name)}<br>{f'is {escape(one.truth)}, ' if one.truth else ''}{said}"
