"""“Cancel”, beside the progress of work on data sets: there while that goes on, which `style.css` sees to."""

from typing import Any

import gradio as gr
from gradio.context import LocalContext

from smallimg.ui.queues import BoundedQueue


def build_cancel(place: str) -> gr.Button:
    """The button, to be laid out right behind the component on which progress is shown.

    Args:
        place: what its id begins with.
    """
    button = gr.Button("Cancel", size="sm", scale=0, min_width=120, elem_id=f"{place}-cancel", elem_classes="si-cancel")
    # Past the queue, in which it would wait for what it is to end.
    button.click(cancel, None, None, queue=False, show_progress="hidden", api_visibility="private")
    return button


async def cancel(request: gr.Request) -> None:
    """End what this page has asked for; the answer to that says so (`smallimg.ui.patience`)."""
    blocks: Any = LocalContext.blocks.get(None)
    queue: BoundedQueue = blocks._queue
    if request.session_hash:
        queue.cancel(request.session_hash)
