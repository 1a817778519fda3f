"""The map of a set as a plotly figure, in plotly's own JSON form; and which pictures share a colour."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

from smallimg.cli.wording import percent
from smallimg.study.mapping import Point, SetMap

BY_CLASS, BY_ANSWER, BY_LABEL, BY_MODEL = (
    "what it is",
    "right or wrong",
    "what it was taken for",
    "which model is right",
)
#: Told apart on light and on dark, the first eight by colour-blind eyes too; after Okabe and Ito, and Tableau.
COLOURS = (
    "#2c9c8f", "#e0702a", "#5b8fd9", "#c65fa8", "#a98f14", "#8a78d6", "#d0453f", "#6b9a3a", "#b07a4f", "#4f9fb8",
)  # fmt: skip
OTHERS = "#8d948f"
RIGHT, WRONG = COLOURS[0], COLOURS[6]
UNKNOWN = "not known"
#: With `BY_MODEL`: all are right, none is, some are; where nothing is known, whether they say the same.
ALL_RIGHT, NONE_RIGHT, SAME, DIFFERENT = "all are right", "none is right", "all say the same", "they differ"
_FIXED = {ALL_RIGHT: RIGHT, SAME: RIGHT, NONE_RIGHT: WRONG, DIFFERENT: COLOURS[1]}


def group_of(drawn: SetMap, point: Point, *, by: str, model: int) -> str:
    """What a picture's colour says of it.

    Args:
        by: what colours tell.
        model: whose answer counts, where it is about one.
    """
    if by == BY_ANSWER:
        return {True: "right", False: "wrong", None: UNKNOWN}[drawn.is_right(point, model)]
    if by == BY_LABEL:
        return point.answers[model].label
    if by == BY_CLASS:
        return point.truth or UNKNOWN
    right = [drawn.is_right(point, at) for at in range(len(drawn.models))]
    if None in right:
        return SAME if len({said.label for said in point.answers}) == 1 else DIFFERENT
    if all(right):
        return ALL_RIGHT
    names = [one.name for one, is_right in zip(drawn.models, right, strict=True) if is_right]
    return f"only {' and '.join(names)}" if names else NONE_RIGHT


def groups(drawn: SetMap, *, by: str, model: int) -> dict[str, list[int]]:
    """Each group's pictures, the largest group first."""
    found: dict[str, list[int]] = {}
    for at, point in enumerate(drawn.points):
        found.setdefault(group_of(drawn, point, by=by, model=model), []).append(at)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def map_figure(drawn: SetMap, *, by: str, model: int = 0) -> dict[str, Any]:
    """A point a picture, round where the answer is right, a cross where it is wrong, a ring where that is not known.

    Args:
        by: what the colours tell.
        model: with whose eyes it is seen.

    Returns:
        `data` and `layout`; each point's `customdata` is its picture's place among the map's points.
    """
    found = groups(drawn, by=by, model=model)
    named = sorted(list(found)[: len(COLOURS) - (len(found) > len(COLOURS))])
    traces = [_trace(drawn, found[name], name, _colour(name, named, by), model) for name in named]
    if others := [at for name, places in found.items() if name not in named for at in places]:
        traces.append(_trace(drawn, others, f"{len(found) - len(named)} others", OTHERS, model))
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
        "uirevision": f"map as seen by {model}",
    }
    return {"data": traces, "layout": layout}


def point_words(drawn: SetMap, point: Point) -> list[str]:
    """What a picture is and what each model says of it, plain text, a line each."""
    lines = [f"is {point.truth}"] if point.truth else []
    several = len(drawn.models) > 1
    for model, said in zip(drawn.models, point.answers, strict=True):
        words = f"{said.label}, {percent(said.probability)}"
        lines.append(f"{model.name}: {words}" if several else f"taken for {words}")
    return lines


def _colour(name: str, named: Sequence[str], by: str) -> str:
    if by == BY_ANSWER:
        return {"right": RIGHT, "wrong": WRONG}.get(name, OTHERS)
    if by == BY_MODEL and name in _FIXED:
        return _FIXED[name]
    if name == UNKNOWN:
        return OTHERS
    left = [colour for colour in COLOURS if colour not in (RIGHT, WRONG)] if by == BY_MODEL else COLOURS
    return left[named.index(name) % len(left)]


def _trace(drawn: SetMap, places: Sequence[int], name: str, colour: str, model: int) -> dict[str, Any]:
    symbols = {True: "circle", False: "x", None: "circle-open"}
    right = {at: drawn.is_right(drawn.points[at], model) for at in places}
    common = Counter(right.values()).most_common(1)[0][0]
    places = sorted(places, key=lambda at: right[at] is not common)  # the legend shows the first one's symbol
    points = [drawn.points[at] for at in places]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": escape(name),
        "x": [point.answers[model].place[0] for point in points],
        "y": [point.answers[model].place[1] for point in points],
        "customdata": list(places),
        "text": ["<br>".join(map(escape, [point.image, *point_words(drawn, point)])) for point in points],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "color": colour,
            "size": 9 if len(drawn.points) <= 1000 else 6,
            "symbol": [symbols[right[at]] for at in places],
        },
    }
