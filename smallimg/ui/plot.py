"""A plot on the page that is drawn in place and can be taken along, as a picture and as CSV."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.files import plain_cell
from smallimg.runs.plots import GRID
from smallimg.ui.plotting import plot_script, serve_plotly

#: {"data": traces, "layout": …, "csv": text, "name": of the files}, in plotly's own JSON form
Drawn = dict[str, Any]
#: What is right or much, as "r,g,b": cells have it in all strengths.
TEAL = "44,156,143"
AXIS: dict[str, Any] = {"gridcolor": GRID, "linecolor": GRID, "zeroline": False, "automargin": True}
_TEMPLATE = '<figure class="si-curve" hidden><h4></h4><div class="si-plot" id="{name}-plot"></div></figure>'


def build_plot(name: str) -> gr.HTML:
    """A component of that id whose value is what `plot_json` makes; a click on a cell is its `select`."""
    serve_plotly()
    return gr.HTML(
        None,
        html_template=_TEMPLATE.replace("{name}", name),
        js_on_load=plot_script(Path(__file__).parent / "plot.js"),
        apply_default_css=False,
        elem_id=name,
    )


def plot_json(drawn: Drawn | None) -> str | None:
    """What the component of `build_plot` shows; None for nothing."""
    return None if drawn is None else json.dumps(drawn, allow_nan=False, separators=(",", ":"))


def table_csv(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """A plot's numbers as CSV; no text of it is taken for a formula by a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in (head, *rows):
        writer.writerow([plain_cell(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def drawn(
    title: str, traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any], *, height: int, csv: str, name: str
) -> Drawn:
    """A figure with the page's margins and letters; the colours of text and ground are the page's, light or dark.

    Args:
        title: above it, and in its picture.
        traces, layout: plotly's.
        height: in pixels.
        csv: its numbers.
        name: of its files, without an ending.
    """
    whole = {
        "title": {"text": title},
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 34, "b": 8},  # the bar with the buttons lies in the margin above
        "font": {"size": 12, "family": "Source Sans Pro, sans-serif"},
        "uirevision": title,
    } | dict(layout)
    return {"data": list(traces), "layout": whole, "csv": csv, "name": name}
