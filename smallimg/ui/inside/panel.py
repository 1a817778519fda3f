"""“How does it find things?”: a picture of one's own, step by step through a detector."""

from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import gradio as gr

from smallimg.errors import SmallimgError
from smallimg.pipeline import Pipeline
from smallimg.ui.cards import notice
from smallimg.ui.clicks import tell_clicks
from smallimg.ui.inside.server import losses_function
from smallimg.ui.inside.told import steps_json
from smallimg.ui.jobs.panel import PRIVATE, QUIET
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.try_it.examples import example_buttons
from smallimg.ui.try_it.intake import open_upload
from smallimg.ui.try_it.models import why_unusable
from smallimg.ui.try_it.tab import add_example

if TYPE_CHECKING:
    from smallimg.study.inside.detector import InsideDetector

_HERE = Path(__file__).parent
#: In the order in which they need one another.
_SCRIPTS = ("../made.js", "../asking.js", "paint.js", "losses.js", "steps.js")
_INTRO = (
    "<h3>How does it find things?</h3>"
    '<p class="si-sentence">Drop a picture and follow it through the detector: what it sees, where it suspects '
    "something, and which of its boxes are left in the end.</p>"
)


class Insides:
    """Detectors taken apart, one for each pipeline in use, read on first use; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._read: WeakKeyDictionary[Pipeline, InsideDetector] = WeakKeyDictionary()

    def get(self, pipeline: Pipeline) -> "InsideDetector":
        """That of a pipeline.

        Raises:
            BundleError: when it has no detector, or its file is damaged.
            TrainingError: when this version does not know its architecture.
        """
        from smallimg.study.inside.detector import InsideDetector  # torch, for those who ask

        with self._lock:
            if pipeline not in self._read:
                self._read[pipeline] = InsideDetector(pipeline)
            return self._read[pipeline]


def build_inside(pipelines: Pipelines, insides: Insides, tab: gr.Tab, *, model: gr.Dropdown, bundle: str) -> gr.File:
    """Lay it out inside the `gr.Blocks` being built, and connect it.

    Args:
        pipelines, insides: where the tab gets its pipelines, and their detectors taken apart.
        tab: its tab, for what happens when it is chosen.
        model: the choice of a bundle.
        bundle: the one chosen at first.

    Returns:
        The field of the picture that is looked at.
    """
    gr.HTML(_INTRO, apply_default_css=False)
    with gr.Row():
        with gr.Column(scale=3, min_width=280):
            own = gr.File(label="Drop a picture", file_types=["image"], height=150, elem_id="steps-picture")
        with gr.Column(scale=2, min_width=280):
            examples = gr.HTML(
                example_buttons(bundle),
                js_on_load=tell_clicks("index"),
                apply_default_css=False,
                elem_id="steps-examples",
            )
    message = gr.HTML(elem_id="steps-message", elem_classes="si-empty-hidden", apply_default_css=False)
    steps = gr.HTML(
        None,
        html_template='<ol class="si-ways" hidden></ol>',
        server_functions=[losses_function(pipelines, insides.get)],
        js_on_load="\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS),
        apply_default_css=False,
        elem_id="steps",
    )
    look = partial(look_inside, pipelines, insides)
    examples.select(choose_example, [own, model], [own, message], trigger_mode="always_last", **PRIVATE)
    gr.on([tab.select, model.change], example_buttons, model, examples, **QUIET)
    gr.on(
        [own.change, model.change],
        look,
        [model, own],
        [message, steps],
        concurrency_id="steps",
        show_progress_on=message,
        **PRIVATE,
    )
    return own


def choose_example(_own: str | None, bundle: str, chosen: gr.SelectData) -> tuple[Any, str]:
    """A copy of the example in place of the chosen picture, and nothing to say."""
    paths, words = add_example(None, bundle, chosen)
    return (paths[0] if isinstance(paths, list) else paths), words


def look_inside(pipelines: Pipelines, insides: Insides, bundle: str, file: str | None) -> tuple[str, str | None]:
    """What keeps a picture from being followed, in a sentence; and what the page draws."""
    if not file:
        return "", None
    try:
        pipeline = pipelines.get(bundle, "own")
    except SmallimgError as error:
        return notice(why_unusable(bundle, error)), None
    try:
        image = open_upload(Path(file))
        inside = insides.get(pipeline)
        seen = inside.look(image)
    except SmallimgError as error:
        return notice(str(error)), None
    return "", steps_json(image, seen, model=bundle, architecture=inside.architecture, class_names=inside.class_names)
