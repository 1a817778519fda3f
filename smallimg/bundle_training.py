"""From a data set to a bundle: split, train the stages in order, each on what the one before it leaves, save."""

import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rembg.sessions.base import BaseSession
from torch import nn

from smallimg import augment
from smallimg.background import open_session, remove_background
from smallimg.checkpoint import STAGE_FILES, Bundle, Stage, load_bundle, save_bundle, save_weights
from smallimg.datasets import Dataset, split_train_validation
from smallimg.errors import BundleError, TrainingError
from smallimg.loop import Report
from smallimg.recipes import RECIPES, Recipe, StageRecipe
from smallimg.tensors import Tensors, load_tensors
from smallimg.training import export_onnx, fit_classifier, fit_detector, fit_remover

#: The stages in the order in which they are trained; the remover becomes the bundle's `background`.
STAGES = ("remover", "detector", "classifier")


def train_bundle(
    dataset: Dataset,
    out: Path,
    *,
    report: Report,
    stages: Sequence[str] = STAGES,
    recipe: str | Recipe = "fast",
    seed: int = 42,
    epochs: int | None = None,
    background: str | None = None,
    command: str = "",
) -> Path:
    """Train the stages on a data set and write them to `out`, each as soon as it is done.

    A bundle that lies in `out` already keeps the stages that are not trained again, so one can be redone alone.

    Args:
        stages: some of `STAGES`.
        recipe: a name in `smallimg.recipes.RECIPES`, or one of your own.
        epochs: the same number for every stage, instead of the recipe's.
        background: whose cut-outs the later stages learn from, instead of the recipe's: "own", "none", a rembg name.
        command: what was typed, for the model card.

    Returns:
        `out`.

    Raises:
        TrainingError: when the data lacks what a stage learns from, or a loss is not finite.
        BackgroundError: when the recipe's background model is not to be had.
    """
    plan = _plan(recipe, stages, epochs, background)
    bundle = _start(dataset, out, plan, seed, command)
    _check(dataset, stages, bundle, plan)
    out.mkdir(parents=True, exist_ok=True)

    side = plan.remover.input_size
    train, validation = (load_tensors(part, side) for part in split_train_validation(dataset, seed=seed))
    if "remover" in stages:
        remover, figures = fit_remover(train, validation, recipe=plan.remover, seed=seed, report=report)
        export_onnx(remover, out / STAGE_FILES["background"], side=side)
        bundle = _with_stage(bundle, "background", _stage(plan.remover, "image"), figures)
    if plan.background == "own" and "background" not in bundle.stages:
        bundle = replace(bundle, background="none")
    if {"detector", "classifier"} & set(stages):
        reads = "image" if bundle.background == "none" else plan.reads
        session = None
        if reads == "cutout":
            model_path, margin = bundle.file("background"), plan.remover.margin
            session = open_session(bundle.background, model_path=model_path, margin=margin)
        train = make_views(train, session, count=plan.views, seed=seed)
        validation = make_views(validation, session, count=1, seed=seed)
        network: nn.Module
        if "detector" in stages:
            network, figures = fit_detector(train, validation, recipe=plan.detector, seed=seed, report=report)
            save_weights(network, out / STAGE_FILES["detector"])
            bundle = _with_stage(bundle, "detector", _stage(plan.detector, reads), figures)
        if "classifier" in stages:
            n_classes = len(dataset.class_names)
            network, figures = fit_classifier(
                train, validation, n_classes=n_classes, recipe=plan.classifier, seed=seed, report=report
            )
            save_weights(network, out / STAGE_FILES["classifier"])
            stage = _stage(plan.classifier, reads)
            stage = replace(stage, arguments={"n_classes": n_classes, **stage.arguments})
            _with_stage(bundle, "classifier", stage, figures)
    return out


def make_views(tensors: Tensors, session: BaseSession | None, *, count: int, seed: int) -> Tensors:
    """Several views of each picture: the first as it is, the others with the object on other backgrounds.

    Args:
        tensors: of one view, with true masks if other backgrounds are wanted; without masks one view is made.
        session: makes each view's mask as it will in prediction, faults included; None leaves the background in.
        count: how many views.
    """
    torch.manual_seed(seed)
    pixels = [tensors.pixels]
    if tensors.alpha is not None and count > 1:
        backgrounds = augment.plates(tensors.pixels, tensors.alpha)
        for _ in range(count - 1):
            pasted = torch.empty_like(tensors.pixels)
            for rows in torch.split(torch.arange(len(pasted)), 64):
                others = augment.random_backgrounds(len(rows), tensors.side, backgrounds)
                objects, alpha = tensors.pixels[rows].float(), tensors.alpha[rows].float() / 255
                pasted[rows] = augment.paste(objects, alpha, others, 1.0).to(torch.uint8)
            pixels.append(pasted)
    views = torch.cat(pixels)
    return replace(tensors, pixels=views, alpha=_masks(views, session) if session is not None else None)


def _masks(pixels: torch.Tensor, session: BaseSession) -> torch.Tensor:
    """A session's masks of uint8 pictures [n, 3, h, w] → uint8 [n, 1, h, w]."""
    pictures = (Image.fromarray(picture) for picture in pixels.permute(0, 2, 3, 1).numpy())
    cutouts = (remove_background(picture, session) for picture in pictures)
    return torch.from_numpy(np.stack([np.asarray(cutout.getchannel("A")) for cutout in cutouts]))[:, None]


def _plan(recipe: str | Recipe, stages: Sequence[str], epochs: int | None, background: str | None) -> Recipe:
    if isinstance(recipe, str):
        if recipe not in RECIPES:
            raise TrainingError(f"Unknown recipe “{recipe}”: choose one of {', '.join(RECIPES)}.")
        recipe = RECIPES[recipe]
    if unknown := [stage for stage in stages if stage not in STAGES]:
        raise TrainingError(f"Unknown stage “{unknown[0]}”: choose from {', '.join(STAGES)}.")
    if epochs is not None:
        if epochs < 1:
            raise TrainingError(f"Training needs at least 1 epoch, got {epochs}.")
        recipe = replace(
            recipe,
            remover=replace(recipe.remover, epochs=epochs),
            detector=replace(recipe.detector, epochs=epochs),
            classifier=replace(recipe.classifier, epochs=epochs),
        )
    return replace(recipe, background=background) if background is not None else recipe


def _start(dataset: Dataset, out: Path, plan: Recipe, seed: int, command: str) -> Bundle:
    """The bundle to fill: what lies in `out` already if its classes are the same, else an empty one."""
    card = {
        "data": f"{dataset.root.name}, split “{dataset.split}”, {len(dataset.samples)} pictures, 80/20 by picture",
        "recipe": plan.name,
        "seed": seed,
        "command": command,
        "metrics": {},
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in ("torch", "torchvision", "onnxruntime", "rembg")},
    }
    try:
        old = load_bundle(out)
    except BundleError:
        old = None
    if old is not None and old.class_names == dataset.class_names:
        return replace(old, card=old.card | card | {"metrics": old.card.get("metrics", {})})
    return Bundle(out, dataset.class_names, plan.background, {}, card)


def _check(dataset: Dataset, stages: Sequence[str], bundle: Bundle, plan: Recipe) -> None:
    """Say before the first epoch what the data lacks."""
    samples = dataset.samples
    if "remover" in stages and any(sample.mask is None for sample in samples):
        raise TrainingError(
            "The remover learns from masks, and not every picture here has one: "
            "choose the other stages, with `none` or a rembg model as the background."
        )
    if "detector" in stages and not any(len(sample.boxes) for sample in samples):
        raise TrainingError("The detector learns from boxes and this data has none: choose the other stages.")
    if "classifier" in stages and (len(dataset.class_names) < 2 or any(sample.label is None for sample in samples)):
        raise TrainingError("The classifier needs at least two classes and a class for every picture.")
    if plan.background == "own" and "remover" not in stages and "background" not in bundle.stages:
        raise TrainingError(
            "The recipe's cut-outs come from the bundle's own remover, and there is none yet: "
            "train the stage “remover” too, or choose `none` or a rembg model as the background."
        )


def _stage(recipe: StageRecipe, reads: str) -> Stage:
    return Stage(recipe.architecture, recipe.arguments, recipe.input_size, reads, recipe.margin)


def _with_stage(bundle: Bundle, name: str, stage: Stage, figures: dict[str, float]) -> Bundle:
    """The bundle with one more stage, on disk too."""
    metrics = {f"{name} {figure}": round(value, 4) for figure, value in figures.items()}
    bundle = replace(
        bundle,
        stages=dict(bundle.stages) | {name: stage},
        card=bundle.card | {"metrics": bundle.card["metrics"] | metrics},
    )
    save_bundle(bundle)
    return bundle
