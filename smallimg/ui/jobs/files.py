"""The files that a job left behind, each a button that hands it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from smallimg.cli.wording import file_size
from smallimg.runs.jobs import Job, Kind
from smallimg.ui.clicks import tell_clicks
from smallimg.ui.jobs.actions import take_file


@dataclass(frozen=True)
class Files:
    """The part of the page; `shown` takes what `file_buttons` makes."""

    shown: gr.HTML
    message: gr.HTML
    file: gr.DownloadButton


def build_file(name: str) -> gr.DownloadButton:
    """What hands a file out, unseen; outside of any column that is shown and hidden, which would show it."""
    return gr.DownloadButton("file", elem_id=f"{name}-file", visible="hidden")


def build_files(name: str, file: gr.DownloadButton) -> Files:
    """Lay the buttons out inside the `gr.Blocks` being built."""
    shown = gr.HTML(elem_id=f"{name}-files", js_on_load=tell_clicks("file"), apply_default_css=False)
    return Files(shown, gr.HTML(elem_id=f"{name}-file-message", apply_default_css=False), file)


def connect_files(kind: Kind[Any], name: str, chosen: gr.Dropdown, files: Files) -> None:
    """Let a click on a button hand the chosen job's file out."""
    private: dict[str, Any] = {"api_visibility": "private"}
    click = f"""(file) => file && setTimeout(() => document.querySelector("#{name}-file")?.click(), 300)"""

    def take(job_id: str | None, file: gr.SelectData) -> tuple[str, Any]:  # Gradio reads this, and of a partial nothing
        return take_file(kind, job_id, file)

    files.shown.select(take, chosen, [files.message, files.file], **private).then(None, files.file, js=click, **private)


def file_buttons(one: Job[Any], words: Mapping[str, str]) -> str:
    """A button for each of its files, with what it is for those who wonder."""
    items = "".join(
        f'<li><button type="button" class="si-save" data-file="{name}">{name}</button> <span>{words[name]}, '
        f"{file_size((one.path / name).stat().st_size)}</span></li>"
        for name in one.files
    )
    return f'<ul class="si-files" aria-label="Files to download">{items}</ul>'
