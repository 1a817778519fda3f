"""The "Train" tab: bring pictures, press Start, watch the curves, use the result.

The page holds which run it looks at and how steps 1 and 2 are set, and the browser remembers that. All that is shown of
a run is read from its files, so that a reload, a second tab or a restarted server shows the same.
"""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from smallimg.runs.process import start_run, stop_run
from smallimg.training.plan import EVERY_STAGE
from smallimg.ui.clicks import tell_clicks
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.put_right.panel import build_put_right
from smallimg.ui.queues import DATA
from smallimg.ui.train import actions
from smallimg.ui.train.by_class.panel import BEGAN
from smallimg.ui.train.cards import NO_RUN
from smallimg.ui.train.curves import build_curves
from smallimg.ui.train.data_panel import DataPanel, build_data_panel
from smallimg.ui.train.data_shown import data_path, look_again, look_at_built
from smallimg.ui.train.estimate import estimate_text
from smallimg.ui.train.memory import STEP_1, restore
from smallimg.ui.train.settings import FIELDS, Settings, build_settings
from smallimg.ui.train.shelf import shelf

LOOK_EVERY_S = 2.0
CONFIRM_DELETE = """(id, ...now) => [id && confirm("Delete this run and the model it made?") ? id : null, ...now]"""
CLICK_DOWNLOAD = """(zip) => zip && setTimeout(() => document.querySelector("#run-zip")?.click(), 300)"""
SHOW_RUN = """() => document.querySelector("#run-panel")?.scrollIntoView({ behavior: "smooth" })"""
INTRO = (
    '<header class="si-intro"><h2>Train your own</h2><p>Three steps: pictures, what it learns, Start. Training goes on '
    "when this page is closed, and can be stopped and resumed at any time. One run trains, others wait in line.</p>"
    "</header>"
)
BRING = (
    '<section class="si-intro"><h2>From elsewhere</h2><p>What “Download” wrote, here or on another computer, can be '
    "brought in again: it is a run like the others then, without its pictures.</p></section>"
)


def build_train(pipelines: Pipelines, blocks: gr.Blocks, tab: gr.Tab, tabs: gr.Tabs, model: gr.Dropdown) -> None:
    """Lay the tab out inside the `gr.Blocks` being built, and connect it.

    Args:
        pipelines: where trained networks are read, to be tried at once.
        blocks: the page, for what happens when it opens.
        tab: this tab, for what happens when it is chosen.
        tabs: all tabs; "Use in Try it" changes to the one with the id "try".
        model: the choice of a bundle in "Try it", which lists the runs too.
    """
    gr.HTML(INTRO, apply_default_css=False)
    with gr.Column(elem_classes="si-part"):
        gr.HTML("<h3>1 · Pictures</h3>", apply_default_css=False)
        data = build_data_panel(pipelines)
    with gr.Column(elem_classes="si-part"):
        gr.HTML("<h3>2 · What it learns</h3>", apply_default_css=False)
        settings = build_settings(actions.start_choices(), data.can_train)
        with gr.Row(elem_id="start-row"):
            estimate = gr.HTML(elem_id="estimate", apply_default_css=False)
            start = gr.Button("Start", variant="primary", elem_id="start")
        message = gr.HTML(elem_id="train-message", apply_default_css=False)
    drawn = gr.State("")
    timer = gr.Timer(LOOK_EVERY_S, active=False)
    panel = _build_run_panel()
    table = gr.HTML(elem_id="runs", apply_default_css=False)
    gr.HTML(BRING, apply_default_css=False)
    with gr.Row(elem_id="bring-row"):
        bring = gr.UploadButton("Bring in a model (zip)", size="sm", elem_id="bring", scale=0, min_width=220)
        brought = gr.HTML(elem_id="bring-message", apply_default_css=False)

    private: dict[str, Any] = {"api_visibility": "private"}
    quiet: dict[str, Any] = {"show_progress": "hidden", **private}
    chosen = panel.chosen
    live = [panel.card, panel.stop, panel.resume, panel.again, panel.use, panel.export, panel.delete, timer, panel.log]
    watch: dict[str, Any] = {
        "fn": actions.look_at_run,
        "inputs": [chosen, panel.others, panel.stage, drawn],
        "outputs": [*live, panel.curves, panel.outcome, panel.mistakes, panel.put_right, table, drawn],
        "show_progress": "hidden",
        "concurrency_limit": None,
        **private,
    }
    measure: dict[str, Any] = {
        "fn": lambda chosen, *values: estimate_text(data_path(chosen), *values),
        "inputs": [data.data, *settings.fields],
        "outputs": estimate,
        "concurrency_id": "estimate",  # pictures that somebody else brings do not wait for it
        "show_progress": "minimal",
        **private,
    }
    now = [panel.others, model, settings.start_from, data.kept]
    lists = [chosen, *now]

    gr.on([timer.tick, panel.others.change, panel.stage.change], trigger_mode="always_last", **watch)
    chosen.change(actions.open_run, chosen, [panel.name, panel.note, panel.opened, panel.message], **quiet).then(
        **watch
    )
    chosen.change(None, chosen, js="(run) => smallimgMemory.run(run)", **private)
    tab.select(actions.same_lists, lists, lists, **quiet).then(**watch)

    opened = _connect_memory(blocks, data, settings, [tabs, message, chosen, panel.others, model, data.kept], now)
    opened.then(shelf, data.kept, data.cards, **quiet)
    opened.then(**watch).then(
        look_again, data.data, list(data.shown), **DATA, show_progress_on=data.shown[3], **private
    ).then(**measure)
    gr.on(
        [field.change for field in settings.fields if field is not settings.name],
        **measure,
    )
    for looked in data.looked:
        looked(lambda: "", None, message, **quiet).then(**measure)
    gr.on([field.input for field in settings.fields], lambda: "", None, message, **quiet)
    start.click(
        lambda chosen, *values: actions.start_new(chosen, values[: len(FIELDS)], values[len(FIELDS) :]),
        [data.data, *settings.fields, *now],
        [message, *lists],
        **private,
    ).then(**watch).then(js=SHOW_RUN, **private)
    # From the pictures taken class by class, straight to the run: the view stays where it is, and shows how it goes.
    data.by_class.train(look_at_built, None, list(data.shown), **DATA, **quiet).then(
        actions.start_built,
        [data.data, data.can_train, *settings.fields, *now],
        [data.shown[2], *lists],
        **quiet,
    ).then(js=BEGAN, **private).then(**watch)
    panel.stop.click(partial(actions.act, stop_run), chosen, panel.message, **private).then(**watch)
    panel.resume.click(partial(actions.act, start_run), chosen, panel.message, **private).then(**watch)
    for asked in (panel.again.click, panel.put_right.again):
        asked(actions.train_again, lists, [panel.message, *lists], **private).then(**watch).then(js=SHOW_RUN, **private)
    panel.delete.click(actions.delete_chosen, lists, [panel.message, *lists], js=CONFIRM_DELETE, **private).then(
        **watch
    )
    panel.save.click(
        actions.rename_chosen, [chosen, panel.name, panel.note, *now], [panel.message, *lists], **private
    ).then(**watch)
    panel.export.click(actions.export_chosen, chosen, [panel.message, panel.zipped], **private).then(
        None, panel.zipped, js=CLICK_DOWNLOAD, **private
    )
    panel.use.click(actions.use_chosen, chosen, [tabs, model], **private)
    panel.outcome.select(actions.open_cell, chosen, panel.opened, trigger_mode="always_last", **private)
    bring.upload(actions.bring_in, [bring, *now], [brought, *lists], **private).then(**watch)
    gr.on([chosen.input, start.click, panel.delete.click], lambda: "", None, brought, **quiet)


def _connect_memory(
    blocks: gr.Blocks, data: DataPanel, settings: Settings, shown: list[Any], now: list[Any]
) -> gr.events.Dependency:
    """What somebody set is kept by the browser, and given back when the page is opened again.

    Args:
        blocks: the page.
        data, settings: steps 1 and 2.
        shown: what else is set when the page opens, in the order of `smallimg.ui.train.memory.restore`.
        now: the lists whose choice is looked at, see `smallimg.ui.train.actions.fresh_lists`.

    Returns:
        The end of it, for what is to be done when the page is there.
    """
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    step_1 = [data.data, data.source, data.size, data.famous, data.per_class]
    fields = [*step_1, *settings.fields]
    names = json.dumps([*STEP_1, *FIELDS])
    keep = f"(...values) => smallimgMemory.keep({names}, values)"
    gr.on([field.change for field in fields], None, fields, js=keep, api_visibility="private")
    address = gr.JSON(visible=False)
    loaded: gr.events.Dependency = blocks.load(
        partial(restore, data, settings),
        [address, *now],
        [*shown, *step_1, *data.columns, *settings.fields],
        js="(_, ...now) => [smallimgMemory.address(), ...now]",
        **quiet,
    ).then(js="() => smallimgMemory.ready()", api_visibility="private")
    return loaded


@dataclass(frozen=True)
class _RunPanel:
    """What is shown of one run, and what can be done to it."""

    chosen: gr.Dropdown
    others: gr.Dropdown
    stage: gr.Dropdown
    card: gr.HTML
    stop: gr.Button
    resume: gr.Button
    again: gr.Button
    use: gr.Button
    export: gr.Button
    delete: gr.Button
    zipped: gr.DownloadButton
    curves: gr.HTML
    outcome: gr.HTML
    put_right: gr.HTML
    opened: gr.HTML
    mistakes: gr.HTML
    log: gr.Textbox
    name: gr.Textbox
    note: gr.Textbox
    save: gr.Button
    message: gr.HTML


def _build_run_panel() -> _RunPanel:
    choices = actions.run_choices()
    with gr.Column(elem_classes="si-part", elem_id="run-panel"):
        gr.HTML("<h3>3 · Watch it learn</h3>", apply_default_css=False)
        with gr.Row(elem_id="run-choice"):
            chosen = gr.Dropdown(choices, value=None, label="Run", elem_id="run", scale=3)
            others = gr.Dropdown(
                choices, value=[], multiselect=True, max_choices=5, label="Compare with", elem_id="others", scale=3
            )
            stage = gr.Dropdown(
                [actions.FOLLOW, *EVERY_STAGE], value=actions.FOLLOW, label="Curves of", elem_id="stage", scale=2
            )
        card = gr.HTML(NO_RUN, elem_id="run-card", apply_default_css=False)
        with gr.Row(elem_id="run-buttons"):
            stop, resume, again, use, export, delete = (
                gr.Button(label, size="sm", interactive=False, elem_id=name)
                for label, name in (
                    ("Stop", "stop"),
                    ("Resume", "resume"),
                    ("Train again", "again"),
                    ("Use in Try it", "use"),
                    ("Download", "export"),
                    ("Delete", "delete"),
                )
            )
        message = gr.HTML(elem_id="run-message", apply_default_css=False)
        zipped = gr.DownloadButton("zip", elem_id="run-zip", visible="hidden")
        curves = build_curves()
        outcome = gr.HTML(elem_id="outcome", js_on_load=tell_clicks("cell", press=True), apply_default_css=False)
        put_right = build_put_right("put-right", again="Train again", then="It learns that once it is trained again.")
        opened = gr.HTML(elem_id="opened", apply_default_css=False)
        mistakes = gr.HTML(elem_id="mistakes", apply_default_css=False)
        with gr.Accordion("Log", open=False, elem_id="log"):
            log = gr.Textbox(lines=12, max_lines=12, show_label=False, container=False, buttons=["copy"])
        with gr.Accordion("Rename it, or note something about it", open=False, elem_id="rename"), gr.Row():
            name = gr.Textbox(label="Name", max_length=80)
            note = gr.Textbox(label="Note", max_length=2000, lines=2, scale=2)
            save = gr.Button("Save", size="sm")
    return _RunPanel(
        chosen, others, stage, card, stop, resume, again, use, export, delete, zipped, curves, outcome, put_right,
        opened, mistakes, log, name, note, save, message,
    )  # fmt: skip
