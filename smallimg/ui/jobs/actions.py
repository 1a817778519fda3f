"""What the buttons and lists of a panel of jobs do: thin functions from what the page sends to what it shows."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from smallimg.errors import RunError, SmallimgError, in_words
from smallimg.runs.jobs import Job, Kind, apart
from smallimg.ui.cards import notice
from smallimg.ui.jobs.card import Words, job_card, none_yet

Facts = Callable[[Job[Any]], list[str]]


def choices(kind: Kind[Any]) -> list[tuple[str, str]]:
    """(what to show, id) of the jobs that are kept, the newest first."""
    found = kind.all()
    return [(apart(one, found), one.id) for one in found]


def fresh_list(kind: Kind[Any], wanted: Any = None) -> gr.Dropdown:
    """The list as it is now; the wanted one is chosen, or the newest where that is gone."""
    there = choices(kind)
    chosen = wanted if wanted in [value for _, value in there] else next(iter(there), ("", None))[1]
    return gr.Dropdown(there, value=chosen)


def restore(kind: Kind[Any], words: Words, address: Any) -> gr.Dropdown:
    """The list as the page opens: the job of the link, or the one looked at last."""
    return fresh_list(kind, address.get(words.name) if isinstance(address, dict) else None)


def act(action: Callable[[str], Any], job_id: str | None) -> str:
    """Do something to the job that is looked at; what keeps it from being done is told in a sentence."""
    try:
        action(job_id or "")
    except SmallimgError as error:
        return notice(str(error))
    return ""


def delete_chosen(kind: Kind[Any], job_id: str | None) -> tuple[str, Any]:
    """Delete one, once the browser has asked whether that is meant (None: it is not); the message and the list."""
    if job_id is None:
        return "", gr.skip()
    return act(kind.delete, job_id), fresh_list(kind, job_id)


def look(kind: Kind[Any], words: Words, facts: Facts, job_id: str | None, shown: str) -> tuple[Any, ...]:
    """How a job stands, read from its files; `shown` is what the page shows the figures of.

    Returns:
        The card, the buttons Stop, Start again and Delete, the timer, the column of the figures, and what is shown now:
        an id once it is finished, else "".
    """
    one = read(kind, job_id)
    if one is None:
        buttons = [gr.Button(interactive=False)] * 3
        return none_yet(words), *buttons, gr.Timer(active=False), gr.Column(visible=False), ""
    finished = one.id if one.status == "finished" else ""
    return (
        job_card(one, words, facts(one)),
        gr.Button(interactive=one.is_alive),
        gr.Button(interactive=one.can_start),
        gr.Button(interactive=not one.is_alive),
        gr.Timer(active=one.is_alive),
        gr.skip() if finished == shown else gr.Column(visible=bool(finished)),
        gr.skip() if finished == shown else finished,
    )


def take_file(kind: Kind[Any], job_id: str | None, chosen: gr.SelectData) -> tuple[str, Any]:
    """One of its files, in the folder that Gradio empties by itself; or a sentence why there is none."""
    one = read(kind, job_id)
    try:
        if one is None or chosen.value not in one.files:
            raise RunError("That file is no longer there: look at the list again.")
        target = Path(get_upload_folder()) / one.id / str(chosen.value)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(one.path / str(chosen.value), target)
    except (SmallimgError, OSError) as error:
        return notice(in_words(error)), None
    return "", str(target)


def read(kind: Kind[Any], job_id: str | None) -> Job[Any] | None:
    """The job of that id; None where there is none, or it was deleted in another tab."""
    try:
        return kind.read(job_id) if job_id else None
    except RunError:
        return None


def read_finished(kind: Kind[Any], job_id: str | None) -> Job[Any] | None:
    """The same; None as well where nothing has come of it yet."""
    one = read(kind, job_id)
    return one if one is not None and one.status == "finished" else None
