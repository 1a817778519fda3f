"""The sets that are here, in step 1 of the "Train" tab: listed, chosen, renamed, deleted."""

import time
from typing import Any

import gradio as gr

from smallimg.data.kept import delete_data, find_data, list_data, rename_data
from smallimg.errors import DataError, SmallimgError
from smallimg.runs.run import refuse_if_learning
from smallimg.ui.cards import notice
from smallimg.ui.lists import still
from smallimg.ui.train.by_class.told import sentence
from smallimg.ui.train.data_shown import data_path, nothing


def kept_choices() -> list[tuple[str, str]]:
    """(what to show, id) of the data sets that are there already, the newest first."""
    return [
        (
            f"{data.name} – {data.pictures:,} pictures, {time.strftime('%d %b %Y', time.localtime(data.brought))}",
            data.id,
        )
        for data in list_data()
    ]


def kept_list(chosen: str | None = None, **more: Any) -> gr.Dropdown:
    """The list of the data sets that are there.

    Args:
        chosen: what is chosen now; what is not there any more does not stay chosen.
        more: of the list.
    """
    choices = kept_choices()
    info = None if choices else "nothing yet: what you bring in or draw is found here the next time"
    return still(choices, chosen, info=info, **more)


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
        return kept_list(data_id), notice(sentence(error))
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
        return kept_list(data_id), gr.skip(), gr.skip(), notice(sentence(error)), gr.skip(), gr.skip()
    return (kept_list(""), *(nothing() if used == data_id else (gr.skip(), gr.skip(), "", gr.skip(), gr.skip())))


def choose_kept(chosen: gr.SelectData) -> Any:
    """The set whose card was clicked."""
    return gr.Dropdown(kept_choices(), value=str(chosen.value) if data_path(str(chosen.value)) else None)
