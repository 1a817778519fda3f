"""“What did it look at?” on a card: the map first, then, a moment later, how far to trust it.

Torch is imported by the first who asks; until then the tab does without.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.errors import SmallimgError
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.results import Prediction
from smallimg.study.explain.overlay import colours
from smallimg.study.explain.question import Question, read_question
from smallimg.ui.explain.panel import SIDE, explanation_panel, measuring, said_of, trust_part, unexplained
from smallimg.ui.pipelines import Pipelines

#: Asks of which picture what, for the Python side of the `select` event.
EXPLAIN_CLICK = (Path(__file__).parent / "looked_at.js").read_text("utf-8")
#: Puts the panel below its cards; the heat stays as strong as somebody has set it.
SHOW_EXPLAINED = """(told) => {
  if (!told) return;
  const panel = document.querySelector(`#results .si-explain[data-asked="${told.asked}"]`);
  if (!panel) return;
  const strength = panel.querySelector(".si-opacity input")?.value;
  const open = [...panel.querySelectorAll("details[open] summary")].map((summary) => summary.textContent);
  panel.innerHTML = told.html;
  panel.classList.remove("si-asking");
  const slider = panel.querySelector(".si-opacity input");
  if (slider && strength !== undefined) slider.value = strength;
  for (const summary of panel.querySelectorAll("summary")) {
    if (open.includes(summary.textContent)) summary.parentElement.open = true;
  }
}"""
Look = Callable[[Pipeline, Any], Prediction]


def connect_explanations(cards: gr.HTML, pipelines: Pipelines, pictures: gr.File, options: Sequence[Any]) -> None:
    """Let the buttons on the cards explain, inside the `gr.Blocks` being built.

    Args:
        cards: the results, with `EXPLAIN_CLICK` among what it does on load.
        pipelines: where the tab gets its pipelines.
        pictures: the chosen files.
        options: bundle, background model, stages, most boxes, score threshold: what the pictures were looked at with.
    """
    explained = gr.JSON(visible="hidden")

    def explain(  # noqa: PLR0917  # gradio passes values by place
        paths: list[str] | None,
        bundle: str,
        background: str,
        stages: Sequence[str],
        max_boxes: float,
        threshold: float,
        chosen: gr.SelectData,
    ) -> Iterator[Any]:
        verb, _, rest = str(chosen.value).partition(" ")
        asked, _, text = rest.partition(" ")
        if verb != "explain" or not isinstance(chosen.index, int) or not 0 <= chosen.index < len(paths or ()):
            yield gr.skip()
            return

        def look(pipeline: Pipeline, image: Any) -> Prediction:
            return pipeline.predict(
                image,
                remove_background="background" in stages,
                detect="detector" in stages,
                classify="classifier" in stages,
                score_threshold=threshold,
                max_boxes=round(max_boxes),
            )

        for html in panels(pipelines, bundle, background, Path((paths or [])[chosen.index]), text, look=look):
            yield {"asked": asked[:20] if asked.isdecimal() else "", "html": html}

    private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    cards.select(
        explain,
        [pictures, *options],
        explained,
        concurrency_id="explain",
        concurrency_limit=2,
        trigger_mode="multiple",
        **private,
    )
    explained.change(None, explained, js=SHOW_EXPLAINED, **private)


def panels(pipelines: Pipelines, bundle: str, background: str, path: Path, text: str, *, look: Look) -> Iterator[str]:
    """The panel with its map, then with how far to trust it; or once, with why there is none.

    Args:
        pipelines: where the pipeline comes from.
        bundle, background: which.
        path: the picture.
        text: the question, as `read_question` takes it.
        look: predicts as the cards were made.
    """
    question = Question("class", "gradcam")
    try:
        question = read_question(text)
        pipeline = pipelines.get(bundle, background)
        image = open_image(path)
        from smallimg.study.explain.explainer import Explainer  # torch, for those who ask

        explainer = Explainer(pipeline)
        prediction = look(pipeline, image)
        if question.kind == "box":
            explanation = explainer.of_box(image, prediction, method=question.method)
        else:
            label = question.label or prediction.label
            question = Question(
                "class", question.method, label, question.against if question.against != label else None
            )
            explanation = explainer.of_class(
                image, prediction, method=question.method, label=label, against=question.against
            )
        small = image.copy()
        small.thumbnail((SIDE, SIDE))
        heat = colours(explanation.heat(small.size))
        shown: dict[str, Any] = {
            "said": said_of(explanation.question, explanation.share, kind=question.kind),
            "about": explanation.about,
            "class_names": sorted(prediction.probabilities, key=lambda name: -prediction.probabilities[name]),
        }
        yield explanation_panel(small, heat, question, trust=measuring(), **shown)
        yield explanation_panel(small, heat, question, trust=trust_part(explanation.trust), **shown)
    except SmallimgError as error:
        yield unexplained(str(error), question)
