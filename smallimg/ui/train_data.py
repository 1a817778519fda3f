"""The first third of the "Train" tab: where the pictures come from, and a look at them before anything is trained."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from smallimg.data_sources import KNOWN, available_data, draw_sample, fetch_known, keep_upload
from smallimg.errors import SmallimgError
from smallimg.preview import contact_sheet, read_preview, report_text
from smallimg.ui.cards import notice
from smallimg.ui.train_cards import preview_card

SAMPLE, OWN, FAMOUS, KEPT = "The sample challenge", "My own pictures", "A known set", "Used before"
SIZES = {"all of it: 1600 pictures to learn from, 800 to test on": (1600, 800), "a quarter: 400 and 200": (400, 200)}
OWN_FORMS = """A **folder** or a **zip**, in one of these forms:

- a folder for each class: `cats/1.jpg`, `dogs/7.jpg`, …; perhaps below `train/` and `test/`
- a table `train.csv` with the columns `image,xmin,ymin,xmax,ymax,class` beside `train/` with the pictures
- `images/` and `masks/` with the same names, to train the background remover alone
"""
# A zip is made of the folder in the browser (folder.js).
FOLDER = (
    '<label class="si-folder">Choose a folder<input id="folder-input" type="file" webkitdirectory multiple></label>'
    '<p id="folder-note" class="si-sentence" role="status"></p>'
)


@dataclass(frozen=True)
class DataPanel:
    """What other parts of the tab need of this one.

    Attributes:
        path: the data set that was chosen and read, as text; empty when there is none.
        can_train: the stages it allows.
        kept: the list of those used before, to be refreshed when the page opens.
    """

    path: gr.State
    can_train: gr.State
    kept: gr.Dropdown


def build_data_panel() -> DataPanel:
    """Lay out the choice of data inside the `gr.Blocks` being built, and connect it."""
    path, can_train = gr.State(""), gr.State(())
    source = gr.Radio([SAMPLE, OWN, FAMOUS, KEPT], value=SAMPLE, label="Pictures from", elem_id="data-source")
    with gr.Row(elem_classes="si-data"):
        with gr.Column(visible=True) as sample_choice:
            size = gr.Radio(list(SIZES), value=next(iter(SIZES)), label="How much of it", show_label=False)
            draw = gr.Button("Draw it", elem_id="draw", variant="primary")
        with gr.Column(visible=False) as own_choice:
            gr.Markdown(OWN_FORMS)
            dropped = gr.File(label="Drop a folder or a zip", file_types=[".zip"], height=150, elem_id="dropped-data")
            gr.HTML(FOLDER, apply_default_css=False)
        with gr.Column(visible=False) as famous_choice:
            famous = gr.Dropdown(
                [(f"{name} – {about}", name) for name, about in KNOWN.items()], label="Set", value=next(iter(KNOWN))
            )
            per_class = gr.Slider(50, 5000, value=500, step=50, label="Pictures a class to learn from")
            fetch = gr.Button("Fetch it", variant="primary")
        with gr.Column(visible=False) as kept_choice:
            kept = gr.Dropdown(kept_choices(), value=None, label="Data set", elem_id="kept-data")
    message = gr.HTML(elem_id="data-message", apply_default_css=False)
    preview = gr.HTML(elem_id="data-preview", apply_default_css=False)
    report = gr.DownloadButton("Download the report", size="sm", visible=False, elem_id="data-report")

    private: dict[str, Any] = {"api_visibility": "private"}
    work: dict[str, Any] = {"concurrency_id": "data", "show_progress_on": preview, **private}
    columns = {SAMPLE: sample_choice, OWN: own_choice, FAMOUS: famous_choice, KEPT: kept_choice}
    source.input(
        lambda chosen: [gr.Column(visible=name == chosen) for name in columns],
        source,
        list(columns.values()),
        **private,
    )
    shown = [path, can_train, message, preview, report]
    draw.click(take_sample, size, shown, **work)
    dropped.upload(take_upload, dropped, shown, **work)
    fetch.click(take_known, [famous, per_class], shown, **work)
    kept.input(look_at_data, kept, shown, **work)
    return DataPanel(path, can_train, kept)


def kept_choices() -> list[tuple[str, str]]:
    """(name, path) of the data sets that are there already, the newest first."""
    return [(path.name, str(path)) for path in available_data()]


def take_sample(size: str, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008  # gradio finds it by this
    """Draw the sample challenge, or take the one drawn before, and look at it."""
    train, test = SIZES[size]
    try:
        path = draw_sample(
            train=train, test=test, progress=lambda done, of: progress((done, of), desc="Drawing", unit="pictures")
        )
    except (SmallimgError, OSError) as error:
        return _refused(error)
    return look_at_data(str(path), progress)


def take_upload(dropped: str | None, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """Keep what was dropped, and look at it; what cannot be used is told in a sentence."""
    if not dropped:
        return "", (), "", "", gr.DownloadButton(visible=False)
    progress(0, desc="Unpacking")
    try:
        path = keep_upload(Path(dropped), name=Path(dropped).stem)
    except (SmallimgError, OSError) as error:
        return _refused(error)
    return look_at_data(str(path), progress)


def take_known(name: str, per_class: float, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """Fetch a known set, and look at it; without a network that is told in a sentence."""
    progress(0, desc=f"Fetching {name}")
    try:
        path = fetch_known(
            name,
            per_class=round(per_class),
            progress=lambda done, of: progress((done, of), desc="Writing", unit="pictures"),
        )
    except (SmallimgError, OSError) as error:
        return _refused(error)
    return look_at_data(str(path), progress)


def look_at_data(path: str | None, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """Read a data set whole and show what it holds.

    Returns:
        Its path (empty when it cannot be used), the stages it allows, the message, the preview, and the report.
    """
    if not path:
        return "", (), "", "", gr.DownloadButton(visible=False)
    try:
        preview = read_preview(
            Path(path), progress=lambda done, of: progress((done, of), desc="Reading every picture", unit="pictures")
        )
        card = preview_card(preview, contact_sheet(preview.dataset))
    except (SmallimgError, OSError) as error:
        return _refused(error)
    report = save_bytes_to_cache(report_text(preview).encode(), "data-report.txt", cache_dir=get_upload_folder())
    return path, preview.can_train, "", card, gr.DownloadButton(value=report, visible=bool(preview.problems))


def _refused(error: Exception) -> tuple[Any, ...]:
    return "", (), notice(str(error)), "", gr.DownloadButton(visible=False)
