"""Pictures taken or dropped class by class: one component, whose script (beside this file) draws all of it."""

from pathlib import Path

import gradio as gr

from smallimg.ui.pipelines import Pipelines
from smallimg.ui.train.by_class.server import server_functions

_HERE = Path(__file__).parent
#: In the order in which they need one another; together they are the component's one script.
_SCRIPTS = (
    "../../made.js",
    "../../asking.js",
    "camera.js",
    "pictures.js",
    "several.js",
    "classes.js",
    "phone.js",
    "trial.js",
    "begin.js",
)
#: Tells the script that its set is being learned from now, or that this could not be begun.
BEGAN = """() => document.querySelector("#by-class .si-build")?.dispatchEvent(new Event("began", { bubbles: true }))"""
#: Which set is to be opened, and when that was asked.
CONTINUE = """(id) => [id, Date.now()]"""


def build_by_class(pipelines: Pipelines) -> gr.HTML:
    """Lay it out inside the `gr.Blocks` being built.

    Its events `train`, `check` and `sheet` carry the id of the set that is to be learned from, looked over, or laid out
    picture by picture. Its value is a
    reminder only: which set is open, the script keeps in the browser.

    Args:
        pipelines: where trained networks are read, to be tried at once.
    """
    return gr.HTML(
        "",
        html_template=(_HERE / "skeleton.html").read_text("utf-8"),
        js_on_load="\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS),
        server_functions=server_functions(pipelines),
        apply_default_css=False,
        elem_id="by-class",
    )
