"""The "Evaluate" tab: how good a model is on a set of pictures, seen and counted.

An evaluation is a process and a folder of its own; all that is shown of it is read from its files, so that a reload, a
second tab or a restarted server shows the same.
"""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from smallimg import DEFAULT_BUNDLE
from smallimg.results import NAMED_FROM
from smallimg.runs.evaluation import EVALUATIONS
from smallimg.ui.cancel import build_cancel
from smallimg.ui.clicks import tell_clicks
from smallimg.ui.data_choice import OWN_WORDS, DataChoice, build_data_choice
from smallimg.ui.evaluate import about, actions, show
from smallimg.ui.evaluate.words import WORDS, facts
from smallimg.ui.jobs.files import Files, build_file, build_files, connect_files
from smallimg.ui.jobs.panel import PRIVATE, QUIET, JobPanel, build_panel, connect_panel
from smallimg.ui.pipelines import bundle_choices
from smallimg.ui.plot import build_plot
from smallimg.ui.put_right.panel import build_put_right
from smallimg.ui.queues import DATA

INTRO = (
    '<header class="si-intro"><h2>Evaluate</h2><p>How good is a model, and on which pictures does it fail? It looks at '
    "every picture of a set; you see the figures, how far each can be trusted, and the pictures behind them.</p>"
    "</header>"
)
UNLABELLED = "Pictures of which nothing is known will do: they get answers and a submission, and no figures."


def build_evaluate(blocks: gr.Blocks, tab: gr.Tab) -> None:
    """Lay the tab out inside the `gr.Blocks` being built, and connect it.

    Args:
        blocks: the page, for what happens when it opens.
        tab: this tab, for what happens when it is chosen.
    """
    gr.HTML(INTRO, apply_default_css=False)
    asked = _build_question()
    panel = build_panel(EVALUATIONS, WORDS, title="2 · What came of it")
    views = _build_views()

    now = [asked.model, asked.against, asked.data.kept]
    watch = connect_panel(blocks, tab, panel, views.column, facts)
    gr.on([tab.select, blocks.load], actions.fresh_lists, now, now, **QUIET)
    data = asked.data
    asked.start.click(
        actions.start_new,
        [
            asked.model, asked.against, asked.lesson, asked.known_only, asked.pictures, asked.background,
            data.source, data.dropped, data.kept, data.part,
        ],
        [asked.message, panel.chosen],
        **DATA,
        show_progress_on=asked.message,
        **PRIVATE,
    ).then(**watch).then(js=panel.show_js, **PRIVATE)  # fmt: skip
    views.put_right.again(actions.measure_again, panel.chosen, [panel.message, panel.chosen], **PRIVATE).then(
        **watch
    ).then(js=panel.show_js, **PRIVATE)
    _connect_views(panel, views)


@dataclass(frozen=True)
class _Question:
    """What is asked: which model, which pictures, and what beside the figures."""

    model: gr.Dropdown
    data: DataChoice
    against: gr.Dropdown
    lesson: gr.Checkbox
    known_only: gr.Checkbox
    pictures: gr.Checkbox
    background: gr.Dropdown
    start: gr.Button
    message: gr.HTML


def _build_question() -> _Question:
    with gr.Column(elem_classes="si-part", elem_id="evaluate-question"):
        gr.HTML("<h3>1 · Which model, on which pictures</h3>", apply_default_css=False)
        with gr.Row():
            with gr.Column(scale=2, min_width=280):
                model = gr.Dropdown(bundle_choices(), value=DEFAULT_BUNDLE, label="Model", elem_id="evaluate-model")
                against = gr.Dropdown(
                    actions.against_choices(), value="", label="Compare it with", elem_id="evaluate-against"
                )
                lesson = gr.Checkbox(
                    label="The lesson: without removal and cropping, too",
                    info="what the two steps do for naming; takes up to four times as long",
                    elem_id="evaluate-lesson",
                )
            with gr.Column(scale=3, min_width=280):
                data = build_data_choice("evaluate", parts=True, own_words=f"{OWN_WORDS} {UNLABELLED}")
        with gr.Accordion("More settings", open=False, elem_id="evaluate-more"), gr.Row():
            background = gr.Dropdown(
                [("the model’s own", "own"), ("none", "none"), ("rembg’s u2netp (downloads 4 MB once)", "u2netp")],
                value="own",
                label="Who removes the background",
            )
            known_only = gr.Checkbox(
                label="Leave out pictures of kinds it does not know", info="otherwise such a set is refused", value=True
            )
            pictures = gr.Checkbox(label="Keep cut-outs and crops", info="as zips, to be downloaded")
        start = gr.Button("Evaluate", variant="primary", elem_id="evaluate-start")
        message = gr.HTML(elem_id="evaluate-message", apply_default_css=False)
        build_cancel("evaluation")
    return _Question(model, data, against, lesson, known_only, pictures, background, start, message)


@dataclass(frozen=True)
class _Views:
    """What is shown of a finished evaluation; `naming` holds what needs true classes."""

    column: gr.Column
    figures: gr.HTML
    naming: gr.Column
    matrix: gr.HTML
    matrix_table: gr.HTML
    opened: gr.HTML
    classes: gr.HTML
    calibration: gr.HTML
    slider: gr.Slider
    threshold: gr.HTML
    threshold_words: gr.HTML
    save: gr.Button
    save_note: gr.HTML
    put_right: gr.HTML
    lesson: gr.HTML
    comparison: gr.HTML
    sheets: gr.HTML
    files: Files


def _build_views() -> _Views:
    def part(name: str, **options: Any) -> gr.HTML:
        return gr.HTML(elem_id=name, apply_default_css=False, **options)

    file = build_file(WORDS.name)
    with gr.Column(visible=False, elem_id="evaluation-views") as column:
        with gr.Column(elem_classes="si-part"):
            figures = part("evaluation-figures")
        put_right = build_put_right(
            "evaluation-put-right", again="Evaluate again", then="The figures count that once it is measured again."
        )
        lesson, comparison = part("evaluation-lesson"), part("evaluation-comparison")
        with gr.Column() as naming:
            with gr.Column(elem_classes="si-part"):
                with gr.Row():
                    with gr.Column(scale=6, min_width=300):
                        matrix = build_plot("evaluation-matrix")
                        gr.HTML(about.fold(about.MATRIX), apply_default_css=False)
                        table = part("evaluation-matrix-table", js_on_load=tell_clicks("cell", press=True))
                    with gr.Column(scale=5, min_width=300):
                        classes = part("evaluation-classes")
                opened = part("evaluation-opened")
            with gr.Row(elem_id="evaluation-sureness"):
                with gr.Column(elem_classes="si-part", min_width=300):
                    threshold = build_plot("evaluation-threshold")
                    slider = gr.Slider(
                        0, 1, value=NAMED_FROM, step=0.01, label="A name is said from this probability on",
                        elem_id="evaluation-slider",
                    )  # fmt: skip
                    words = part("evaluation-threshold-words")
                    with gr.Row(elem_id="evaluation-save-row"):
                        save = gr.Button("Save in the model", size="sm", interactive=False, elem_id="evaluation-save")
                        note = part("evaluation-save-note")
                    gr.HTML(about.fold(about.THRESHOLD), apply_default_css=False)
                with gr.Column(elem_classes="si-part", min_width=300):
                    calibration = build_plot("evaluation-calibration")
                    gr.HTML(about.fold(about.CALIBRATION), apply_default_css=False)
        with gr.Column(elem_classes="si-part"):
            gr.HTML("<h3>Pictures to look at</h3>", apply_default_css=False)
            sheets = part("evaluation-sheets")
        with gr.Column(elem_classes="si-part"):
            gr.HTML("<h3>Files to take along</h3>", apply_default_css=False)
            files = build_files(WORDS.name, file)
    return _Views(
        column, figures, naming, matrix, table, opened, classes, calibration, slider, threshold, words, save, note,
        put_right, lesson, comparison, sheets, files,
    )  # fmt: skip


def _connect_views(panel: JobPanel, views: _Views) -> None:
    """Fill the views once an evaluation is finished, and connect what can be done with them."""
    panel.shown.change(
        show.show_figures,
        panel.shown,
        [
            views.figures, views.naming, views.matrix, views.matrix_table, views.classes, views.calibration,
            views.slider, views.threshold, views.threshold_words, views.save, views.save_note, views.files.shown,
            views.opened,
        ],
        **QUIET,
    ).then(
        show.show_pictures, panel.shown, [views.sheets, views.comparison, views.lesson, views.put_right], **QUIET
    )  # fmt: skip
    gr.on(
        [views.matrix.select, views.matrix_table.select],
        show.open_cell,
        panel.chosen,
        views.opened,
        trigger_mode="always_last",
        **PRIVATE,
    )
    views.slider.input(
        show.move_threshold,
        [panel.chosen, views.slider],
        [views.threshold, views.threshold_words],
        **QUIET,
    )
    views.save.click(show.keep_threshold, [panel.chosen, views.slider], views.save_note, **PRIVATE)
    connect_files(EVALUATIONS, WORDS.name, panel.chosen, views.files)
