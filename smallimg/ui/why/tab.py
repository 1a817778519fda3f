"""The "Why it fails" tab: one factor changed at a time, on one picture, and on many objects by their size."""

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from smallimg.errors import SmallimgError
from smallimg.pictures.images import open_image
from smallimg.pictures.preprocess import on_fill
from smallimg.results import Box
from smallimg.study.conditions.factors import CONDITIONS, Strengths, apply
from smallimg.study.conditions.findings import findings
from smallimg.study.conditions.objects import draw_things
from smallimg.study.conditions.tried import cells, cells_csv, changes, try_all
from smallimg.ui.cards import notice
from smallimg.ui.data_choice import build_data_choice, chosen_dataset, fresh_choices
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.train.actions import bundle_choices
from smallimg.ui.try_it.models import model_name, why_unusable
from smallimg.ui.why.view import conditions_row, study_view

INTRO = (
    '<header class="si-intro"><h2>Why it fails</h2><p>Too small, too few pixels, blurred, half hidden, or is it what '
    "lies around? One thing is changed at a time while the object stays the same; then you see which of them costs the "
    "network its answer.</p></header>"
)
MOST = 600


def build_why(pipelines: Pipelines, tab: gr.Tab, *, bundle: str) -> None:
    """Lay the tab out inside the `gr.Blocks` being built, and connect it.

    Args:
        pipelines: where the tab gets its pipelines.
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
        strengths = [downscale, motion, occlusion, blur]
    with gr.Column(elem_classes="si-part"):
        gr.HTML("<h3>On a picture of your own</h3>", apply_default_css=False)
        own = gr.File(label="Drop a picture", file_types=["image"], height=110, elem_id="why-picture")
        row = gr.HTML(elem_id="why-row", apply_default_css=False)
    with gr.Column(elem_classes="si-part"):
        gr.HTML("<h3>On many objects, by their size</h3>", apply_default_css=False)
        data = build_data_choice("why")
        most = gr.Slider(30, MOST, value=120, step=30, label="Objects at most", info="classes and sizes take turns")
        find = gr.Button("Find out", variant="primary", elem_id="why-find")
        message = gr.HTML(elem_id="why-message", apply_default_css=False)
        study = gr.HTML(elem_id="why-study", apply_default_css=False)
        csv = gr.DownloadButton("Download CSV", size="sm", visible=False, elem_id="why-csv")

    private: dict[str, Any] = {"api_visibility": "private"}
    quiet: dict[str, Any] = {"show_progress": "hidden", **private}
    tab.select(fresh_choices, [model, data.kept], [model, data.kept], **quiet)
    look = partial(look_at_one, pipelines)
    own.change(look, [model, own, *strengths], row, show_progress_on=row, **private)
    for changed in (model.input, *(one.release for one in strengths)):
        changed(look, [model, own, *strengths], row, **quiet)
    find.click(
        partial(find_out, pipelines),
        [model, most, data.source, data.dropped, data.kept, *strengths],
        [message, study, csv],
        concurrency_id="why",
        show_progress_on=message,
        **private,
    )


def look_at_one(  # noqa: PLR0917  # gradio passes values by place
    pipelines: Pipelines, bundle: str, file: str | None, downscale: float, motion: float, occlusion: float, blur: float
) -> str:
    """One picture under all conditions, around the object that the pipeline finds in it."""
    if not file:
        return ""
    strengths = Strengths(downscale=downscale, motion=motion, occlusion=occlusion, blur=blur)
    try:
        pipeline = pipelines.get(bundle, "own")
    except SmallimgError as error:
        return notice(why_unusable(bundle, error))
    try:
        picture = open_image(file, name=Path(file).name)
    except SmallimgError as error:
        return notice(str(error))
    if "classifier" not in pipeline.bundle.stages:
        return notice(f"“{model_name(bundle)}” names nothing: choose models with a classifier.")
    found = pipeline.predict(picture, classify=False, max_boxes=1)
    flat = on_fill(picture)
    box = np.array(found.box.xyxy if found.box else (0, 0, *flat.size), np.float32)
    reads_cutout = pipeline.bundle.stages["classifier"].reads == "cutout"
    mask = found.cutout.getchannel("A") if found.cutout is not None else None
    shown = []
    for condition in CONDITIONS:
        seen, inside = apply(condition, flat, box, strengths=strengths, seed=0, mask=mask)
        x1, y1, x2, y2 = map(float, inside)
        said = pipeline.predict(seen, remove_background=reads_cutout, boxes=[Box(x1, y1, x2, y2, 1.0)])
        shown.append((seen, said))
    return conditions_row(shown)


def find_out(  # noqa: PLR0917  # gradio passes values by place
    pipelines: Pipelines,
    bundle: str,
    most: float,
    source: str,
    dropped: str | None,
    kept: str | None,
    downscale: float,
    motion: float,
    occlusion: float,
    blur: float,
    progress: Any = gr.Progress(),  # noqa: B008  # gradio finds it by this default
) -> tuple[str, str, Any]:
    """The study of a data set: a message where there is none, its view, and its table to download."""
    nothing = "", gr.DownloadButton(visible=False)
    strengths = Strengths(downscale=downscale, motion=motion, occlusion=occlusion, blur=blur)
    try:
        pipeline = pipelines.get(bundle, "own")
    except SmallimgError as error:
        return notice(why_unusable(bundle, error)), *nothing
    try:
        dataset = chosen_dataset(
            source, dropped, kept, progress=lambda done, of: progress((done, of), desc="Drawing", unit="pictures")
        )
        things = draw_things(dataset, pipeline.class_names, most=round(min(most, MOST)))
        tried, errors = try_all(
            pipeline,
            things,
            strengths=strengths,
            progress=lambda done, of: progress((done, of), desc="Trying", unit="objects"),
        )
    except SmallimgError as error:
        return notice(str(error)), *nothing
    table, made = cells(tried), changes(tried)
    html = study_view(table, made, findings(table, made), n=len(tried), model=model_name(bundle))
    file = save_bytes_to_cache(cells_csv(table).encode(), "results_conditions.csv", cache_dir=get_upload_folder())
    return notice(errors[0]) if errors else "", html, gr.DownloadButton(value=file, visible=True)
