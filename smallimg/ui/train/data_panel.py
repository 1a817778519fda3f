"""The first third of the "Train" tab: where the pictures come from, and a look at them before anything is trained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.data.by_class import open_set
from smallimg.data.sources import KNOWN
from smallimg.errors import SmallimgError
from smallimg.ui.cancel import build_cancel
from smallimg.ui.cards import notice
from smallimg.ui.clicks import tell_clicks
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.queues import DATA
from smallimg.ui.train.boxes.panel import build_boxes
from smallimg.ui.train.by_class.panel import CONTINUE, build_by_class
from smallimg.ui.train.by_class.told import sentence
from smallimg.ui.train.data_brought import SIZES, are_loose, take_known, take_sample, take_upload
from smallimg.ui.train.data_kept import choose_kept, delete_kept, kept_choices, kept_list, name_kept, rename_kept
from smallimg.ui.train.data_shown import (
    act_on_finding,
    look_at_built,
    look_at_data,
    look_if_changed,
    look_if_used,
    open_built_sheet,
    open_sheet,
)
from smallimg.ui.train.shelf import shelf
from smallimg.ui.train.take_along import build_take_along, connect_take_along

CLASSES, OWN = "My things, class by class", "My own pictures"
SAMPLE, KEPT = "The sample challenge", "Used before"
#: The first is what somebody without a folder of pictures begins with.
SOURCES = (CLASSES, OWN, SAMPLE, KEPT)
OWN_FORMS = """A **folder** or a **zip** with a folder for each kind of thing: `cats/1.jpg`, `dogs/7.jpg`, … Twenty
pictures of each are a good start. **Loose pictures** are laid out to be sorted into classes.

<details><summary>Other forms, with boxes or masks</summary>

- `train/` and `test/` with such folders inside
- a table `train.csv` with the columns `image,xmin,ymin,xmax,ymax,class` beside `train/` with the pictures
- `images/` and `masks/` with the same names, to learn cutting out alone
- what labelling tools write: COCO, YOLO, Pascal VOC, Roboflow, Label Studio, Create ML

</details>
"""
# A zip is made of the folder in the browser (folder.js).
FOLDER = (
    '<label class="si-folder">Choose a folder<input id="folder-input" type="file" webkitdirectory multiple></label>'
    '<p id="folder-note" class="si-sentence" role="status"></p>'
)
#: When something was asked, so that the same asked for again is another value.
STAMP = """(...values) => [...values.slice(0, -1), Date.now()]"""
CONFIRM_DELETE = """(id, used) => id && confirm(
    "Delete these pictures from this machine? What was learned from them stays, but a run that is not finished " +
    "cannot go on without them.") ? [id, used] : [null, used]"""


@dataclass(frozen=True)
class DataPanel:
    """What other parts of the tab need of this one.

    Attributes:
        data: the id of the data set that was chosen and read; empty when there is none. It lives in the page, so that
            a server that was started again still knows it.
        can_train: the stages it allows.
        source, size, famous, per_class, kept: where the pictures come from, to be set again after a reload.
        cards: the sets that are here, filled by `shelf`.
        columns: what is shown of each source, in the order of `SOURCES`.
        by_class: the view that takes pictures class by class; its events ask for training.
        shown: what `look_at_data` returns.
        looked: the events after which `shown` is there.
    """

    data: gr.Textbox
    can_train: gr.State
    source: gr.Radio
    size: gr.Radio
    famous: gr.Dropdown
    per_class: gr.Slider
    kept: gr.Dropdown
    cards: gr.HTML
    columns: tuple[gr.Column, ...]
    by_class: gr.HTML
    shown: tuple[Any, ...]
    looked: tuple[Callable[..., Any], ...]


def build_data_panel(pipelines: Pipelines) -> DataPanel:
    """Lay out the choice of data inside the `gr.Blocks` being built, and connect it.

    Args:
        pipelines: where trained networks are read.
    """
    data, can_train = gr.Textbox("", visible="hidden", elem_id="chosen-data"), gr.State(())
    source = gr.Radio(list(SOURCES), value=CLASSES, label="Pictures from", elem_id="data-source")
    with gr.Row(elem_classes="si-data"):
        with gr.Column(visible=True) as class_choice:
            by_class = build_by_class(pipelines)
        with gr.Column(visible=False) as own_choice:
            gr.Markdown(OWN_FORMS)
            dropped = gr.File(
                label="Drop a folder, a zip or loose pictures",
                file_types=[".zip", "image", ".heic", ".heif", ".avif"],
                file_count="multiple",
                height=150,
                elem_id="dropped-data",
            )
            gr.HTML(FOLDER, apply_default_css=False)
        with gr.Column(visible=False) as sample_choice:
            size = gr.Radio(list(SIZES), value=next(iter(SIZES)), label="How much of it", show_label=False)
            draw = gr.Button("Use these pictures", elem_id="draw", variant="primary")
            with gr.Accordion("Or a known set, fetched from the internet", open=False, elem_id="known-set"):
                famous = gr.Dropdown(
                    [(f"{name} – {about}", name) for name, about in KNOWN.items()], label="Set", value=next(iter(KNOWN))
                )
                per_class = gr.Slider(50, 5000, value=500, step=50, label="Pictures of each kind to learn from")
                fetch = gr.Button("Fetch these pictures", variant="primary", elem_id="fetch")
        with gr.Column(visible=False) as kept_choice:
            cards = gr.HTML(
                shelf(None), elem_id="shelf", js_on_load=tell_clicks("set", press=True), apply_default_css=False
            )
            kept = gr.Dropdown(kept_choices(), value=None, visible=False)  # the set whose card is chosen
            with gr.Row(elem_id="kept-buttons", visible=False) as kept_buttons:
                name = gr.Textbox(
                    label="Name", show_label=False, placeholder="its name", max_length=60, elem_id="kept-name"
                )
                rename = gr.Button("Rename", size="sm", elem_id="kept-rename")
                go_on = gr.Button("Open its pictures", size="sm", elem_id="kept-continue")
                lay_out = gr.Button("Boxes and names", size="sm", elem_id="kept-boxes")
                delete = gr.Button("Delete", size="sm", elem_id="kept-delete")
    message = gr.HTML(elem_id="data-message", apply_default_css=False)
    boxes = build_boxes(pipelines)
    preview = gr.HTML(elem_id="data-preview", js_on_load=tell_clicks("finding", once=True), apply_default_css=False)
    build_cancel("data")
    report = gr.DownloadButton("Download the report", size="sm", visible=False, elem_id="data-report")

    connect_take_along(build_take_along(), data, can_train)

    private: dict[str, Any] = {"api_visibility": "private"}
    quiet: dict[str, Any] = {"show_progress": "hidden", **private}
    work: dict[str, Any] = {**DATA, "show_progress_on": preview, **private}
    columns = (class_choice, own_choice, sample_choice, kept_choice)
    shown = (data, can_train, message, preview, report)
    fill: dict[str, Any] = {"fn": shelf, "inputs": kept, "outputs": cards, **quiet}
    source.input(show_source, source, [*columns, kept, message], **quiet).then(**fill)
    gr.on([size.input, famous.input, per_class.input], lambda: "", None, message, **quiet)
    kept.change(name_kept, kept, [name, kept_buttons], **quiet)
    rename.click(rename_kept, [kept, name], [kept, message], **private).then(**fill).then(
        look_if_used,
        [kept, data],
        shown,
        **work,  # its name is above the preview
    )
    deleted = delete.click(delete_kept, [kept, data], [kept, *shown], js=CONFIRM_DELETE, **private)
    deleted.then(**fill)
    chosen = cards.select(choose_kept, None, kept, trigger_mode="always_last", **quiet)
    stamp = gr.Number(visible=False)
    go_on.click(continue_kept, [kept, stamp], [source, *columns, by_class, message], js=CONTINUE, **quiet)
    lay_out.click(open_sheet, [kept, stamp], boxes, js=CONTINUE, **quiet)
    by_class.sheet(open_built_sheet, None, boxes, **quiet)
    looked = (
        draw.click(take_sample, size, shown, **work).then,
        dropped.upload(take_upload, dropped, shown, **work)
        .then(sort_loose, [dropped, data, stamp], [source, *columns, by_class, message], js=STAMP, **quiet)
        .then,
        fetch.click(take_known, [famous, per_class], shown, **work).then,
        chosen.then(look_at_data, kept, shown, **work).then,
        by_class.check(look_at_built, None, shown, **work).then,
        deleted.then,
        preview.select(act_on_finding, data, shown, **work).then,
        boxes.changed(look_if_changed, data, shown, **work).then,
    )
    return DataPanel(data, can_train, source, size, famous, per_class, kept, cards, columns, by_class, shown, looked)


def show_source(chosen: str) -> list[Any]:
    """The fields of one source, the data sets that are there, and no word about what was tried before."""
    return [*_columns(chosen), kept_list(), ""]


def continue_kept(data_id: str | None, stamp: float) -> tuple[Any, ...]:
    """Open a data set class by class, to be added to and put right; what keeps it from that is told in a sentence.

    Args:
        data_id: the set.
        stamp: when that was asked, so that the same set asked for again is another value.
    """
    try:
        kept = open_set(data_id or "")
    except (SmallimgError, OSError) as error:
        return (*[gr.skip()] * (1 + len(SOURCES)), gr.skip(), notice(sentence(error)))
    return CLASSES, *_columns(CLASSES), f"{kept.id} {stamp:.0f}", ""


def _columns(chosen: str) -> list[Any]:
    return [gr.Column(visible=name == chosen) for name in SOURCES]


def sort_loose(dropped: Sequence[str] | None, data_id: str, stamp: float) -> tuple[Any, ...]:
    """Open loose pictures class by class, to be sorted; anything else stays where it is."""
    if not dropped or not data_id or not are_loose([Path(one) for one in dropped]):
        return (gr.skip(),) * (3 + len(SOURCES))
    *opened, _ = continue_kept(data_id, stamp)
    return *opened, notice("Make a class for each kind of thing, then open a picture and say which it is.")
