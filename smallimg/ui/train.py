"""The "Train" tab: bring pictures, press Start, watch the curves, use the result.

The page holds nothing but which run it looks at. Everything it shows is read from the run's files, so that a reload, a
second tab or a restarted server shows the same.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from smallimg.bundle_training import STAGES
from smallimg.runs import start_run, stop_run
from smallimg.ui import train_actions as actions
from smallimg.ui.curves import build_curves
from smallimg.ui.train_cards import NO_RUN
from smallimg.ui.train_data import build_data_panel
from smallimg.ui.train_estimate import estimate_text
from smallimg.ui.train_mistakes import CELL_CLICK
from smallimg.ui.train_settings import build_settings

LOOK_EVERY_S = 2.0
CONFIRM_DELETE = """(id) => id && confirm("Delete this run and the models it made?") ? id : null"""
CLICK_DOWNLOAD = """() => setTimeout(() => document.querySelector("#run-zip")?.click(), 300)"""
SHOW_RUN = """() => document.querySelector("#run-panel")?.scrollIntoView({ behavior: "smooth" })"""
INTRO = (
    '<header class="si-intro"><h2>Train your own</h2><p>Three steps: pictures, what to train, Start. Training goes on '
    "when this page is closed, and can be stopped and resumed at any time. One run trains, others wait in line.</p>"
    "</header>"
)


def build_train(blocks: gr.Blocks, tab: gr.Tab, tabs: gr.Tabs, model: gr.Dropdown) -> None:
    """Lay the tab out inside the `gr.Blocks` being built, and connect it.

    Args:
        blocks: the page, for what happens when it opens.
        tab: this tab, for what happens when it is chosen.
        tabs: all tabs; "Use in Try it" changes to the one with the id "try".
        model: the choice of a bundle in "Try it", which lists the runs too.
    """
    gr.HTML(INTRO, apply_default_css=False)
    with gr.Column(elem_classes="si-part"):
        gr.HTML("<h3>1 · Pictures</h3>", apply_default_css=False)
        data = build_data_panel()
    with gr.Column(elem_classes="si-part"):
        gr.HTML("<h3>2 · What to train</h3>", apply_default_css=False)
        settings = build_settings(actions.start_choices(), data.can_train)
        with gr.Row(elem_id="start-row"):
            estimate = gr.HTML(elem_id="estimate", apply_default_css=False)
            start = gr.Button("Start", variant="primary", elem_id="start")
        message = gr.HTML(elem_id="train-message", apply_default_css=False)
    kept = gr.BrowserState("", storage_key="smallimg-run", secret="smallimg")
    drawn = gr.State("")
    timer = gr.Timer(LOOK_EVERY_S, active=False)
    panel = _build_run_panel()
    table = gr.HTML(elem_id="runs", apply_default_css=False)
    bring = gr.UploadButton("Bring in a bundle (zip)", file_types=[".zip"], size="sm", elem_id="bring")

    private: dict[str, Any] = {"api_visibility": "private"}
    chosen = panel.chosen
    live = [panel.card, panel.stop, panel.resume, panel.use, panel.export, panel.delete, timer, panel.log]
    watch: dict[str, Any] = {
        "fn": actions.look_at_run,
        "inputs": [chosen, panel.others, panel.stage, drawn],
        "outputs": [*live, panel.curves, panel.outcome, panel.mistakes, table, drawn],
        "show_progress": "hidden",
        "concurrency_limit": None,
        **private,
    }
    lists = [chosen, panel.others, model, settings.start_from, data.kept]
    quiet: dict[str, Any] = {"show_progress": "hidden", **private}

    gr.on([timer.tick, panel.others.change, panel.stage.change], trigger_mode="always_last", **watch)
    chosen.change(actions.open_run, chosen, [kept, panel.name, panel.note, panel.opened], **quiet).then(**watch)
    gr.on([blocks.load, tab.select], actions.open_page, [kept, chosen], lists, **quiet).then(**watch)
    gr.on(
        [data.path.change, *(field.change for field in settings.fields if field is not settings.name)],
        estimate_text,
        [data.path, *settings.fields],
        estimate,
        trigger_mode="always_last",
        concurrency_id="data",
        show_progress="minimal",
        **private,
    )
    start.click(actions.start_new, [data.path, *settings.fields], [message, *lists], **private).then(**watch).then(
        js=SHOW_RUN, **private
    )
    panel.stop.click(partial(actions.act, stop_run), chosen, message, **private).then(**watch)
    panel.resume.click(partial(actions.act, start_run), chosen, message, **private).then(**watch)
    panel.delete.click(actions.delete_chosen, chosen, [message, *lists], js=CONFIRM_DELETE, **private).then(**watch)
    panel.save.click(actions.rename_chosen, [chosen, panel.name, panel.note], [message, *lists], **private).then(
        **watch
    )
    panel.export.click(actions.export_chosen, chosen, panel.zipped, **private).success(js=CLICK_DOWNLOAD, **private)
    panel.use.click(actions.use_chosen, chosen, [tabs, model], **private)
    panel.outcome.select(actions.open_cell, chosen, panel.opened, **private)
    bring.upload(actions.bring_in, bring, [message, *lists], **private).then(**watch)


@dataclass(frozen=True)
class _RunPanel:
    """What is shown of one run, and what can be done to it."""

    chosen: gr.Dropdown
    others: gr.Dropdown
    stage: gr.Dropdown
    card: gr.HTML
    stop: gr.Button
    resume: gr.Button
    use: gr.Button
    export: gr.Button
    delete: gr.Button
    zipped: gr.DownloadButton
    curves: gr.HTML
    outcome: gr.HTML
    opened: gr.HTML
    mistakes: gr.HTML
    log: gr.Textbox
    name: gr.Textbox
    note: gr.Textbox
    save: gr.Button


def _build_run_panel() -> _RunPanel:
    choices = actions.run_choices()
    with gr.Column(elem_classes="si-part", elem_id="run-panel"):
        gr.HTML("<h3>3 · Watch it learn</h3>", apply_default_css=False)
        with gr.Row():
            chosen = gr.Dropdown(choices, value=None, label="Run", elem_id="run", scale=3)
            others = gr.Dropdown(
                choices, value=[], multiselect=True, max_choices=5, label="Compare with", elem_id="others", scale=3
            )
            stage = gr.Dropdown(
                [actions.FOLLOW, *STAGES], value=actions.FOLLOW, label="Curves of", elem_id="stage", scale=2
            )
        card = gr.HTML(NO_RUN, elem_id="run-card", apply_default_css=False)
        with gr.Row(elem_id="run-buttons"):
            stop, resume, use, export, delete = (
                gr.Button(label, size="sm", interactive=False, elem_id=name)
                for label, name in (
                    ("Stop", "stop"),
                    ("Resume", "resume"),
                    ("Use in Try it", "use"),
                    ("Download bundle", "export"),
                    ("Delete", "delete"),
                )
            )
        zipped = gr.DownloadButton("zip", elem_id="run-zip", elem_classes="si-unseen")
        curves = build_curves()
        outcome = gr.HTML(elem_id="outcome", js_on_load=CELL_CLICK, apply_default_css=False)
        opened = gr.HTML(elem_id="opened", apply_default_css=False)
        mistakes = gr.HTML(elem_id="mistakes", apply_default_css=False)
        with gr.Accordion("Log", open=False, elem_id="log"):
            log = gr.Textbox(lines=12, max_lines=12, show_label=False, container=False, buttons=["copy"])
        with gr.Accordion("Rename it, or note something about it", open=False, elem_id="rename"), gr.Row():
            name = gr.Textbox(label="Name", max_length=80)
            note = gr.Textbox(label="Note", max_length=2000, lines=2, scale=2)
            save = gr.Button("Save", size="sm")
    return _RunPanel(
        chosen, others, stage, card, stop, resume, use, export, delete, zipped, curves, outcome, opened, mistakes, log,
        name, note, save,
    )  # fmt: skip
