"""Mistakes put right where they are seen: a component whose script (beside this file) opens a gallery's pictures."""

from pathlib import Path

import gradio as gr

from smallimg.ui.put_right.server import server_functions

_HERE = Path(__file__).parent


def build_put_right(name: str, *, again: str, then: str) -> gr.HTML:
    """Lay it out inside the `gr.Blocks` being built; it hears of every gallery of its own tab.

    Its event `again` asks for the run that is looked at to be repeated.

    Args:
        name: the component's id in the page.
        again: what the button says that repeats it.
        then: what comes of that, in a sentence.
    """
    skeleton = (_HERE / "skeleton.html").read_text("utf-8")
    return gr.HTML(
        "",
        html_template=skeleton.replace("{again}", again).replace("{then}", then),
        js_on_load="\n".join((_HERE / name).read_text("utf-8") for name in ("../made.js", "put_right.js")),
        server_functions=server_functions(),
        apply_default_css=False,
        elem_id=name,
    )
