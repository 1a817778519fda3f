"""“Which detector, at what price?”: several models' detectors on one picture, and on a set whose boxes are known."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.errors import BundleError, SmallimgError, Stopped, in_words
from smallimg.pipeline import Pipeline
from smallimg.study.detectors import finds, measure_detectors, reads_cutouts, thinned
from smallimg.study.recall import measure_recall
from smallimg.ui.cancel import build_cancel
from smallimg.ui.cards import notice
from smallimg.ui.clicks import tell_clicks
from smallimg.ui.data_choice import DataChoice, chosen_dataset, fresh_models
from smallimg.ui.inside.ladder import ladder_html, models_by_detector
from smallimg.ui.inside.panel import Insides
from smallimg.ui.inside.price_figures import price_figure, recall_figure
from smallimg.ui.inside.side_view import Beside, compared_table, pictures_html
from smallimg.ui.jobs.panel import PRIVATE, QUIET
from smallimg.ui.patience import counting
from smallimg.ui.pipelines import Pipelines, bundle_choices, stage_seconds
from smallimg.ui.plot import build_plot, plot_json
from smallimg.ui.try_it.intake import open_upload
from smallimg.ui.try_it.models import model_name, why_unusable

#: Models beside one another; pictures of a set, and of these as many for the search, which takes a second each.
MOST_MODELS, MOST, MOST_SEARCHED = 6, 200, 40
FIRST = ("everyday", "challenge")
_INTRO = (
    "<h3>Which detector, at what price?</h3>"
    '<p class="si-sentence">The textbooks say: the surer a detector, the slower. Hold models of yours against each '
    "other, on the picture above, or on the set. “Train” makes some of other architectures (expert settings).</p>"
)


def build_side_by_side(
    pipelines: Pipelines, insides: Insides, blocks: gr.Blocks, tab: gr.Tab, *, own: gr.File, data: DataChoice
) -> None:
    """Lay it out inside the `gr.Blocks` being built, and connect it.

    Args:
        pipelines, insides: where the tab gets its pipelines, and their detectors taken apart.
        blocks: the page.
        tab: its tab.
        own: the dropped picture.
        data: the choice of a set.
    """
    gr.HTML(_INTRO, apply_default_css=False)
    with gr.Row():
        models = gr.Dropdown(
            bundle_choices(), value=list(FIRST), label="Models", multiselect=True, max_choices=MOST_MODELS,
            info=f"up to {MOST_MODELS}", elem_id="beside-models",
        )  # fmt: skip
        most = gr.Slider(20, MOST, value=60, step=20, label="Pictures of the set at most", info="evenly from all of it")
    with gr.Row():
        on_picture = gr.Button("On the picture", elem_id="beside-picture")
        on_set = gr.Button("On the set", variant="primary", elem_id="beside-set")
    message = gr.HTML(elem_id="beside-message", elem_classes="si-empty-hidden", apply_default_css=False)
    build_cancel("beside")
    shown = gr.HTML(elem_id="beside", elem_classes="si-empty-hidden", apply_default_css=False)
    price, recall = build_plot("beside-price"), build_plot("beside-recall")
    with gr.Accordion(
        "From the sliding window to Mask R-CNN, rung by rung", open=False, elem_id="beside-ladder"
    ) as steps:
        ladder = gr.HTML(js_on_load=tell_clicks("rung"), apply_default_css=False)

    def rung(file: str | None, chosen: gr.SelectData) -> tuple[Any, ...]:  # of a partial, Gradio does not see the type
        return show_rung(pipelines, file, str(chosen.value))

    outputs = [message, shown, price, recall]
    same: dict[str, Any] = {"concurrency_id": "steps", "show_progress_on": message, **PRIVATE}
    gr.on([tab.select, blocks.load], fresh_models, models, models, **QUIET)
    steps.expand(lambda: ladder_html(models_by_detector()), None, ladder, **QUIET)
    ladder.select(rung, own, outputs, trigger_mode="always_last", **same)
    on_picture.click(partial(look_at_picture, pipelines), [models, own], outputs, **same)
    on_set.click(
        partial(measure_on_set, pipelines, insides),
        [models, most, data.source, data.dropped, data.kept, data.part],
        outputs,
        **same,
    )


def look_at_picture(pipelines: Pipelines, models: list[str] | None, file: str | None) -> tuple[Any, ...]:
    """Every model's boxes in one picture.

    Returns:
        The message, the pictures side by side, and no plots.
    """
    if not file:
        return notice("Drop a picture above first, or choose an example there."), "", None, None
    try:
        image = open_upload(Path(file))
        beside = []
        for name, pipeline in _chosen(pipelines, models).items():
            with pipelines.turns.turn(pipeline) as free:
                free.warm_up()
                said = free.predict(image, classify=False, remove_background=reads_cutouts(free))
            megabytes = pipeline.bundle.file("detector").stat().st_size / 1e6
            beside.append(Beside(name, pipeline.bundle.stages["detector"].architecture, said, megabytes))
    except (SmallimgError, OSError) as error:
        return notice(in_words(error)), "", None, None
    return "", pictures_html(image, beside), None, None


def show_rung(pipelines: Pipelines, file: str | None, architecture: str) -> tuple[Any, ...]:
    """The picture through those models whose detector stands on a rung of the ladder."""
    return look_at_picture(pipelines, models_by_detector().get(architecture, []), file)


def measure_on_set(  # noqa: PLR0917  # gradio passes values by place
    pipelines: Pipelines,
    insides: Insides,
    models: list[str] | None,
    most: float,
    source: str,
    dropped: str | None,
    kept: str | None,
    part: str | None,
    progress: Any = gr.Progress(),  # noqa: B008  # gradio finds it by this default
) -> tuple[Any, ...]:
    """Every model's figures on the pictures of a set whose boxes are known.

    Returns:
        The message, the table, and the two plots.
    """
    try:
        chosen = _chosen(pipelines, models)
        dataset = thinned(
            chosen_dataset(source, dropped, kept, part, progress=counting(progress, "Drawing")), round(min(most, MOST))
        )
        measured = measure_detectors(chosen, dataset, progress=counting(progress, "Looking"))
        recalls = measure_recall(
            {name: insides.get(pipeline) for name, pipeline in chosen.items()},
            thinned(dataset, MOST_SEARCHED),
            progress=counting(progress, "Counting proposals"),
        )
    except Stopped as stopped:
        return notice(str(stopped)), gr.skip(), gr.skip(), gr.skip()
    except SmallimgError as error:
        return notice(str(error)), "", None, None
    seconds = {name: stage_seconds(str(pipeline.bundle.path), "detector") for name, pipeline in chosen.items()}
    return (
        "",
        compared_table(measured, seconds),
        plot_json(price_figure(measured)),
        plot_json(recall_figure(recalls)),
    )


def _chosen(pipelines: Pipelines, models: Sequence[str] | None) -> dict[str, Pipeline]:
    """The pipelines, by the names that they have on the page.

    Raises:
        BundleError: when none was chosen, one is gone, or has no detector.
    """
    if not models:
        raise BundleError("Choose the models that are to be compared first.")
    found: dict[str, Pipeline] = {}
    for model in list(dict.fromkeys(models))[:MOST_MODELS]:
        try:
            pipeline = pipelines.get(model, "own")
        except SmallimgError as error:
            raise BundleError(why_unusable(model, error)) from error
        name = model_name(model)
        if not finds(pipeline):
            raise BundleError(f"“{name}” has no detector to compare: choose models that find things.")
        found[name if name not in found else f"{name} ({len(found) + 1})"] = pipeline
    return found
