"""What step 1 of the Train tab shows of pictures that are brought, and clicks on it."""

import re
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.data.kept import data_folder

SHOWN = ("path", "can_train", "message", "preview", "report")


class Told:
    """`gr.Progress`, remembering what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, str]] = []

    def __call__(self, done: Any, *, desc: str, unit: str = "") -> None:
        self.told.append((done, desc))


def shown(answer: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(SHOWN, answer, strict=True))


def link(folder: Path) -> str:
    """Put a folder among the data sets that are there; its id."""
    data_folder().mkdir(exist_ok=True)
    (data_folder() / folder.name).symlink_to(folder)
    return folder.name


def click(value: str) -> gr.SelectData:
    return gr.SelectData(None, {"index": 0, "value": value})


def button_of(preview: str, words: str) -> gr.SelectData:
    """A click on the button that says so."""
    [place] = re.findall(rf'data-finding="(\w*)">{words}', preview)
    return click(place)
