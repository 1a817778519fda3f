"""The map of a set on the page: a lasso opens pictures, a click their neighbours."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from smallimg.bundles.sessions import Floats
from smallimg.errors import DataError
from smallimg.study.explain.seen import Seen
from smallimg.study.set_map import nearest, place_pictures
from smallimg.ui.cards import notice
from smallimg.ui.explain.map_figure import BY_ANSWER, BY_CLASS, BY_LABEL, map_csv, map_figure
from smallimg.ui.explain.set_view import gallery
from smallimg.ui.plotting import plot_script, serve_plotly

_TEMPLATE = '<figure class="si-map" hidden><div class="si-plot" id="set-map"></div></figure>'
_NEAR_CLICK = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-near]");
  if (button) trigger("select", { index: Number(button.dataset.near), value: `near ${button.dataset.near}` });
});
"""
ABOUT = """<details class="si-about"><summary>How to read this, and what it cannot tell</summary>
<p class="si-sentence">Each point is a picture; those that the network sees alike lie side by side. A class in one heap
is one it knows; a cross in the wrong heap is a mistake that its own features explain; two heaps that run into each
other are confused.</p>
<p class="si-sentence">Only nearness means something: the distance between heaps, their size and their shape do not.
Another drawing of the same features looks different. Features: what the classifier’s last layer decides from. Map:
t-SNE, van der Maaten and Hinton, 2008; how to read one: Wattenberg et al., 2016. Neighbours: by the cosine of the
features, not by the map.</p></details>"""


@dataclass(frozen=True, eq=False)
class SetMap:
    """A map of pictures.

    Attributes:
        seen: the pictures.
        placed: where they lie, [n, 2].
        embeddings: what the network makes of them, [n, d].
    """

    seen: tuple[Seen, ...]
    placed: Floats
    embeddings: Floats


@dataclass(frozen=True)
class MapPanel:
    """What others need of the panel.

    Attributes:
        state: the `SetMap` that is shown, None where there is none.
        by: what the colours tell.
        figure, csv, opened: what `draw_map` returns, after the state.
    """

    state: gr.State
    by: gr.Radio
    figure: gr.HTML
    csv: gr.DownloadButton
    opened: gr.HTML


def build_map() -> MapPanel:
    """Lay out the map inside the `gr.Blocks` being built, and connect it; `draw_map` fills it."""
    serve_plotly()
    state = gr.State(None, time_to_live=3600)
    with gr.Column(elem_id="map-panel", elem_classes="si-part"):
        gr.HTML(
            "<h3>Which pictures does it see alike?</h3>"
            '<p class="si-sentence">Draw around points to see their pictures; click one to see what is most like it.'
            "</p>",
            apply_default_css=False,
        )
        by = gr.Radio([BY_CLASS, BY_ANSWER, BY_LABEL], value=BY_CLASS, label="Colours tell", elem_id="map-by")
        figure = gr.HTML(
            None,
            html_template=_TEMPLATE,
            js_on_load=plot_script(Path(__file__).parent / "map.js"),
            apply_default_css=False,
            elem_id="map",
        )
        csv = gr.DownloadButton("Download the map as CSV", size="sm", elem_id="map-csv", visible=False)
        opened = gr.HTML(elem_id="map-opened", js_on_load=_NEAR_CLICK, apply_default_css=False)
        gr.HTML(ABOUT, apply_default_css=False)
    private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    by.change(_figure, [state, by], figure, **private)
    gr.on([figure.select, opened.select], open_pictures, state, opened, **private)
    return MapPanel(state, by, figure, csv, opened)


def make_map(seen: Sequence[Seen]) -> SetMap:
    """The map of some pictures.

    Raises:
        DataError: when there are too few.
    """
    embeddings = np.stack([one.embedding for one in seen])
    return SetMap(tuple(seen), place_pictures(embeddings), embeddings)


def draw_map(found: Sequence[Seen], by: str) -> tuple[SetMap | None, str | None, Any, str]:
    """Place pictures and draw them: the state, the figure, its CSV, and a sentence where there is no map."""
    try:
        made = make_map(found)
    except DataError as error:
        return None, None, gr.DownloadButton(visible=False), notice(str(error))
    rows = map_csv(made.seen, made.placed).encode()
    file = save_bytes_to_cache(rows, "smallimg-map.csv", cache_dir=get_upload_folder())
    return made, _figure(made, by), gr.DownloadButton(value=file, visible=True), ""


def open_pictures(shown: SetMap | None, chosen: gr.SelectData) -> str:
    """The pictures within a lasso, or those most like one that was clicked."""
    asked, _, rest = str(chosen.value).partition(" ")
    places = [int(word) for word in rest.split(",") if word.isdecimal()]
    if shown is None:
        return notice("The map is no longer there: look at the pictures again.")
    places = [place for place in places if place < len(shown.seen)]
    if not places:
        return ""
    if asked == "near":
        return _neighbours(shown, places[0])
    words = "1 picture" if len(places) == 1 else f"{len(places)} pictures"
    return gallery([shown.seen[place] for place in places], f"{words} in the lasso", places=places)


def _neighbours(shown: SetMap, place: int) -> str:
    others, cosines = nearest(shown.embeddings, place)
    one = shown.seen[place]
    alike = [shown.seen[other] for other in others]
    return gallery([one, *alike], f"Most like {one.path.name}", places=[place, *others], likeness=[1.0, *cosines])


def _figure(shown: SetMap | None, by: str) -> str | None:
    if shown is None:
        return None
    return json.dumps(map_figure(shown.seen, shown.placed, by=by), allow_nan=False, separators=(",", ":"))
