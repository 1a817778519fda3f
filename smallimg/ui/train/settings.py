"""The second third of the "Train" tab: what is to be learned, in plain words, and for experts how.

Everything has a sane default; nobody needs to open the expert settings.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.bundles.background import BACKGROUND_NAMES
from smallimg.data.kept import name_of_data
from smallimg.errors import TrainingError
from smallimg.runs.run import RunConfig
from smallimg.training.architectures import ARCHITECTURES
from smallimg.training.plan import EVERY_STAGE, STAGES
from smallimg.training.recipes import RECIPES
from smallimg.training.start import IMAGENET, SCRATCH, SUITED, chosen_start
from smallimg.ui.pipelines import run_of

STAGE_CHOICES = (
    ("Cut things out of their background", "remover"),
    ("Find things, with a box around each", "detector"),
    ("Name things", "classifier"),
)
#: Stage → what it does, for a sentence, and what of the pictures it learns that from.
LEARNING = {
    "remover": ("cutting out", "masks, which show where the object is"),
    "detector": ("finding", "boxes around the objects"),
    "classifier": ("naming", "two classes or more, and one for every picture"),
    "segmenter": ("segmenting", "masks, and a class for every picture"),
}
RECIPE_CHOICES = (("fast – ours, made for two CPU cores", "fast"), ("paper – the AI@UNICT2025 numbers", "paper"))
THE_RECIPES = "the recipe's"
MODES = (
    ("keep its features, train the last layer", "features"),
    ("fine-tune its last blocks", "last"),
    ("fine-tune all of it, gently", "all"),
)
NUMBERS = ("epochs", "batch_size", "learning_rate")
#: Fields of `smallimg.training.recipes.Augment` → what they are called on the page.
AUGMENT = {
    "degrees": "Turn, ± degrees",
    "scale": "Zoom",
    "shift": "Shift",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "colour": "Colour",
    "paste": "Other backgrounds",
    "erase": "Covered square",
    "mix": "Mixed with one another",
}


#: The fields by name, in the order in which `run_config` takes their values.
FIELDS = (
    *("name", "stages", "recipe", "background", "reads", "start_from", "start_mode", "seed", "masks"),
    *("names_boxes", "segments", "flip"),
    *AUGMENT,
    *(f"{stage}_{field}" for stage in EVERY_STAGE for field in ("architecture", *NUMBERS)),
)


@dataclass(frozen=True)
class Settings:
    """The fields, in the order of `FIELDS`."""

    name: gr.Textbox
    stages: gr.CheckboxGroup
    start_from: gr.Dropdown
    fields: tuple[Any, ...]


def build_settings(starts: list[tuple[str, str]], can_train: gr.State) -> Settings:
    """Lay the fields out inside the `gr.Blocks` being built.

    Args:
        starts: (what to show, value) of all that training can start from.
        can_train: the stages that the chosen data allows.
    """
    with gr.Row():
        stages = gr.CheckboxGroup(
            list(STAGE_CHOICES),
            value=["classifier"],
            label="What it learns",
            info="the more, the longer it takes",
            elem_id="train-stages",
            scale=2,
        )
        name = gr.Textbox(
            label="What to call it", placeholder="made up from the choices", max_length=80, elem_id="run-name"
        )
    note = gr.HTML(elem_id="stages-note", apply_default_css=False)
    with gr.Accordion("Expert settings", open=False, elem_id="advanced"):
        with gr.Row():
            recipe = gr.Radio(list(RECIPE_CHOICES), value="fast", label="Recipe")
            start_from = gr.Dropdown(starts, value=SUITED, label="Start from")
            start_mode = gr.Dropdown(list(MODES), value="features", label="and then", visible=False)
        with gr.Row():
            background = gr.Dropdown(
                [(f"{THE_RECIPES} choice", ""), *((choice, choice) for choice in BACKGROUND_NAMES)],
                value="none",
                label="Background",
                info="none leaves it in; own: the remover of the run, or of its start",
            )
            reads = gr.Dropdown(
                [(THE_RECIPES, ""), ("the cut-out", "cutout"), ("the picture", "image")],
                value="",
                label="Detector and classifier look at",
                info="without a background remover: the picture",
            )
        gr.Markdown("What is left empty is the recipe's.")
        rows, numbers = zip(*(_stage_row(stage, visible=stage in stages.value) for stage in EVERY_STAGE), strict=True)
        gr.HTML(architectures_html(), apply_default_css=False, elem_id="architectures")
        gr.Markdown("**Random changes of the training pictures**, in every stage that is trained")
        labels = list(AUGMENT.values())
        with gr.Row():  # two rows of five, on whose fields the words fit
            flip = gr.Dropdown([THE_RECIPES, "yes", "no"], value=THE_RECIPES, label="Mirror", min_width=110)
            changes = [_number(label, THE_RECIPES) for label in labels[:4]]
        with gr.Row():
            changes += [_number(label, THE_RECIPES) for label in labels[4:]]
        with gr.Row():
            seed = gr.Number(
                value=42,
                precision=0,
                minimum=0,
                maximum=2**32 - 1,  # scikit-learn's limit
                label="Seed",
                info="of the first weights and all chance",
            )
            masks = gr.Checkbox(
                label="Boxes from masks", info="a picture without boxes gets the one around its mask", value=False
            )
            names_boxes = gr.Checkbox(
                label="Name every box", info="the detector says what is in each box, not only that something is"
            )
            segments = gr.Checkbox(
                label="Colour every pixel by its class",
                info="trains a segmenter, too: from masks, or a background model’s cut-outs, and a class a picture",
                value=False,
                elem_id="train-segmenter",
            )
    private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    # `input`, not `change`: what a reload gives back is set as it was.
    gr.on([start_from.input, stages.input], choose_start, [start_from, stages], [start_mode, background], **private)
    gr.on([stages.change, segments.change], learned_rows, [stages, segments], list(rows), **private)
    can_train.change(allow_stages, [can_train, stages, start_from], [stages, background, note], **private)
    return Settings(
        name,
        stages,
        start_from,
        (
            *(name, stages, recipe, background, reads, start_from, start_mode, seed, masks),
            *(names_boxes, segments, flip, *changes, *chain.from_iterable(numbers)),
        ),
    )


def learned_rows(stages: Sequence[str], segments: bool) -> list[gr.Row]:
    """The fields of the networks that are trained; a number for another one would be asked for and change nothing."""
    learned = _learned(stages, segments)
    return [gr.Row(visible=stage in learned) for stage in EVERY_STAGE]


def _learned(stages: Sequence[str], segments: bool) -> tuple[str, ...]:
    wanted = {*stages, "segmenter"} if segments else {*stages}
    return tuple(stage for stage in EVERY_STAGE if stage in wanted)


def choose_start(start: str, stages: Sequence[str]) -> tuple[Any, str]:
    """Ask how to start from what is there; cut-outs are learned from where there is a remover to make them."""
    has_remover = "remover" in stages or start not in (SUITED, SCRATCH, IMAGENET)
    return gr.Dropdown(visible=start not in (SUITED, SCRATCH)), "own" if has_remover else "none"


def allow_stages(allowed: Sequence[str], chosen: Sequence[str], start: str) -> tuple[Any, Any, str]:
    """What step 2 offers for the pictures of step 1: only what they have the truth for.

    Args:
        allowed: the stages that the data allows; empty while there is no data.
        chosen: those that are chosen now; what the data does not allow is dropped.
        start: what training starts from.

    Returns:
        The choice of stages, the background that suits it, and a sentence on what is not offered.
    """
    offered = [(label, stage) for label, stage in STAGE_CHOICES if not allowed or stage in allowed]
    kept, background = stages_left(allowed, chosen, start)
    return gr.CheckboxGroup(offered, value=kept), background or gr.skip(), _not_offered(allowed)


def stages_left(allowed: Sequence[str], chosen: Sequence[str], start: str) -> tuple[list[str], str]:
    """What stays of the stages that were chosen, or the last that the data allows; and the background that suits that.

    Args:
        allowed, chosen, start: as in `allow_stages`.

    Returns:
        The stages, and the background; empty where it may stay as it is.
    """
    offered = [stage for _, stage in STAGE_CHOICES if not allowed or stage in allowed]
    kept = [stage for stage in offered if stage in chosen] or offered[-1:]
    return kept, "" if kept == list(chosen) else choose_start(start, kept)[1]


def _not_offered(allowed: Sequence[str]) -> str:
    missing = [LEARNING[stage] for stage in STAGES if allowed and stage not in allowed]
    lacks = "; ".join(f"{what} from {source}" for what, source in missing)
    return f'<p class="si-sentence">Not offered with these pictures: {lacks}.</p>' if missing else ""


def _stage_row(stage: str, *, visible: bool) -> tuple[gr.Row, list[Any]]:
    """A network's row, and its fields."""
    fast, paper = (getattr(RECIPES[name], stage) for name in ("fast", "paper"))
    with gr.Row(visible=visible) as row:
        choices = [THE_RECIPES, *ARCHITECTURES.get(stage, ())]
        architecture = gr.Dropdown(
            choices, value=THE_RECIPES, label=f"{stage.capitalize()}: architecture", interactive=len(choices) > 1
        )
        numbers = [
            _number(
                field.replace("_", " ").capitalize(), f"fast {getattr(fast, field):g}, paper {getattr(paper, field):g}"
            )
            for field in NUMBERS
        ]
    return row, [architecture, *numbers]


def architectures_html() -> str:
    """What each of the networks to choose from does and costs, folded away until somebody asks."""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(one.idea)}</td>'
        f"<td>{escape('. '.join(filter(None, (one.cost, one.measured))))}</td></tr>"
        for names in ARCHITECTURES.values()
        for name, one in names.items()
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Network", "How it works", "Speed and cost"))
    return (
        '<details class="si-about"><summary>Which architecture? What each does, and what it costs</summary>'
        f'<div class="si-scroll"><table class="si-figures"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _number(label: str, placeholder: str) -> gr.Textbox:
    """A field for a number that may stay empty, which Gradio's own for numbers may not: it sends 0 then."""
    return gr.Textbox(label=label, placeholder=placeholder, max_length=12, min_width=110)


def _read_number(text: str, label: str, *, whole: bool) -> float | int:
    try:
        number = int(text) if whole else float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        kind = "a whole number" if whole else "a number"
        raise TrainingError(f"“{label}” must be {kind} or empty, not “{text}”.")
    return number


def run_config(data: str, *values: Any) -> RunConfig:
    """What the fields ask for, as a run's config.

    Args:
        data: the data set's path.
        values: those of `Settings.fields`.

    Raises:
        TrainingError: when a field that wants a number holds something else.
    """
    name, stages, recipe, background, reads, start_from, start_mode, seed, masks, *rest = values
    names_boxes, segments, flip, *rest = rest
    changes: dict[str, Any] = {
        field: _read_number(text, label, whole=False)
        for (field, label), text in zip(AUGMENT.items(), rest[: len(AUGMENT)], strict=True)
        if (text or "").strip()
    }
    if flip != THE_RECIPES:
        changes["flip"] = flip == "yes"
    chosen = _learned(stages, segments)
    overrides: dict[str, dict[str, Any]] = {}
    per_stage = rest[len(AUGMENT) :]
    for index, stage in enumerate(EVERY_STAGE):
        architecture, *numbers = per_stage[index * (1 + len(NUMBERS)) : (index + 1) * (1 + len(NUMBERS))]
        asked: dict[str, Any] = {
            field: _read_number(text, f"{stage}: {field.replace('_', ' ')}", whole=field != "learning_rate")
            for field, text in zip(NUMBERS, numbers, strict=True)
            if (text or "").strip()
        }
        if architecture != THE_RECIPES:
            asked["architecture"] = architecture
        if changes:
            asked["augment"] = changes
        if reads and stage in {"detector", "classifier"}:
            asked["reads"] = reads
        if names_boxes and stage == "detector":
            asked["names_boxes"] = True
        if asked and stage in chosen:
            overrides[stage] = asked
    own_network = any("architecture" in asked for asked in overrides.values())
    began = chosen_start(start_from, start_mode, data, chosen, recipe=recipe, own_network=own_network)
    if began and start_from == SUITED:
        background = "own"  # it looks where the networks that it goes on from find things
    return RunConfig(
        name=(name or "").strip() or made_up_name(data, chosen, recipe, began.source if began else None),
        data=str(Path(data).resolve()),  # the worker runs in a folder of its own choice
        stages=chosen,
        recipe=recipe,
        background=background or None,
        overrides=overrides,
        boxes_from_masks=bool(masks),
        seed=int(seed if seed is not None else 42),
        start_from=began.source if began else None,
        start_mode=began.mode if began else start_mode,
    )


def made_up_name(data: str, stages: Sequence[str], recipe: str, started: str | None) -> str:
    """A name that tells runs apart: what is learned from which pictures; how, where that is not the usual."""
    what = ", ".join(LEARNING[stage][0] for stage in stages)
    unusual = [f"recipe {recipe}"] if recipe != RECIPE_CHOICES[0][1] else []
    unusual += [f"from {name_of_start(started)}"] if started else []
    how = f" ({', '.join(unusual)})" if unusual else ""
    pictures = name_of_data(data)[: 80 - len(f": {what}{how}")].strip()
    return f"{pictures}: {what}{how}"[:80]


def name_of_start(started: str) -> str:
    """What a start is called: a run as it is named now, or as its folder where that is no run's."""
    run = run_of(started)
    return run.config.name if run else Path(started).name
