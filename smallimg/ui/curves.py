"""The curves of a run on the page: plotly figures that are redrawn in place, so that a zoom stays."""

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import gradio as gr
import plotly

from smallimg.plots import Figure

NAMES = ("losses", "quality", "rate")
#: plotly.js as the Python package brings it: no content network is asked.
LIBRARY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_TEMPLATE = "".join(f'<div class="si-curve" id="curve-{name}"></div>' for name in NAMES)
# Not as a property of the component: in a tab that is opened late those are gone.
_DRAW = f"const library = {json.dumps(quote(str(LIBRARY)))};\n" + (Path(__file__).parent / "curves.js").read_text(
    "utf-8"
)


def build_curves() -> gr.HTML:
    """A component whose value is what `curves_json` makes."""
    gr.set_static_paths([LIBRARY])
    return gr.HTML(
        None,
        html_template=_TEMPLATE,
        js_on_load=_DRAW,
        apply_default_css=False,
        elem_id="curves",
    )


def curves_json(figures: Sequence[Figure]) -> str:
    """The figures, in the order of `NAMES`, for the component of `build_curves`."""
    return json.dumps(figures, allow_nan=False, separators=(",", ":"))
