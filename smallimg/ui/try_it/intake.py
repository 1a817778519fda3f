"""How pictures come into "Try it": as uploads, and by their address."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder
from PIL import Image

from smallimg.errors import ImageError
from smallimg.pictures.addresses import MAX_LENGTH
from smallimg.pictures.by_address import Fetched, fetch_picture
from smallimg.pictures.images import MAX_BYTES, open_image
from smallimg.ui.cards import notice

#: Visitors who wait for a picture at once: it takes a thread each, and next to no work.
AT_ONCE = 8


def build_address(pictures: gr.File, *, fetch: Callable[[str], Fetched] = fetch_picture) -> None:
    """Lay out the field for an address inside the `gr.Blocks` being built; what lies there joins the chosen pictures.

    Args:
        pictures: the chosen files.
        fetch: brings a picture by its address.
    """

    def add(paths: list[str] | None, text: str) -> tuple[Any, Any, str]:
        return add_by_address(paths, text, fetch=fetch)

    with gr.Row(elem_id="address"):
        address = gr.Textbox(
            placeholder="… or the address of a picture: https://",
            label="Address of a picture",
            show_label=False,
            container=False,
            max_lines=1,
            max_length=MAX_LENGTH + 1,  # a longer one is refused, not cut
            scale=1,
            min_width=180,
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
        )
        get = gr.Button("Get it", scale=0, min_width=86)
    message = gr.HTML(elem_id="address-message", apply_default_css=False)
    pictures.change(lambda: "", None, message, show_progress="hidden", api_visibility="private")
    gr.on(
        [get.click, address.submit],
        add,
        [pictures, address],
        [pictures, address, message],
        trigger_mode="once",
        concurrency_id="fetch",
        concurrency_limit=AT_ONCE,
        show_progress_on=address,
        api_visibility="private",
    )


def add_by_address(
    paths: Sequence[str] | None, text: str, *, fetch: Callable[[str], Fetched] = fetch_picture
) -> tuple[Any, Any, str]:
    """The chosen pictures and the one that lies at an address, an empty field, and nothing to say; or why it failed."""
    try:
        fetched = fetch(text)
    except ImageError as error:
        return gr.skip(), gr.skip(), notice(str(error))
    path = save_bytes_to_cache(fetched.content, fetched.name, cache_dir=get_upload_folder())
    if path in (paths or ()):
        return gr.skip(), "", notice(f"“{fetched.name}” is among the pictures already.")
    return [*(paths or ()), path], "", ""


def open_upload(path: Path) -> Image.Image:
    """A picture that was uploaded.

    Raises:
        ImageError: as `open_image`.
    """
    # The page cuts what is over the limit (intake.js), so its true size is not known here.
    if path.stat().st_size > MAX_BYTES:
        raise ImageError(f"{path.name} has more than {MAX_BYTES / 1e6:g} MB, the limit: make it smaller.")
    return open_image(path)
