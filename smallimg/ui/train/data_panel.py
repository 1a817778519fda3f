"""The first third of the "Train" tab: where the pictures come from, and a look at them before anything is trained."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from smallimg.data.found import keep_found, read_found
from smallimg.data.kept import data_folder, delete_data, find_data, list_data, rename_data
from smallimg.data.left_out import leave_out, read_left_out, take_back
from smallimg.data.preview import contact_sheet, read_preview, report_text
from smallimg.data.sources import KNOWN, draw_sample, fetch_known, keep_upload
from smallimg.errors import DataError, SmallimgError
from smallimg.runs.run import refuse_if_learning
from smallimg.ui.cards import notice
from smallimg.ui.train.cards import preview_card
from smallimg.ui.train.findings import CLOSER, FINDING_CLICK

SAMPLE, OWN, FAMOUS, KEPT = "The sample challenge", "My own pictures", "A known set", "Used before"
SIZES = {"all of it: 1600 pictures to learn from, 800 to test on": (1600, 800), "a quarter: 400 and 200": (400, 200)}
OWN_FORMS = """A **folder** or a **zip** with a folder for each kind of thing: `cats/1.jpg`, `dogs/7.jpg`, … Twenty
pictures of each are a good start.

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
GONE = "The pictures that were chosen here are gone: choose others."
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
        columns: what is shown of each source, in the order of the sources.
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
    columns: tuple[gr.Column, ...]
    shown: tuple[Any, ...]
    looked: tuple[Callable[..., Any], ...]


def build_data_panel() -> DataPanel:
    """Lay out the choice of data inside the `gr.Blocks` being built, and connect it."""
    data, can_train = gr.Textbox("", visible="hidden", elem_id="chosen-data"), gr.State(())
    source = gr.Radio([SAMPLE, OWN, FAMOUS, KEPT], value=SAMPLE, label="Pictures from", elem_id="data-source")
    with gr.Row(elem_classes="si-data"):
        with gr.Column(visible=True) as sample_choice:
            size = gr.Radio(list(SIZES), value=next(iter(SIZES)), label="How much of it", show_label=False)
            draw = gr.Button("Use these pictures", elem_id="draw", variant="primary")
        with gr.Column(visible=False) as own_choice:
            gr.Markdown(OWN_FORMS)
            dropped = gr.File(label="Drop a folder or a zip", file_types=[".zip"], height=150, elem_id="dropped-data")
            gr.HTML(FOLDER, apply_default_css=False)
        with gr.Column(visible=False) as famous_choice:
            famous = gr.Dropdown(
                [(f"{name} – {about}", name) for name, about in KNOWN.items()], label="Set", value=next(iter(KNOWN))
            )
            per_class = gr.Slider(50, 5000, value=500, step=50, label="Pictures of each kind to learn from")
            fetch = gr.Button("Fetch these pictures", variant="primary", elem_id="fetch")
        with gr.Column(visible=False) as kept_choice:
            kept = gr.Dropdown(kept_choices(), value=None, label="Pictures that are here", elem_id="kept-data")
            with gr.Row(elem_id="kept-buttons", visible=False) as kept_buttons:
                name = gr.Textbox(
                    label="Name", show_label=False, placeholder="its name", max_length=60, elem_id="kept-name"
                )
                rename = gr.Button("Rename", size="sm", elem_id="kept-rename")
                delete = gr.Button("Delete", size="sm", elem_id="kept-delete")
    message = gr.HTML(elem_id="data-message", apply_default_css=False)
    preview = gr.HTML(elem_id="data-preview", js_on_load=FINDING_CLICK, apply_default_css=False)
    report = gr.DownloadButton("Download the report", size="sm", visible=False, elem_id="data-report")

    private: dict[str, Any] = {"api_visibility": "private"}
    quiet: dict[str, Any] = {"show_progress": "hidden", **private}
    work: dict[str, Any] = {"concurrency_id": "data", "show_progress_on": preview, **private}
    columns = (sample_choice, own_choice, famous_choice, kept_choice)
    shown = (data, can_train, message, preview, report)
    source.input(show_source, source, [*columns, kept, message], **quiet)
    gr.on([size.input, famous.input, per_class.input], lambda: "", None, message, **quiet)
    kept.change(name_kept, kept, [name, kept_buttons], **quiet)
    renamed = rename.click(rename_kept, [kept, name], [kept, message], **private)
    renamed.success(look_if_used, [kept, data], shown, **work)  # its name is above the preview
    deleted = delete.click(delete_kept, [kept, data], [kept, *shown], js=CONFIRM_DELETE, **private)
    looked = (
        draw.click(take_sample, size, shown, **work).then,
        dropped.upload(take_upload, dropped, shown, **work).then,
        fetch.click(take_known, [famous, per_class], shown, **work).then,
        kept.input(look_at_data, kept, shown, **work).then,
        deleted.then,
        preview.select(act_on_finding, data, shown, **work).then,
    )
    return DataPanel(data, can_train, source, size, famous, per_class, kept, columns, shown, looked)


def show_source(chosen: str) -> list[Any]:
    """The fields of one source, the data sets that are there, and no word about what was tried before."""
    return [*(gr.Column(visible=name == chosen) for name in (SAMPLE, OWN, FAMOUS, KEPT)), kept_list(), ""]


def kept_choices() -> list[tuple[str, str]]:
    """(what to show, id) of the data sets that are there already, the newest first."""
    return [
        (
            f"{data.name} – {data.pictures:,} pictures, {time.strftime('%d %b %Y', time.localtime(data.brought))}",
            data.id,
        )
        for data in list_data()
    ]


def kept_list(chosen: str | None = None) -> Any:
    """The list of the data sets that are there; with `chosen`, what is not there any more is not chosen either."""
    choices = kept_choices()
    info = None if choices else "nothing yet: what you bring in or draw is found here the next time"
    if chosen is None:
        return gr.Dropdown(choices, info=info)
    return gr.Dropdown(choices, info=info, value=chosen if chosen in [one for _, one in choices] else None)


def data_path(data_id: str | None) -> str:
    """Where the chosen data lies; empty when nothing is chosen, or it is gone."""
    try:
        return str(find_data(data_id).path) if data_id else ""
    except DataError:
        return ""


def name_kept(data_id: str | None) -> tuple[str, Any]:
    """The name of a data set, to be changed, and whether there is anything to change."""
    try:
        return (find_data(data_id).name, gr.Row(visible=True)) if data_id else ("", gr.Row(visible=False))
    except DataError:
        return "", gr.Row(visible=False)


def rename_kept(data_id: str | None, name: str) -> tuple[Any, str]:
    """Call a data set something else; what keeps it from being renamed is told in a sentence."""
    if not data_id:
        return gr.skip(), notice("Choose the pictures that are to be renamed first.")
    try:
        rename_data(data_id, name)
    except (SmallimgError, OSError) as error:
        return kept_list(data_id), notice(_sentence(error))
    return kept_list(data_id), ""


def delete_kept(data_id: str | None, used: str) -> tuple[Any, ...]:
    """Delete a data set, once the browser has asked whether that is meant (None: it is not).

    Args:
        data_id: the one to delete.
        used: the one that is chosen for training; when it is the same, nothing is chosen any more.
    """
    if not data_id:
        return gr.skip(), *[gr.skip()] * 5
    try:
        data = find_data(data_id)
        refuse_if_learning(data.path, name=data.name)
        delete_data(data_id)
    except (SmallimgError, OSError) as error:
        return kept_list(data_id), gr.skip(), gr.skip(), notice(_sentence(error)), gr.skip(), gr.skip()
    return (kept_list(""), *(_nothing() if used == data_id else (gr.skip(), gr.skip(), "", gr.skip(), gr.skip())))


def take_sample(size: str, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008  # gradio finds it by this
    """Draw the sample challenge, or take the one drawn before, and look at it."""
    train, test = SIZES[size]
    try:
        path = draw_sample(
            train=train, test=test, progress=lambda done, of: progress((done, of), desc="Drawing", unit="pictures")
        )
    except (SmallimgError, OSError) as error:
        return _refused(error)
    return look_at_data(path.name, progress)


def take_upload(dropped: str | None, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """Keep what was dropped, and look at it; what cannot be used is told in a sentence."""
    if not dropped:
        return _nothing()
    progress(0, desc="Unpacking")
    try:
        path = keep_upload(Path(dropped), name=Path(dropped).stem)
    except (SmallimgError, OSError) as error:
        return _refused(error)
    return look_at_data(path.name, progress)


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
    return look_at_data(path.name, progress)


def look_at_data(
    data_id: str | None,
    progress: Any = gr.Progress(),  # noqa: B008
    *,
    closer: bool = False,
) -> tuple[Any, ...]:
    """Read a data set whole and show what it holds.

    Args:
        closer: whether to learn from it too, see `smallimg.study.doctor`.

    Returns:
        Its id (empty when it cannot be used), the stages it allows, the message, the preview, and the report.
    """
    if not data_id:
        return _nothing()
    try:
        data = find_data(data_id)
        preview = read_preview(data.path, progress=_counting(progress, "Reading every picture"))
        if closer:
            from smallimg.study.doctor import look_closer  # a second to import, which the page need not wait for

            preview = look_closer(preview, progress=_counting(progress, "Learning from the pictures"))
        keep_found(data.path, preview)
        left_out = len(read_left_out(preview.dataset.root))
        card = preview_card(
            preview,
            contact_sheet(preview.dataset),
            name=data.name,
            left_out=left_out,
            closer=len(preview.dataset.class_names) > 1 and not closer,
        )
    except (SmallimgError, OSError) as error:
        return _refused(error)
    report = save_bytes_to_cache(report_text(preview).encode(), "data-report.txt", cache_dir=get_upload_folder())
    return data_id, preview.can_train, "", card, gr.DownloadButton(value=report, visible=bool(preview.problems))


def act_on_finding(
    data_id: str | None,
    chosen: gr.SelectData,
    progress: Any = gr.Progress(),  # noqa: B008
) -> tuple[Any, ...]:
    """Leave out what a finding is about, or use everything again, and look at the data anew; or only look closer.

    The preview is made anew in any case: its buttons can be pressed once. Where nothing would be left to learn from,
    the pictures stay in.
    """
    if not data_id:
        return _nothing()
    if chosen.value == CLOSER:
        return look_at_data(data_id, progress, closer=True)
    said, before = "", None
    try:
        data = find_data(data_id)
        refuse_if_learning(data.path, name=data.name)
        root, found = read_found(data.path)
        if not chosen.value:
            take_back(root)
        elif (pictures := found.get(str(chosen.value))) is not None:
            before = read_left_out(root)
            leave_out(root, pictures)
        else:  # the page shows what another has changed since
            gr.Info("The data has been looked at again since: this is what it holds now.")
        shown = look_at_data(data_id, progress)
        if before is not None and not shown[0]:
            take_back(root)
            leave_out(root, [root / name for name in before])
            said = notice("Without these pictures there is nothing left to learn from: they stay in.")
            shown = look_at_data(data_id, progress)
    except (SmallimgError, OSError) as error:
        said, shown = notice(_sentence(error)), look_at_data(data_id, progress)
    return *shown[:2], said or shown[2], *shown[3:]


def look_again(data_id: str | None, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """`look_at_data` after a reload, where nothing chosen is nothing to do, and data may have gone since."""
    if not data_id:
        return (gr.skip(),) * 5
    return look_at_data(data_id, progress) if data_path(data_id) else _nothing(notice(GONE))


def look_if_used(data_id: str | None, used: str, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """`look_at_data` where that data set is the one chosen for training."""
    return look_at_data(data_id, progress) if data_id and data_id == used else (gr.skip(),) * 5


def _counting(progress: Any, words: str) -> Callable[[int, int], None]:
    return lambda done, of: progress((done, of), desc=words, unit="pictures")


def _nothing(message: str = "") -> tuple[Any, ...]:
    return "", (), message, "", gr.DownloadButton(visible=False)


def _refused(error: Exception) -> tuple[Any, ...]:
    return _nothing(notice(_sentence(error)))


def _sentence(error: Exception) -> str:
    """What went wrong, for people; of the system's errors only the reason, with the folder it is about."""
    if isinstance(error, OSError):
        return (
            f"The folder {data_folder()} cannot be used ({error.strerror}): make room there, or let SMALLIMG_DATA name "
            "another."
        )
    return str(error)
