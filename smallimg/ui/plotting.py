"""plotly on the page without a content network: its library comes from here."""

import json
from pathlib import Path
from urllib.parse import quote

import gradio as gr
import plotly

#: plotly.js as the Python package brings it.
LIBRARY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def serve_plotly() -> None:
    """Let the page fetch plotly.js; to be called where a component is built that draws with it."""
    gr.set_static_paths([LIBRARY])


def plot_script(file: Path) -> str:
    """A component's `js_on_load` that draws: `plotly.js`, then `file`, which uses its `plotly` and `themed`."""
    # Where the library lies is no property of the component: in a tab that is opened late those are gone.
    shared = (Path(__file__).parent / "plotly.js").read_text("utf-8")
    return f"const library = {json.dumps(quote(str(LIBRARY)))};\n{shared}\n{file.read_text('utf-8')}"
