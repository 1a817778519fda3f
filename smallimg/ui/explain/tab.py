"""The "Look inside" tab: a picture's way through a detector, where a network looks in a whole data set, and which

pictures it sees alike.
"""

from functools import partial
from html import escape
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from smallimg.errors import SmallimgError, Stopped
from smallimg.study.explain.catalogue import ABOUT
from smallimg.ui.cancel import build_cancel
from smallimg.ui.cards import notice
from smallimg.ui.data_choice import build_data_choice, chosen_dataset, fresh_choices
from smallimg.ui.explain.map import build_map, build_map_choice
from smallimg.ui.inside.panel import Insides, build_inside
from smallimg.ui.inside.side_by_side import build_side_by_side
from smallimg.ui.jobs.panel import PRIVATE, QUIET
from smallimg.ui.patience import counting
from smallimg.ui.pipelines import Pipelines, bundle_choices
from smallimg.ui.try_it.models import model_name, why_unusable

INTRO = (
    '<header class="si-intro"><h2>Look inside</h2><p>How does the network find a thing? Does it look at it, or at what '
    "lies around it? And which pictures does it take for alike? Choose models and pictures, and see.</p></header>"
)
MOST = 400


def build_look_inside(pipelines: Pipelines, blocks: gr.Blocks, tab: gr.Tab, *, bundle: str) -> None:
    """Lay the tab out inside the `gr.Blocks` being built, and connect it.

    Args:
        pipelines: where the tab gets its pipelines.
        blocks: the page, for what happens when it opens.
        tab: this tab, for what happens when it is chosen.
        bundle: the one chosen at first.
    """
    insides = Insides()
    gr.HTML(INTRO, apply_default_css=False)
    with gr.Column(elem_classes="si-part", elem_id="inside-choice"):
        model = gr.Dropdown(bundle_choices(), value=bundle, label="Look inside of", elem_id="inside-model")
    with gr.Column(elem_classes="si-part"):
        own = build_inside(pipelines, insides, tab, model=model, bundle=bundle)
    with gr.Column(elem_classes="si-part"):
        gr.HTML("<h3>Pictures of a set, for what follows</h3>", apply_default_css=False)
        data = build_data_choice("inside", parts=True)
    with gr.Column(elem_classes="si-part"):
        build_side_by_side(pipelines, insides, blocks, tab, own=own, data=data)
    with gr.Column(elem_classes="si-part"):
        gr.HTML("<h3>Does it look at the object?</h3>", apply_default_css=False)
        with gr.Row():
            method = gr.Dropdown(
                [(one.title, name) for name, one in ABOUT.items()], value="layercam", label="Shown by",
                elem_id="inside-method",
            )  # fmt: skip
            most = gr.Slider(20, MOST, value=100, step=20, label="Pictures at most", info="drawn at random")
        about = gr.HTML(method_line("layercam"), apply_default_css=False)
        look = gr.Button("Look", variant="primary", elem_id="inside-look")
        message = gr.HTML(elem_id="inside-message", apply_default_css=False)
        build_cancel("looking")
    with gr.Column(visible=False, elem_classes="si-part", elem_id="inside-panel") as panel:
        table = gr.HTML(elem_id="inside", apply_default_css=False)
        csv = gr.DownloadButton("Download CSV", size="sm", elem_id="inside-csv")
    with gr.Column(elem_classes="si-part", elem_id="map-choice"):
        choice = build_map_choice()
    build_map(pipelines, blocks, tab, model=model, data=data, choice=choice)

    method.change(method_line, method, about, **QUIET)
    gr.on([tab.select, blocks.load], fresh_choices, [model, data.kept], [model, data.kept], **QUIET)
    look.click(
        partial(look_inside, pipelines),
        [model, method, most, data.source, data.dropped, data.kept, data.part],
        [message, panel, table, csv],
        concurrency_id="inside",
        show_progress_on=message,
        **PRIVATE,
    )


def method_line(method: str) -> str:
    """What a method tells, and what it cannot, in a paragraph."""
    about = ABOUT.get(method, ABOUT["gradcam"])
    return f'<p class="si-sentence">{escape(about.tells)} {escape(about.cannot)} <em>{escape(about.source)}.</em></p>'


def look_inside(  # noqa: PLR0917  # gradio passes values by place
    pipelines: Pipelines,
    bundle: str,
    method: str,
    most: float,
    source: str,
    dropped: str | None,
    kept: str | None,
    part: str | None,
    progress: Any = gr.Progress(),  # noqa: B008  # gradio finds it by this default
) -> tuple[Any, ...]:
    """Look at pictures of a set.

    Returns:
        The message, and the panel with the table and its CSV.
    """
    hidden = (gr.Column(visible=False), "", None)
    try:
        pipeline = pipelines.get(bundle, "own")
    except SmallimgError as error:
        return notice(why_unusable(bundle, error)), *hidden
    try:
        dataset = chosen_dataset(source, dropped, kept, part, progress=counting(progress, "Drawing"))
        progress(0, desc="Getting ready")
        from smallimg.study.explain.explainer import Explainer  # torch, for those who ask
        from smallimg.study.explain.over_set import explain_set
        from smallimg.study.explain.set_table import inside_csv, set_table
        from smallimg.ui.explain.set_view import set_view

        looked = explain_set(
            Explainer(pipeline),
            dataset,
            method=method,
            most=round(min(most, MOST)),
            progress=counting(progress, "Looking"),
        )
    except Stopped as stopped:
        return notice(str(stopped)), gr.skip(), gr.skip(), gr.skip()
    except SmallimgError as error:
        return notice(str(error)), *hidden
    html = set_view(looked, set_table(looked.seen), title=ABOUT[method].title, model=model_name(bundle))
    file = save_bytes_to_cache(
        inside_csv(looked.seen, dataset.root).encode(), "smallimg-inside.csv", cache_dir=get_upload_folder()
    )
    return "", gr.Column(visible=True), html, file
