"""The app: `python app.py`, and what a Hugging Face Space starts.

Every tab is one function of `smallimg.ui`; this file only puts them side by side.
"""

from smallimg import DEFAULT_BUNDLE  # before gradio, which reads some of the settings that this makes

# isort: split
from contextlib import suppress
from importlib.util import find_spec

import gradio as gr

from smallimg.ui.api import add_api
from smallimg.ui.evaluate.tab import build_evaluate
from smallimg.ui.explain.tab import build_look_inside
from smallimg.ui.hosting import announce_to_zero_gpu, hosting_routes
from smallimg.ui.memory import give_memory_back
from smallimg.ui.origins import own_page_first
from smallimg.ui.page import WAITS, follow_last_choice, hide_progress
from smallimg.ui.pipelines import Pipelines, bundle_choices
from smallimg.ui.refusals import refusals
from smallimg.ui.theme import HEAD, SmallimgTheme
from smallimg.ui.train.phone.routes import phone_routes
from smallimg.ui.train.tab import build_train
from smallimg.ui.try_it.tab import build_try_it
from smallimg.ui.try_it.welcome import FOOT, hero
from smallimg.ui.visitors.blocks import VisitedBlocks
from smallimg.ui.visitors.desk import Desk, open_desk
from smallimg.ui.visitors.gate import behind_gate
from smallimg.ui.visitors.panel import build_your_things
from smallimg.ui.why.tab import build_why
from smallimg.visitors.asking import MACHINE, NOBODY, asking


def build_app(pipelines: Pipelines, *, bundle: str = DEFAULT_BUNDLE, desk: Desk | None = None) -> gr.Blocks:
    """The whole page, not yet launched.

    Args:
        pipelines: where trained networks are read.
        bundle: the one chosen at first.
        desk: of a page that is open to the public.
    """
    blocks: gr.Blocks
    with VisitedBlocks(desk=desk, title="smallimg", analytics_enabled=False, delete_cache=(3600, 24 * 3600)) as blocks:
        top = gr.HTML(hero(is_public=desk is not None), apply_default_css=False)
        with gr.Tabs() as tabs:
            with gr.Tab("Try it", id="try") as try_it:
                model = build_try_it(pipelines, try_it, bundles=bundle_choices(), bundle=bundle)
            with gr.Tab("Train", id="train", elem_classes=WAITS) as train:
                build_train(pipelines, blocks, train, tabs, model)
            with gr.Tab("Evaluate", id="evaluate", elem_classes=WAITS) as evaluate:
                build_evaluate(blocks, evaluate)
            with gr.Tab("Look inside", id="inside", elem_classes=WAITS) as inside:
                build_look_inside(pipelines, blocks, inside, bundle=bundle)
            with gr.Tab("Why it fails", id="why", elem_classes=WAITS) as why:
                build_why(pipelines, blocks, why, bundle=bundle)
        for tab in (try_it, train, evaluate, inside, why):
            tab.select(js=f"() => smallimgMemory.tab({tab.id!r})", api_visibility="private")
        if desk is not None:
            build_your_things(blocks, desk)
        gr.HTML(FOOT, apply_default_css=False)
        add_api(pipelines)
    hide_progress(blocks, top)
    follow_last_choice(blocks)
    return blocks


give_memory_back()
pipelines, desk = Pipelines(), open_desk()
with asking(NOBODY if desk else MACHINE):  # all visitors are sent the same page, which shows nothing of anybody's
    demo = build_app(pipelines, desk=desk)
announce_to_zero_gpu()

if __name__ == "__main__":
    # Gradio ends at Ctrl+C by itself once it is there, and leaves with a traceback while it starts.
    with suppress(KeyboardInterrupt):
        pipelines.get(DEFAULT_BUNDLE, "own").warm_up()  # the first visitor waits no longer than the others
        demo.launch(
            theme=SmallimgTheme(),
            head=HEAD,
            max_file_size="200mb",  # a data set; a picture has its own limit (`smallimg.pictures.images.MAX_BYTES`)
            allowed_paths=[],
            footer_links=["api", "settings"],
            run_history=False,
            enable_monitoring=False,  # `smallimg.ui.hosting` tells its figures to the host alone
            mcp_server=find_spec("mcp") is not None,
            app_kwargs=own_page_first(
                {
                    "routes": [*hosting_routes(demo), *phone_routes()],
                    **refusals(),
                    **(behind_gate(demo, desk) if desk else {}),
                },
                is_public=desk is not None,
            ),
        )
