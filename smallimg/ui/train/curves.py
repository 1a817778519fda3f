"""The curves of a run on the page: plotly figures that are redrawn in place, so that a zoom stays.

Nothing of them leaves the machine: plotly.js comes from here, and its button that uploads a chart is not there.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from smallimg.runs.plots import Figure
from smallimg.runs.run import Run
from smallimg.ui.plotting import plot_script, serve_plotly

NAMES = ("losses", "quality", "rate")
_TEMPLATE = '<p class="si-sentence si-nothing" hidden></p>' + "".join(
    f'<figure class="si-curve" hidden><h4></h4><div class="si-plot" id="curve-{name}"></div></figure>' for name in NAMES
)
_DRAW = plot_script(Path(__file__).parent / "curves.js")


def build_curves() -> gr.HTML:
    """A component whose value is what `curves_json` makes."""
    serve_plotly()
    return gr.HTML(
        None,
        html_template=_TEMPLATE,
        js_on_load=_DRAW,
        apply_default_css=False,
        elem_id="curves",
    )


def curves_json(figures: Sequence[Figure], *, nothing: str) -> str:
    """What the component of `build_curves` shows: the figures, in the order of `NAMES`, without those that are empty.

    Args:
        figures: from `smallimg.runs.plots.stage_figures`.
        nothing: the sentence that stands there where all of them are empty.
    """
    sentence = "" if any(figure["data"] for figure in figures) else nothing
    return json.dumps({"figures": figures, "sentence": sentence}, allow_nan=False, separators=(",", ":"))


def why_no_curves(run: Run, stage: str) -> str:
    """Why there are no curves of a stage, in a sentence."""
    if not run.config.data:
        return "It was brought in as a finished bundle. Its curves stayed where it was trained."
    if stage not in run.config.stages:
        return f"The {stage} is not trained in this run: choose the curves of another stage."
    if run.status == "waiting":
        return "Its turn has not come yet. The curves begin with its first epoch."
    if run.status == "running":
        return f"The first epoch of the {stage} is not over yet. The curves begin with it."
    return f"No epoch of the {stage} was finished, so there are no curves."
