"""What is shown of the set that is chosen in step 1 of the "Train" tab, and what is done about what is found in it."""

import time
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from smallimg.data.found import keep_found, read_found
from smallimg.data.kept import find_data
from smallimg.data.left_out import leave_out, read_left_out, take_back
from smallimg.data.preview import contact_sheet, read_preview, report_text
from smallimg.errors import DataError, SmallimgError, Stopped
from smallimg.runs.run import refuse_if_learning
from smallimg.ui.cards import notice
from smallimg.ui.patience import counting
from smallimg.ui.train.by_class.told import sentence
from smallimg.ui.train.cards import preview_card
from smallimg.ui.train.findings import CLOSER
from smallimg.visitors.wanted import still_wanted

GONE = "The pictures that were chosen here are gone: choose others."


def data_path(data_id: str | None) -> str:
    """Where the chosen data lies; empty when nothing is chosen, or it is gone."""
    try:
        return str(find_data(data_id).path) if data_id else ""
    except DataError:
        return ""


def look_at_data(
    data_id: str | None,
    progress: Any = gr.Progress(),  # noqa: B008
    *,
    closer: bool = False,
) -> tuple[Any, ...]:
    """`look` for a set that is chosen; what cannot be used is told in a sentence, in place of what was shown before.

    What was cancelled leaves that as it is.
    """
    if not data_id:
        return nothing()
    try:
        return look(data_id, progress, closer=closer)
    except (SmallimgError, OSError) as error:
        return refused(error)


def look(data_id: str, progress: Any, *, closer: bool = False) -> tuple[Any, ...]:
    """Read a data set whole and show what it holds.

    Args:
        progress: `gr.Progress`.
        closer: whether to learn from it too, see `smallimg.study.doctor`.

    Returns:
        Its id, the stages it allows, the message, the preview, and the report.

    Raises:
        DataError: when it cannot be used.
        Stopped: when it is not wanted any more.
    """
    still_wanted()
    data = find_data(data_id)
    preview = read_preview(data.path, progress=counting(progress, "Reading every picture"))
    if closer:
        from smallimg.study.doctor import look_closer  # a second to import, which the page need not wait for

        preview = look_closer(preview, progress=counting(progress, "Learning from the pictures"))
    keep_found(data.path, preview)
    card = preview_card(
        preview,
        contact_sheet(preview.dataset),
        name=data.name,
        left_out=len(read_left_out(preview.dataset.root)),
        closer=len(preview.dataset.class_names) > 1 and not closer,
    )
    text = report_text(preview).encode("utf-8", "replace")
    report = save_bytes_to_cache(text, "data-report.txt", cache_dir=get_upload_folder())
    return data_id, preview.can_train, "", card, gr.DownloadButton(value=report, visible=bool(preview.problems))


def look_at_built(event: gr.EventData, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """`look_at_data` for the set that the class-by-class view says it has open."""
    return look_at_data(_set_of(event), progress)


def act_on_finding(
    data_id: str | None,
    chosen: gr.SelectData,
    progress: Any = gr.Progress(),  # noqa: B008
) -> tuple[Any, ...]:
    """Leave out what a finding is about, or use everything again, and look at the data anew; or only look closer.

    The preview is made anew in any case: its buttons can be pressed once. Where nothing would be left to learn from,
    or it is cancelled, the pictures stay in.
    """
    if not data_id:
        return nothing()
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
        try:
            shown = look(data_id, progress)
        except SmallimgError as error:
            if before is None:
                raise
            take_back(root)
            leave_out(root, [root / name for name in before])
            if isinstance(error, Stopped):
                return refused(error)
            said = notice("Without these pictures there is nothing left to learn from: they stay in.")
            shown = look_at_data(data_id, progress)
    except (SmallimgError, OSError) as error:
        said, shown = notice(sentence(error)), look_at_data(data_id, progress)
    return *shown[:2], said or shown[2], *shown[3:]


def look_again(data_id: str | None, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """`look_at_data` after a reload, where nothing chosen is nothing to do, and data may have gone since."""
    if not data_id:
        return (gr.skip(),) * 5
    return look_at_data(data_id, progress) if data_path(data_id) else nothing(notice(GONE))


def open_sheet(data_id: str | None, stamp: float) -> str:
    """What opens the sheet of a set; an empty one where none is named.

    Args:
        data_id: the set.
        stamp: when that was asked, in milliseconds since 1970.
    """
    return f"{data_id or '-'} {stamp:.0f}"


def open_built_sheet(event: gr.EventData) -> str:
    """`open_sheet` for the set that the class-by-class view says it has open."""
    return open_sheet(_set_of(event), 1000 * time.time())


def look_if_changed(used: str, event: gr.EventData, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """`look_at_data` where the set that was changed on its sheet is the one chosen for training."""
    return look_if_used(_set_of(event), used, progress)


def _set_of(event: gr.EventData) -> str | None:
    """The id of the set that a component's event is about."""
    data_id = getattr(event, "value", None)
    return data_id if isinstance(data_id, str) else None


def look_if_used(data_id: str | None, used: str, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """`look_at_data` where that data set is the one chosen for training."""
    return look_at_data(data_id, progress) if data_id and data_id == used else (gr.skip(),) * 5


def nothing(message: str = "") -> tuple[Any, ...]:
    return "", (), message, "", gr.DownloadButton(visible=False)


def refused(error: Exception) -> tuple[Any, ...]:
    """Why nothing new is shown; what was cancelled leaves what was there."""
    if isinstance(error, Stopped):
        return gr.skip(), gr.skip(), notice(str(error)), gr.skip(), gr.skip()
    return nothing(notice(sentence(error)))
