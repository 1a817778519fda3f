"""Lists of what is there now, in which what was chosen stays chosen."""

from collections.abc import Sequence
from typing import Any

import gradio as gr


def still(
    choices: Sequence[tuple[str, str]], chosen: str | Sequence[str] | None, default: str | None = None, **more: Any
) -> gr.Dropdown:
    """The list, with what is there now to choose from.

    What is chosen is not sent again while it is there: on a slow machine somebody has chosen something else by the time
    the answer comes, and would have it taken back. A list that had something chosen which is gone would refuse
    everything: there the default is chosen, or of several what is left of them.

    Args:
        choices: (what to show, value).
        chosen: the value or values that are chosen now; None where nothing is.
        default: None where the list may be empty.
        more: of the list.
    """
    values = [value for _, value in choices]
    if isinstance(chosen, str) or chosen is None:
        is_there = chosen in values if chosen is not None else default is None
        changed: dict[str, Any] = {} if is_there else {"value": default}
    else:
        left = [one for one in chosen if one in values]
        changed = {"multiselect": True} | ({} if left == list(chosen) else {"value": left})
    return gr.Dropdown(choices, **changed, **more)
