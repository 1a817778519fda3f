"""Which pictures to measure or study: the sample challenge, a folder or a zip of one's own, or what was used before."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg import DEFAULT_BUNDLE
from smallimg.cli.wording import listed
from smallimg.data.dataset import Dataset
from smallimg.data.formats import OWN_LIMITS, list_splits, open_folder, read_dataset
from smallimg.data.formats.splits import to_measure
from smallimg.data.kept import delete_data, find_data
from smallimg.data.sources import draw_sample, keep_upload, sample_folder
from smallimg.errors import DataError, SmallimgError, Stopped, in_words
from smallimg.ui.cancel import build_cancel
from smallimg.ui.cards import notice
from smallimg.ui.lists import still
from smallimg.ui.pipelines import bundle_choices
from smallimg.ui.queues import DATA, GLANCE
from smallimg.ui.train.data_brought import SIZES
from smallimg.ui.train.data_kept import kept_choices
from smallimg.ui.train.data_panel import KEPT, OWN, SAMPLE
from smallimg.ui.uploads import forget
from smallimg.visitors.wanted import still_wanted

#: To be looked at, a quarter of the sample will do where the whole of it has not been drawn.
_QUARTER = SIZES[list(SIZES)[-1]]
SAMPLE_WORDS = "Drawn by smallimg itself: eight kinds of things, with boxes and masks, on backgrounds never learned."
OWN_WORDS = "A **folder** or a **zip**: a folder for each kind of thing, or what a labelling tool wrote."
#: Of the sample, the one that is chosen first.
_SAMPLE_PARTS = ("test", "train")
# A zip is made of the folder in the browser (folder.js).
_FOLDER = (
    '<label class="si-folder">Choose a folder<input id="{tab}-folder-input" type="file" webkitdirectory multiple>'
    '</label><p id="{tab}-folder-note" class="si-sentence" role="status"></p>'
)


@dataclass(frozen=True)
class DataChoice:
    """The fields; `chosen_folder` and `chosen_dataset` take the values of `source`, `dropped` and `kept`.

    Attributes:
        dropped: the id of what was dropped here; it lives in the page, so that a restarted server still knows it.
        part: which part of the data, where that is asked for.
    """

    source: gr.Radio
    dropped: gr.Textbox
    kept: gr.Dropdown
    part: gr.Dropdown


def build_data_choice(tab: str, *, parts: bool = False, own_words: str = OWN_WORDS) -> DataChoice:
    """Lay the choice out inside the `gr.Blocks` being built, and connect it.

    Args:
        tab: what its fields' ids begin with; `folder.js` knows those that take a folder.
        parts: whether somebody is asked for the part of the data; `chosen_dataset` takes the one to measure on.
        own_words: what can be dropped, in Markdown.
    """
    dropped = gr.Textbox("", visible="hidden", elem_id=f"{tab}-own")
    source = gr.Radio([SAMPLE, OWN, KEPT], value=SAMPLE, label="Pictures from", elem_id=f"{tab}-source")
    with gr.Column(visible=False) as own:
        gr.Markdown(own_words)
        field = gr.File(label="Drop a folder or a zip", file_types=[".zip"], height=120, elem_id=f"{tab}-dropped")
        gr.HTML(_FOLDER.replace("{tab}", tab), apply_default_css=False)
    kept = gr.Dropdown(kept_choices(), value=None, label="Pictures that are here", visible=False, elem_id=f"{tab}-kept")
    line = gr.HTML(sentence(SAMPLE_WORDS), elem_classes="si-data-line", apply_default_css=False)
    build_cancel(tab)
    with gr.Column(visible=parts):
        part = gr.Dropdown(
            list(_SAMPLE_PARTS), value=_SAMPLE_PARTS[0], label="Which part of them", elem_id=f"{tab}-part"
        )

    quiet: dict[str, Any] = {**GLANCE, "show_progress": "hidden", "api_visibility": "private"}
    source.input(show_source, [source, dropped, kept], [own, kept, line, part], **quiet)
    kept.input(show_data, kept, [line, part], **quiet)
    field.upload(
        take_upload,
        field,
        [dropped, line, part],
        **DATA,
        show_progress_on=line,
        api_visibility="private",
    )
    return DataChoice(source, dropped, kept, part)


def show_source(source: str, dropped: str, kept: str | None) -> tuple[Any, ...]:
    """The fields of one source, and what is chosen there already."""
    choices = kept_choices()
    chosen = kept if kept in [value for _, value in choices] else None
    if source == SAMPLE:
        parts = gr.Dropdown(list(_SAMPLE_PARTS), value=_SAMPLE_PARTS[0], visible=True)
        shown = (sentence(SAMPLE_WORDS), parts)
    else:
        shown = show_data(dropped if source == OWN else chosen)
    return gr.Column(visible=source == OWN), gr.Dropdown(choices, value=chosen, visible=source == KEPT), *shown


def no_parts() -> Any:
    """Of nothing there are no parts to choose from."""
    # Its choices stay: Gradio refuses a click that was on its way with a part that is no longer among them.
    return gr.Dropdown(value=None, visible=False)


def show_data(data_id: str | None) -> tuple[str, Any]:
    """What a data set holds, in a sentence, and its parts; nothing of none."""
    if not data_id:
        return "", no_parts()
    try:
        return look_at_data(data_id)
    except (SmallimgError, OSError) as error:
        return notice(in_words(error)), no_parts()


def look_at_data(data_id: str) -> tuple[str, Any]:
    """`show_data` for one that was read without a fault.

    Raises:
        DataError: when there is none, or nothing in it can be used.
        Stopped: when it is not wanted any more.
    """
    path = find_data(data_id).path
    parts = list(list_splits(open_folder(path, **OWN_LIMITS)))
    part = to_measure(parts)
    return sentence(_what_is_there(path, part)), gr.Dropdown(parts, value=part, visible=True)


def take_upload(file: str | None, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008  # found by this
    """Keep what was dropped; what cannot be used is told in a sentence."""
    if not file:
        return "", "", no_parts()
    progress(0, desc="Unpacking")
    try:
        still_wanted()
        path = keep_upload(Path(file), name=Path(file).stem, unlabelled=True)
        try:
            return path.name, *look_at_data(path.name)
        except Stopped:
            delete_data(path.name)
            raise
    except Stopped as stopped:
        return gr.skip(), notice(str(stopped)), gr.skip()
    except (SmallimgError, OSError) as error:
        if isinstance(error, DataError):
            forget([file])
        return "", notice(in_words(error)), no_parts()


def fresh_choices(model: str, kept: str | None) -> tuple[Any, Any]:
    """The models and data sets that are there now; what was chosen stays chosen while it is there."""
    return still(bundle_choices(), model, DEFAULT_BUNDLE), still(kept_choices(), kept)


def fresh_models(chosen: list[str] | None) -> gr.Dropdown:
    """The models that are there now, where several can be chosen; what was chosen stays so while it is there."""
    return still(bundle_choices(), chosen or [])


def chosen_folder(
    source: str, dropped: str | None, kept: str | None, *, progress: Callable[[int, int], None] | None = None
) -> Path:
    """Where the chosen pictures lie; the sample is drawn where it is not there yet.

    Args:
        source: one of the radio's choices.
        dropped, kept: the id of what was dropped here, and of a data set that is here.
        progress: of drawing the sample.

    Raises:
        DataError: when nothing was chosen, or it is gone.
    """
    if source == SAMPLE:
        if sample_folder().is_dir():
            return draw_sample(progress=progress)
        train, test = _QUARTER
        return draw_sample(train=train, test=test, progress=progress)
    if source == OWN and not dropped:
        raise DataError("Drop a zip or a folder with pictures first.")
    if source != OWN and not kept:
        raise DataError("Choose some of the pictures that are here first.")
    return find_data(str(dropped if source == OWN else kept)).path


def chosen_dataset(
    source: str,
    dropped: str | None,
    kept: str | None,
    part: str | None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """The pictures that were chosen, see `chosen_folder`: a part of them, by default those to test on.

    Raises:
        DataError: as `chosen_folder`, or when nothing in it can be used.
    """
    path = chosen_folder(source, dropped, kept, progress=progress)
    split = part or to_measure(list_splits(open_folder(path, **OWN_LIMITS)))
    return read_dataset(path, split=split, unlabelled=True, **OWN_LIMITS)


def sentence(words: str) -> str:
    """A plain line of the page."""
    return f'<p class="si-sentence">{escape(words)}</p>'


def _what_is_there(path: Path, part: str) -> str:
    dataset = read_dataset(path, split=part, unlabelled=True, **OWN_LIMITS)
    n, samples, kinds = len(dataset.samples), dataset.samples, len(dataset.class_names)
    known = [
        (any(sample.label is not None for sample in samples), "1 kind" if kinds == 1 else f"{kinds} kinds"),
        (any(len(sample.boxes) for sample in samples), "boxes"),
        (any(sample.mask is not None for sample in samples), "masks"),
    ]
    there = listed([words for is_known, words in known if is_known])
    found = "1 picture" if n == 1 else f"{n:,} pictures"
    many = len(dataset.problems)
    passed = f" {many:,} {'thing in it is' if many == 1 else 'things in it are'} passed over." if many else ""
    return f"{found}{f' with {there}' if there else ', of which nothing is known'}.{passed}"
