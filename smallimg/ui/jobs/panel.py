"""The panel of one kind of jobs: the list of those that are kept, how the chosen one stands, what can be done to it.

All that is shown is read from files, so that a reload, a second tab or a restarted server shows the same.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from smallimg.runs.jobs import Kind
from smallimg.ui.jobs import actions
from smallimg.ui.jobs.card import Words, none_yet

LOOK_EVERY_S = 1.5
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
QUIET: dict[str, Any] = {"show_progress": "hidden", **PRIVATE}


@dataclass(frozen=True)
class JobPanel:
    """One job: how it stands, and what can be done to it. `shown` is the id whose figures are on the page."""

    kind: Kind[Any]
    words: Words
    chosen: gr.Dropdown
    card: gr.HTML
    stop: gr.Button
    again: gr.Button
    delete: gr.Button
    message: gr.HTML
    timer: gr.Timer
    shown: gr.State

    @property
    def show_js(self) -> str:
        """JavaScript that scrolls here."""
        return f"""() => document.querySelector("#{self.words.name}-panel")?.scrollIntoView({{ behavior: "smooth" }})"""


def build_panel(kind: Kind[Any], words: Words, *, title: str) -> JobPanel:
    """Lay the panel out inside the `gr.Blocks` being built."""
    name = words.name
    with gr.Column(elem_classes=["si-part", "si-job"], elem_id=f"{name}-panel"):
        gr.HTML(f"<h3>{title}</h3>", apply_default_css=False)
        chosen = gr.Dropdown(actions.choices(kind), value=None, label=words.label, elem_id=name, elem_classes="si-jobs")
        card = gr.HTML(none_yet(words), elem_id=f"{name}-card", apply_default_css=False)
        with gr.Row(elem_id=f"{name}-buttons", elem_classes="si-job-buttons"):
            stop, again, delete = (
                gr.Button(label, size="sm", interactive=False, min_width=80, elem_id=f"{name}-{does}")
                for label, does in (("Stop", "stop"), ("Start again", "again"), ("Delete", "delete"))
            )
        message = gr.HTML(elem_id=f"{name}-message", elem_classes="si-empty-hidden", apply_default_css=False)
    timer = gr.Timer(LOOK_EVERY_S, active=False)
    return JobPanel(kind, words, chosen, card, stop, again, delete, message, timer, gr.State(""))


def connect_panel(
    blocks: gr.Blocks, tab: gr.Tab, panel: JobPanel, column: gr.Column, facts: actions.Facts
) -> dict[str, Any]:
    """Connect the panel.

    Args:
        blocks: the page, for what happens when it opens.
        tab: its tab, for what happens when it is chosen.
        column: shown while a finished job is chosen; what fills it listens to `panel.shown.change`.
        facts: what else the card says of a job.

    Returns:
        The arguments of an event that looks at the chosen job, for whoever has started one: `.then(**watch)`.
    """
    kind, words, chosen = panel.kind, panel.words, panel.chosen
    watch: dict[str, Any] = {
        "fn": partial(actions.look, kind, words, facts),
        "inputs": [chosen, panel.shown],
        "outputs": [panel.card, panel.stop, panel.again, panel.delete, panel.timer, column, panel.shown],
        "concurrency_limit": None,
        **QUIET,
    }
    gr.on([panel.timer.tick, chosen.change], trigger_mode="always_last", **watch)
    chosen.change(None, chosen, js=f"(id) => smallimgMemory.job({words.name!r}, id)", **PRIVATE)
    chosen.input(lambda: "", None, panel.message, **QUIET)
    tab.select(partial(actions.fresh_list, kind), chosen, chosen, **QUIET).then(**watch)
    address = gr.JSON(visible=False)
    blocks.load(
        partial(actions.restore, kind, words), address, chosen, js="() => smallimgMemory.address()", **QUIET
    ).then(**watch)
    for button, does in ((panel.stop, kind.stop), (panel.again, kind.start)):
        button.click(partial(actions.act, does), chosen, panel.message, **PRIVATE).then(**watch)
    confirm = f"""(id) => id && confirm("Delete this {words.label.lower()} and its files?") ? id : null"""
    panel.delete.click(
        partial(actions.delete_chosen, kind), chosen, [panel.message, chosen], js=confirm, **PRIVATE
    ).then(**watch)
    return watch
