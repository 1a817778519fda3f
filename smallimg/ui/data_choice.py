"""Which pictures to study: the sample challenge, a zip of one's own, or what was used before."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.data.dataset import Dataset
from smallimg.data.formats import OWN_LIMITS, list_splits, open_folder, read_dataset
from smallimg.data.kept import data_folder, find_data
from smallimg.data.sources import draw_sample, keep_upload
from smallimg.errors import DataError
from smallimg.ui.train.actions import bundle_choices
from smallimg.ui.train.data_panel import KEPT, OWN, SAMPLE, SIZES, kept_choices

#: A study takes a part of the data only: of the sample, a quarter will do.
_SAMPLE = SIZES[list(SIZES)[-1]]
#: The part to look at, in this order: what was not learned from.
_SPLITS = ("test", "validation", "val", "valid")


@dataclass(frozen=True)
class DataChoice:
    """The fields, in the order in which `chosen_dataset` takes their values."""

    source: gr.Radio
    dropped: gr.File
    kept: gr.Dropdown


def build_data_choice(tab: str) -> DataChoice:
    """Lay the choice out inside the `gr.Blocks` being built, and connect it; its parts are named after the tab."""
    source = gr.Radio([SAMPLE, OWN, KEPT], value=SAMPLE, label="Pictures from", elem_id=f"{tab}-source")
    dropped = gr.File(label="Drop a zip", file_types=[".zip"], height=110, visible=False, elem_id=f"{tab}-dropped")
    kept = gr.Dropdown(kept_choices(), value=None, label="Pictures that are here", visible=False, elem_id=f"{tab}-kept")

    def show(chosen: str) -> tuple[Any, Any]:
        return gr.File(visible=chosen == OWN), gr.Dropdown(kept_choices(), visible=chosen == KEPT)

    source.input(show, source, [dropped, kept], show_progress="hidden", api_visibility="private")
    return DataChoice(source, dropped, kept)


def fresh_choices(model: str, kept: str | None) -> tuple[Any, Any]:
    """The models and data sets that are there now; what was chosen stays chosen while it is there."""
    models, data = bundle_choices(), kept_choices()
    chosen = model if model in [value for _, value in models] else models[0][1]
    return gr.Dropdown(models, value=chosen), gr.Dropdown(data, value=kept if kept in [id for _, id in data] else None)


def chosen_dataset(
    source: str, dropped: str | None, kept: str | None, *, progress: Callable[[int, int], None] | None = None
) -> Dataset:
    """The pictures that were chosen: those to test on where there are such, else all that there are.

    Args:
        source: one of the radio's choices.
        dropped: an uploaded zip.
        kept: the id of a data set that is here.
        progress: of drawing the sample.

    Raises:
        DataError: when nothing was chosen, or nothing in it can be used.
    """
    if source == SAMPLE:
        whole = data_folder() / "challenge"
        path = whole if whole.is_dir() else draw_sample(train=_SAMPLE[0], test=_SAMPLE[1], progress=progress)
    elif source == OWN:
        if not dropped:
            raise DataError("Drop a zip with pictures first: a folder for each kind of thing, or any labelled form.")
        path = keep_upload(Path(dropped), name=Path(dropped).stem)
    else:
        if not kept:
            raise DataError("Choose some of the pictures that are here first.")
        path = find_data(kept).path
    there = list_splits(open_folder(path, **OWN_LIMITS))
    split = next((one for one in _SPLITS if one in there), there[0])
    return read_dataset(path, split=split, unlabelled=True, **OWN_LIMITS)
