"""The map of a set on the page: a process of its own draws it; a lasso opens pictures, a click their neighbours."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.data.kept import name_of_data
from smallimg.errors import SmallimgError, in_words
from smallimg.runs.mapping import MAPS, MapConfig
from smallimg.study.mapping import MOST
from smallimg.ui.cancel import build_cancel
from smallimg.ui.cards import notice
from smallimg.ui.clicks import tell_clicks
from smallimg.ui.data_choice import DataChoice, chosen_folder, fresh_models
from smallimg.ui.explain.map_figure import BY_CLASS
from smallimg.ui.explain.map_view import open_group, open_like, open_pictures, recolour, show_map
from smallimg.ui.explain.map_words import ABOUT, BY, MAP, facts
from smallimg.ui.jobs.actions import fresh_list
from smallimg.ui.jobs.files import Files, build_file, build_files, connect_files
from smallimg.ui.jobs.panel import PRIVATE, QUIET, build_panel, connect_panel
from smallimg.ui.patience import counting
from smallimg.ui.pipelines import Pipelines, bundle_choices
from smallimg.ui.plotting import plot_script, serve_plotly
from smallimg.ui.queues import DATA
from smallimg.ui.try_it.models import model_name

#: Models that a map is drawn for beside the first: the more, the less can be told by colours.
MOST_OTHERS = 3
_TEMPLATE = '<figure class="si-map" hidden><div class="si-plot" id="set-map"></div></figure>'


@dataclass(frozen=True)
class MapChoice:
    """What is asked beside the model and the pictures; `others` are further models."""

    others: gr.Dropdown
    most: gr.Slider
    draw: gr.Button
    message: gr.HTML


def build_map_choice() -> MapChoice:
    """Lay the choice out inside the `gr.Blocks` being built."""
    gr.HTML(
        "<h3>Which pictures does it see alike?</h3>"
        '<p class="si-sentence">On a map, pictures that the network takes for alike lie side by side. With another '
        "model beside it, you see which of them is right about what.</p>",
        apply_default_css=False,
    )
    with gr.Row():
        others = gr.Dropdown(
            bundle_choices(), value=[], label="Compare with", multiselect=True, max_choices=MOST_OTHERS,
            info=f"up to {MOST_OTHERS} other models", elem_id="map-others",
        )  # fmt: skip
        most = gr.Slider(100, MOST, value=1000, step=100, label="Pictures at most", info="drawn at random")
    draw = gr.Button("Draw the map", variant="primary", elem_id="map-draw")
    message = gr.HTML(elem_id="map-ask-message", elem_classes="si-empty-hidden", apply_default_css=False)
    build_cancel("map")
    return MapChoice(others, most, draw, message)


def build_map(
    pipelines: Pipelines, blocks: gr.Blocks, tab: gr.Tab, *, model: gr.Dropdown, data: DataChoice, choice: MapChoice
) -> None:
    """Lay out what becomes of maps inside the `gr.Blocks` being built, and connect it.

    Args:
        pipelines: where the neighbours of a dropped picture get theirs.
        blocks: the page.
        tab: its tab.
        model, data, choice: what is asked.
    """
    panel = build_panel(MAPS, MAP, title="The map")
    views = _build_views()
    watch = connect_panel(blocks, tab, panel, views.column, facts)
    gr.on([tab.select, blocks.load], fresh_models, choice.others, choice.others, **QUIET)
    choice.draw.click(
        start_map,
        [model, choice.others, choice.most, data.source, data.dropped, data.kept, data.part],
        [choice.message, panel.chosen],
        **DATA,
        show_progress_on=choice.message,
        **PRIVATE,
    ).then(**watch).then(js=panel.show_js, **PRIVATE)
    panel.shown.change(
        show_map,
        panel.shown,
        [views.head, views.by, views.eyes, views.figure, views.group, views.files.shown, views.opened],
        **QUIET,
    )
    asked = [panel.chosen, views.by, views.eyes]
    gr.on([views.by.input, views.eyes.input], recolour, asked, [views.figure, views.group], **QUIET)
    gr.on(
        [views.figure.select, views.opened.select],
        open_pictures,
        [panel.chosen, views.eyes],
        views.opened,
        trigger_mode="always_last",
        **QUIET,
    )
    views.group.input(open_group, [*asked, views.group], views.opened, **QUIET)
    views.own.upload(
        partial(open_like, pipelines), [panel.chosen, views.eyes, views.own], views.opened,
        show_progress_on=views.opened, **PRIVATE,
    )  # fmt: skip
    connect_files(MAPS, MAP.name, panel.chosen, views.files)


def start_map(  # noqa: PLR0917  # gradio passes values by place
    model: str,
    others: list[str] | None,
    most: float,
    source: str,
    dropped: str | None,
    kept: str | None,
    part: str | None,
    progress: Any = gr.Progress(),  # noqa: B008  # gradio finds it by this default
) -> tuple[str, Any]:
    """Start a map; what keeps it from starting is told in a sentence.

    Returns:
        The message, and the list of maps.
    """
    beside = [one for one in dict.fromkeys(others or []) if one != model][:MOST_OTHERS]
    try:
        data = chosen_folder(source, dropped, kept, progress=counting(progress, "Drawing"))
        config = MapConfig(
            model,
            str(data),
            others=beside,
            split=part or "test",
            most=max(1, round(min(most, MOST))),
            names=[model_name(one) for one in (model, *beside)],
            data_name=name_of_data(data),
        )
        one = MAPS.start(MAPS.create(config).id)
    except (SmallimgError, OSError) as error:
        return notice(in_words(error)), gr.skip()
    return "", fresh_list(MAPS, one.id)


@dataclass(frozen=True)
class _Views:
    """What is shown of a finished map. `eyes` is the place of the model that it is seen with."""

    column: gr.Column
    head: gr.HTML
    by: gr.Radio
    eyes: gr.Radio
    figure: gr.HTML
    group: gr.Dropdown
    own: gr.File
    opened: gr.HTML
    files: Files


def _build_views() -> _Views:
    serve_plotly()
    file = build_file(MAP.name)
    with gr.Column(visible=False, elem_classes="si-part", elem_id="map-views") as column:
        head = gr.HTML(elem_id="map-head", apply_default_css=False)
        with gr.Row():
            by = gr.Radio(BY, value=BY_CLASS, label="Colours tell", elem_id="map-by")
            eyes = gr.Radio([], value=None, label="As seen by", visible=False, elem_id="map-eyes")
        figure = gr.HTML(
            None,
            html_template=_TEMPLATE,
            js_on_load=plot_script(Path(__file__).parent / "map.js"),
            apply_default_css=False,
            elem_id="map-figure",
        )
        gr.HTML(
            '<p class="si-sentence">Draw around points to see their pictures; click one to see what is most like it.'
            "</p>",
            apply_default_css=False,
        )
        with gr.Row():
            group = gr.Dropdown([], value=None, label="Or open the pictures of one colour", elem_id="map-group")
            own = gr.File(
                label="Or drop a picture: what is most like it?", file_types=["image"], height=140, elem_id="map-own"
            )
        opened = gr.HTML(
            elem_id="map-opened",
            elem_classes="si-empty-hidden",
            js_on_load=tell_clicks("asked"),
            apply_default_css=False,
        )
        gr.HTML(f"{ABOUT}<h3>Files to take along</h3>", apply_default_css=False)
        files = build_files(MAP.name, file)
    return _Views(column, head, by, eyes, figure, group, own, opened, files)
