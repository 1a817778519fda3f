"""The app: `python app.py`, and what a Hugging Face Space starts.

Every tab is one function of `smallimg.ui`; this file only puts them side by side.
"""

from smallimg import DEFAULT_BUNDLE  # before gradio, which reads some of the settings that this makes

# isort: split
import gradio as gr

from smallimg.ui.explain.tab import build_look_inside
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.theme import HEAD, SmallimgTheme
from smallimg.ui.train.actions import bundle_choices
from smallimg.ui.train.tab import build_train
from smallimg.ui.try_it.tab import build_try_it
from smallimg.ui.try_it.welcome import FOOT, HERO
from smallimg.ui.why.tab import build_why


def build_app(pipelines: Pipelines, *, bundle: str = DEFAULT_BUNDLE) -> gr.Blocks:
    """The whole page, not yet launched; `bundle` is the one chosen at first."""
    blocks: gr.Blocks
    with gr.Blocks(title="smallimg", analytics_enabled=False, delete_cache=(3600, 24 * 3600)) as blocks:
        gr.HTML(HERO, apply_default_css=False)
        with gr.Tabs() as tabs:
            with gr.Tab("Try it", id="try") as try_it:
                model = build_try_it(pipelines, try_it, bundles=bundle_choices(), bundle=bundle)
            with gr.Tab("Train", id="train") as train:
                build_train(blocks, train, tabs, model)
            with gr.Tab("Look inside", id="inside") as inside:
                build_look_inside(pipelines, inside, bundle=bundle)
            with gr.Tab("Why it fails", id="why") as why:
                build_why(pipelines, why, bundle=bundle)
        for tab in (try_it, train, inside, why):
            tab.select(js=f"() => smallimgMemory.tab({tab.id!r})", api_visibility="private")
        gr.HTML(FOOT, apply_default_css=False)
    return blocks


pipelines = Pipelines()
demo = build_app(pipelines)

if __name__ == "__main__":
    pipelines.get(DEFAULT_BUNDLE, "own").warm_up()  # the first visitor waits no longer than the others
    demo.launch(
        theme=SmallimgTheme(),
        head=HEAD,
        max_file_size="200mb",  # a data set; a picture has a limit of its own (`smallimg.pictures.images.MAX_BYTES`)
        allowed_paths=[],
        footer_links=["api", "settings"],
        run_history=False,
    )
