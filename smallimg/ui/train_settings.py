"""The second third of the "Train" tab: what to train, and how; everything has a sane default."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.background import BACKGROUND_NAMES
from smallimg.bundle_training import STAGES
from smallimg.classifier import CLASSIFIERS
from smallimg.detector import DETECTORS
from smallimg.errors import TrainingError
from smallimg.recipes import RECIPES
from smallimg.runs import RunConfig
from smallimg.start_from import IMAGENET

STAGE_CHOICES = (
    ("Background remover (needs masks)", "remover"),
    ("Detector (needs boxes)", "detector"),
    ("Classifier (needs classes)", "classifier"),
)
RECIPE_CHOICES = (("fast – ours, made for two CPU cores", "fast"), ("paper – the AI@UNICT2025 numbers", "paper"))
THE_RECIPES = "the recipe's"
ARCHITECTURES: Mapping[str, tuple[str, ...]] = {"detector": tuple(DETECTORS), "classifier": tuple(CLASSIFIERS)}
#: These see crops of one size only, or were made for it.
INPUT_SIZES = {"paper_cnn": 224}
SCRATCH = "scratch"
MODES = (
    ("keep its features, train the last layer", "features"),
    ("fine-tune its last blocks", "last"),
    ("fine-tune all of it, gently", "all"),
)
NUMBERS = ("epochs", "batch_size", "learning_rate")
#: Fields of `smallimg.recipes.Augment` → what they are called on the page.
AUGMENT = {
    "degrees": "Turn, ± degrees",
    "scale": "Zoom",
    "shift": "Shift",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "colour": "Colour",
    "paste": "Other backgrounds",
    "erase": "Covered square",
}


@dataclass(frozen=True)
class Settings:
    """The fields, in the order in which `run_config` takes their values."""

    name: gr.Textbox
    stages: gr.CheckboxGroup
    start_from: gr.Dropdown
    fields: tuple[Any, ...]


def build_settings(starts: list[tuple[str, str]], can_train: gr.State) -> Settings:
    """Lay the fields out inside the `gr.Blocks` being built.

    Args:
        starts: (what to show, name or path) of the bundles that training can start from.
        can_train: the stages that the chosen data allows.
    """
    with gr.Row():
        stages = gr.CheckboxGroup(
            list(STAGE_CHOICES),
            value=["classifier"],
            label="Train",
            info="three networks, each on what the one before leaves",
            elem_id="train-stages",
        )
        recipe = gr.Radio(list(RECIPE_CHOICES), value="fast", label="Recipe")
    with gr.Row():
        name = gr.Textbox(label="Name of the run", placeholder="made up from the choices", max_length=80)
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
        start_from = gr.Dropdown([("scratch", SCRATCH), *starts], value=SCRATCH, label="Start from")
        start_mode = gr.Dropdown(list(MODES), value="features", label="and then", visible=False)
    start_from.change(choose_start, [start_from, stages], [start_mode, background], api_visibility="private")
    stages.input(choose_start, [start_from, stages], [start_mode, background], api_visibility="private")
    can_train.change(allow_stages, [can_train, stages], stages, api_visibility="private")
    with gr.Accordion("Advanced", open=False, elem_id="advanced"):
        gr.Markdown("What is left empty is the recipe's.")
        numbers = [field for stage in STAGES for field in _stage_row(stage)]
        gr.Markdown("**Random changes of the training pictures**, in every stage that is trained")
        with gr.Row():
            flip = gr.Dropdown([THE_RECIPES, "yes", "no"], value=THE_RECIPES, label="Mirror")
            changes = [_number(label, THE_RECIPES) for label in AUGMENT.values()]
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
    return Settings(
        name,
        stages,
        start_from,
        (name, stages, recipe, background, reads, start_from, start_mode, seed, masks, flip, *changes, *numbers),
    )


def choose_start(start: str, stages: Sequence[str]) -> tuple[Any, str]:
    """Ask how to start from what is there; cut-outs are learned from where there is a remover to make them."""
    has_remover = "remover" in stages or start not in (SCRATCH, IMAGENET)
    return gr.Dropdown(visible=start != SCRATCH), "own" if has_remover else "none"


def allow_stages(allowed: Sequence[str], chosen: Sequence[str]) -> Any:
    """Only what the data has the truth for can be trained: offer that, and drop from the choice what is not."""
    offered = [(label, stage) for label, stage in STAGE_CHOICES if not allowed or stage in allowed]
    kept = [stage for _, stage in offered if stage in chosen]
    return gr.CheckboxGroup(offered, value=kept or [stage for _, stage in offered][-1:])


def _stage_row(stage: str) -> list[Any]:
    fast, paper = (getattr(RECIPES[name], stage) for name in ("fast", "paper"))
    with gr.Row():
        choices = [THE_RECIPES, *ARCHITECTURES.get(stage, ())]
        architecture = gr.Dropdown(
            choices, value=THE_RECIPES, label=f"{stage.capitalize()}: architecture", interactive=len(choices) > 1
        )
        return [
            architecture,
            *(
                _number(
                    field.replace("_", " ").capitalize(),
                    f"fast {getattr(fast, field):g}, paper {getattr(paper, field):g}",
                )
                for field in NUMBERS
            ),
        ]


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
    name, stages, recipe, background, reads, start_from, start_mode, seed, masks, flip, *rest = values
    changes: dict[str, Any] = {
        field: _read_number(text, label, whole=False)
        for (field, label), text in zip(AUGMENT.items(), rest[: len(AUGMENT)], strict=True)
        if (text or "").strip()
    }
    if flip != THE_RECIPES:
        changes["flip"] = flip == "yes"
    chosen = tuple(stage for stage in STAGES if stage in stages)
    overrides: dict[str, dict[str, Any]] = {}
    per_stage = rest[len(AUGMENT) :]
    for index, stage in enumerate(STAGES):
        architecture, *numbers = per_stage[index * (1 + len(NUMBERS)) : (index + 1) * (1 + len(NUMBERS))]
        asked: dict[str, Any] = {
            field: _read_number(text, f"{stage}: {field.replace('_', ' ')}", whole=field != "learning_rate")
            for field, text in zip(NUMBERS, numbers, strict=True)
            if (text or "").strip()
        }
        if architecture != THE_RECIPES:
            asked |= {"architecture": architecture, "arguments": {}}
            asked |= {"input_size": INPUT_SIZES[architecture]} if architecture in INPUT_SIZES else {}
        if changes:
            asked["augment"] = changes
        if reads and stage != "remover":
            asked["reads"] = reads
        if asked and stage in chosen:
            overrides[stage] = asked
    started = None if start_from == SCRATCH else start_from
    return RunConfig(
        name=(name or "").strip() or made_up_name(data, chosen, recipe, started),
        data=str(Path(data).resolve()),  # the worker runs in a folder of its own choice
        stages=chosen,
        recipe=recipe,
        background=background or None,
        overrides=overrides,
        boxes_from_masks=bool(masks),
        seed=int(seed if seed is not None else 42),
        start_from=started,
        start_mode=start_mode,
    )


def made_up_name(data: str, stages: tuple[str, ...], recipe: str, started: str | None) -> str:
    """A name that tells runs apart: what is trained, how, on what, from where."""
    what = "all three" if len(stages) == len(STAGES) else " and ".join(stages)
    start = f" from {Path(started).name}" if started else ""
    return f"{what}, {recipe}{start}, on {Path(data).name}"[:80]
