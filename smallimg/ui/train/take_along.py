"""The chosen set as a file to take along: its pictures and labels as they are now, in any form, with its splits."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from smallimg.cli.wording import file_size, listed
from smallimg.data.converting import export_data
from smallimg.data.formats import OWN_LIMITS, open_folder
from smallimg.data.kept import find_data
from smallimg.errors import SmallimgError
from smallimg.ui.cancel import build_cancel
from smallimg.ui.cards import notice
from smallimg.ui.patience import counting
from smallimg.ui.queues import DATA
from smallimg.ui.train.by_class.told import sentence

#: What to call each form, and what it is for.
FORMS = {
    "folders": "a folder for each class",
    "coco": "COCO (one JSON a part)",
    "yolo": "YOLO (a text file a picture)",
    "voc": "Pascal VOC (an XML file a picture)",
    "csv": "a table of boxes (CSV)",
    "masks": "pictures with their masks",
}
_CHOICES = [(words, form) for form, words in FORMS.items()]
CLICK_DOWNLOAD = """(zip) => zip && setTimeout(() => document.querySelector("#set-zip")?.click(), 300)"""


@dataclass(frozen=True)
class TakeAlong:
    """The fields; `zipped` is what the browser downloads."""

    row: gr.Row
    form: gr.Dropdown
    button: gr.Button
    said: gr.HTML
    zipped: gr.DownloadButton


def build_take_along() -> TakeAlong:
    """Lay it out inside the `gr.Blocks` being built; it is there once a set is chosen."""
    with gr.Row(visible=False, elem_id="take-along") as row:
        form = gr.Dropdown(_CHOICES, value="folders", label="Take this set along as", scale=2, elem_id="take-form")
        button = gr.Button("Download the set", size="sm", scale=0, min_width=180, elem_id="take-set")
    said = gr.HTML(elem_id="take-message", apply_default_css=False)
    build_cancel("take")
    zipped = gr.DownloadButton("zip", elem_id="set-zip", visible="hidden")
    return TakeAlong(row, form, button, said, zipped)


def connect_take_along(parts: TakeAlong, data: gr.Textbox, can_train: gr.State) -> None:
    """Connect it to the set that is chosen, by its id, and the stages that this allows."""
    private: dict[str, Any] = {"api_visibility": "private"}
    gr.on(
        [data.change, can_train.change],
        offer,
        [data, can_train],
        [parts.row, parts.form, parts.said],
        show_progress="hidden",
        **private,
    )
    work: dict[str, Any] = {**DATA, "show_progress_on": parts.said}
    parts.button.click(take_along, [data, parts.form], [parts.said, parts.zipped], **work, **private).then(
        None, parts.zipped, js=CLICK_DOWNLOAD, **private
    )


def offer(data_id: str, can_train: Any) -> tuple[Any, Any, str]:
    """Whether there is a set to be taken along, and the form that holds the most of it."""
    best = "coco" if "detector" in can_train else "folders" if "classifier" in can_train else "masks"
    return gr.Row(visible=bool(data_id)), gr.Dropdown(_CHOICES, value=best), ""


def take_along(data_id: str, form: str, progress: Any = gr.Progress()) -> tuple[str, Any]:  # noqa: B008
    """Write the set to a zip; what keeps it from being written is told in a sentence."""
    try:
        data = find_data(data_id)
        slug = re.sub(r"[^A-Za-z0-9]+", "-", data.name).strip("-") or data.id
        target = Path(get_upload_folder()) / data.id / f"{slug[:60]}-{form}.zip"
        counts, left = export_data(
            open_folder(data.path, **OWN_LIMITS),
            target,
            to=form,
            report=counting(progress, "Writing"),
        )
    except (SmallimgError, OSError) as error:
        return notice(sentence(error).replace(": --crops writes a picture of each box instead", "")), None
    parts = listed([f"{count:,} in “{split}”" for split, count in counts.items()])
    without = f" Its {listed(left)} have no place in that form." if left else ""
    size = file_size(target.stat().st_size)
    return f'<p class="si-sentence" role="status">{parts}; {size}.{without}</p>', str(target)
