"""The "Why it fails" tab: one factor changed at a time, on one picture, and on many objects by their size.

A study of many objects is a process and a folder of its own, as an evaluation is.
"""

from dataclasses import dataclass
from functools import partial

import gradio as gr

from smallimg.runs.study import STUDIES
from smallimg.study.conditions.factors import Strengths
from smallimg.ui.cancel import build_cancel
from smallimg.ui.data_choice import build_data_choice, fresh_choices
from smallimg.ui.jobs.files import Files, build_file, build_files, connect_files
from smallimg.ui.jobs.panel import PRIVATE, QUIET, build_panel, connect_panel
from smallimg.ui.pipelines import Pipelines, bundle_choices
from smallimg.ui.plot import build_plot
from smallimg.ui.queues import DATA
from smallimg.ui.why.actions import MOST, NOTHING, PASTING, WHO, find_out, look_at_one, open_cell, show_study
from smallimg.ui.why.words import ABOUT_CELLS, ABOUT_SPOILING, STUDY, facts

INTRO = (
    '<header class="si-intro"><h2>Why it fails</h2><p>Too small, too few pixels, blurred, half hidden, or is it what '
    "lies around? One thing is changed at a time while the object stays the same; then you see which of them costs the "
    "network its answer.</p></header>"
)


def build_why(pipelines: Pipelines, blocks: gr.Blocks, tab: gr.Tab, *, bundle: str) -> None:
    """Lay the tab out inside the `gr.Blocks` being built, and connect it.

    Args:
        pipelines: where the tab gets its pipelines.
        blocks: the page, for what happens when it opens.
        tab: this tab, for what happens when it is chosen.
        bundle: the one chosen at first.
    """
    usual = Strengths()
    gr.HTML(INTRO, apply_default_css=False)
    with gr.Column(elem_classes="si-part"):
        model = gr.Dropdown(bundle_choices(), value=bundle, label="Models", elem_id="why-model")
        with gr.Accordion("How strongly each thing is changed", open=False):
            with gr.Row():
                downscale = gr.Slider(1, 16, usual.downscale, step=0.5, label="Fewer pixels", info="times fewer a side")
                motion = gr.Slider(
                    0, 0.2, usual.motion, step=0.01, label="Motion blur", info="share of the longer side"
                )
            with gr.Row():
                occlusion = gr.Slider(0, 0.9, usual.occlusion, step=0.05, label="Covered", info="share of the box")
                blur = gr.Slider(0, 0.1, usual.blur, step=0.005, label="Background blur", info="of the longer side")
    with gr.Column(elem_classes="si-part"):
        gr.HTML("<h3>On a picture of your own</h3>", apply_default_css=False)
        own = gr.File(label="Drop a picture", file_types=["image"], height=140, elem_id="why-picture")
        row = gr.HTML(elem_id="why-row", apply_default_css=False)
        with gr.Accordion("Noise, fog, JPEG and too much light", open=False, elem_id="why-spoiling"):
            gr.HTML(ABOUT_SPOILING, apply_default_css=False)
            severity = gr.Slider(
                1, 5, usual.severity, step=1, label="Severity", info="1 is light, 5 is heavy", elem_id="why-severity"
            )
            spoiled = gr.HTML(NOTHING, elem_id="why-spoiled", apply_default_css=False)
            corrupted = gr.Checkbox(label="Try these on the many objects below as well", elem_id="why-corruptions")
    with gr.Column(elem_classes="si-part"):
        gr.HTML("<h3>On many objects, by their size</h3>", apply_default_css=False)
        data = build_data_choice("why", parts=True)
        most = gr.Slider(30, MOST, value=120, step=30, label="Objects at most", info="classes and sizes take turns")
        with gr.Accordion("For experts", open=False, elem_id="why-experts"):
            pasting = gr.Radio(
                list(PASTING), value=next(iter(PASTING)), label="Cut objects out and paste them at every size",
                info="so that the same object differs in size alone", elem_id="why-pasting",
            )  # fmt: skip
            who = gr.Radio(
                list(WHO), value=next(iter(WHO)), label="Who names the objects",
                info="The ResNet-18 is frozen but for its last layer, which learns from four fifths of the objects in "
                "five epochs (Adam, 1e-3); the last fifth of every class is tried.", elem_id="why-who",
            )  # fmt: skip
        find = gr.Button("Find out", variant="primary", elem_id="why-find")
        message = gr.HTML(elem_id="why-message", apply_default_css=False)
        build_cancel("study")
    panel = build_panel(STUDIES, STUDY, title="What came of it")
    views = _build_views()

    strengths = [downscale, motion, occlusion, blur, severity]
    gr.on([tab.select, blocks.load], fresh_choices, [model, data.kept], [model, data.kept], **QUIET)
    look = partial(look_at_one, pipelines)
    own.change(look, [model, own, *strengths], [row, spoiled], show_progress_on=row, **PRIVATE)
    for changed in (model.input, *(one.input for one in strengths)):  # by the mouse and by the keyboard
        changed(look, [model, own, *strengths], [row, spoiled], **QUIET)
    watch = connect_panel(blocks, tab, panel, views.column, facts)
    find.click(
        find_out,
        [model, most, data.source, data.dropped, data.kept, data.part, pasting, who, corrupted, *strengths],
        [message, panel.chosen],
        **DATA,
        show_progress_on=message,
        **PRIVATE,
    ).then(**watch).then(js=panel.show_js, **PRIVATE)
    panel.shown.change(
        show_study,
        panel.shown,
        [views.head, views.heat, views.drops, views.tables, views.files.shown, views.opened],
        **QUIET,
    )
    views.heat.select(open_cell, panel.chosen, views.opened, trigger_mode="always_last", **PRIVATE)
    connect_files(STUDIES, STUDY.name, panel.chosen, views.files)


@dataclass(frozen=True)
class _Views:
    """What is shown of a finished study."""

    column: gr.Column
    head: gr.HTML
    heat: gr.HTML
    opened: gr.HTML
    drops: gr.HTML
    tables: gr.HTML
    files: Files


def _build_views() -> _Views:
    file = build_file(STUDY.name)
    with gr.Column(visible=False, elem_classes="si-part", elem_id="study-views") as column:
        head = gr.HTML(elem_id="study-head", apply_default_css=False)
        heat = build_plot("study-heat")
        gr.HTML(ABOUT_CELLS, apply_default_css=False)
        opened = gr.HTML(elem_id="study-opened", elem_classes="si-empty-hidden", apply_default_css=False)
        drops = build_plot("study-drops")
        tables = gr.HTML(elem_id="study-tables", apply_default_css=False)
        gr.HTML("<h3>Files to take along</h3>", apply_default_css=False)
        files = build_files(STUDY.name, file)
    return _Views(column, head, heat, opened, drops, tables, files)
