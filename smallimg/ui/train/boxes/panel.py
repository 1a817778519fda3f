"""The sheet of a set's pictures with their boxes, and the editor of one: a component that the scripts here draw."""

from pathlib import Path

import gradio as gr

from smallimg.ui.pipelines import Pipelines
from smallimg.ui.train.boxes.server import server_functions

_HERE = Path(__file__).parent
#: In the order in which they need one another; together they are the component's one script.
_SCRIPTS = ("../../made.js", "../../asking.js", "sheet.js", "stage.js", "brush.js", "editor.js", "begin.js")


def build_boxes(pipelines: Pipelines) -> gr.HTML:
    """Lay it out inside the `gr.Blocks` being built; it is hidden until a set is opened.

    Its value opens one: its id ("-": none), when that was asked (milliseconds since 1970), and maybe a picture of it.
    Its event `changed` carries the id of the set, when that is closed after something of it was changed.

    Args:
        pipelines: where trained networks are read, to find boxes and names.
    """
    return gr.HTML(
        "",
        html_template=(_HERE / "skeleton.html").read_text("utf-8"),
        js_on_load="\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS),
        server_functions=server_functions(pipelines),
        apply_default_css=False,
        elem_id="boxes",
    )
