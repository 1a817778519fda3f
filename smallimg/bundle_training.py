"""From a data set to a bundle: split, train the stages in order, each on what the one before it leaves, save."""

import hashlib
import importlib.metadata
import platform
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from PIL import Image
from rembg.sessions.base import BaseSession
from torch import nn

from smallimg import augment, pasting
from smallimg.background import open_session, remove_background
from smallimg.bundle_fields import fault_in_stage
from smallimg.checkpoint import STAGE_FILES, Bundle, Stage, load_bundle, save_bundle, save_weights
from smallimg.cross_validation import hold_out, remember, trusted
from smallimg.datasets import Dataset, split_train_validation
from smallimg.errors import BundleError, Stopped, TrainingError
from smallimg.loop import Keep, Progress, Report
from smallimg.preprocess import Reads
from smallimg.recipes import RECIPES, Augment, Recipe, StageRecipe
from smallimg.runs import RunConfig
from smallimg.start_from import Start, imagenet_weights, started, take_weights
from smallimg.tensors import Tensors, load_tensors
from smallimg.training import (
    Prepare,
    export_onnx,
    fit_classifier,
    fit_detector,
    fit_remover,
    leave_as_it_is,
)

#: The stages in the order in which they are trained; the remover becomes the bundle's `background`.
STAGES = ("remover", "detector", "classifier")

#: Fields of `Augment` that are shares, and the most each may be.
SHARES = (("paste", 1.0), ("erase", 1.0), ("brightness", 1.0), ("contrast", 1.0), ("colour", 1.0))


def train_bundle(
    dataset: Dataset,
    out: Path,
    *,
    report: Report,
    stages: Sequence[str] = STAGES,
    recipe: str | Recipe = "fast",
    seed: int = 42,
    epochs: int | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    background: str | None = None,
    boxes_from_masks: bool = False,
    start: Start | None = None,
    command: str = "",
    keep: Keep | None = None,
) -> Path:
    """Train the stages on a data set and write them to `out`, each as soon as it is done.

    A bundle that lies in `out` already keeps the stages that are not trained again, so one can be redone alone.

    Args:
        stages: some of `STAGES`.
        recipe: a name in `smallimg.recipes.RECIPES`, or one of your own.
        epochs: the same number for every stage, instead of the recipe's.
        overrides: stage → fields of its `StageRecipe` with other values; `augment` takes fields of `Augment`.
        background: whose cut-outs the later stages learn from, instead of the recipe's: "own", "none", a rembg name.
        boxes_from_masks: a picture without boxes, but with a mask, gets the box around its object.
        start: what the detector and the classifier start from instead of from scratch. Stages of that bundle that are
            not trained are taken over; its remover can only be, because a finished ONNX network cannot be trained on.
        command: what was typed, for the model card.
        keep: where the run's state is kept, so that it can be stopped and continued; see `smallimg.loop.fit`. What is
            finished there is not trained again.

    Returns:
        `out`.

    Raises:
        TrainingError: when the data lacks what a stage learns from, a setting is wrong, or a loss is not finite.
        BackgroundError: when the recipe's background model is not to be had.
        Stopped: when `keep` asked for it.
    """
    plan = make_plan(recipe, stages, epochs, overrides or {}, background=background, start=start)
    check_data(dataset, stages, boxes_from_masks=boxes_from_masks)
    bundle = _start(dataset, out, plan, seed, command)
    if start is not None:
        _check_start(start, out)
    source = start.bundle if start is not None else None
    has_remover = any(one is not None and "background" in one.stages for one in (bundle, source))
    if plan.background == "own" and "remover" not in stages and not has_remover:
        raise TrainingError(
            "The recipe's cut-outs come from the bundle's own remover, and there is none yet: "
            "train the stage “remover” too, or choose `none` or a rembg model as the background."
        )
    out.mkdir(parents=True, exist_ok=True)
    if start is not None:
        bundle = take_over(bundle, start, stages)

    side = canvas_side(plan, stages, dataset)
    train, validation = _read(split_train_validation(dataset, seed=seed), side, report=report, keep=keep)
    if boxes_from_masks:
        train, validation = boxed(train), boxed(validation)
    if "remover" in stages:
        remover, figures = fit_remover(train, validation, recipe=plan.remover, seed=seed, report=report, keep=keep)
        export_onnx(remover, out / STAGE_FILES["background"], side=plan.remover.input_size)
        bundle = _with_stage(bundle, "background", _stage(plan.remover), figures)
    if plan.background == "own" and "background" not in bundle.stages:
        bundle = replace(bundle, background="none")
    if bundle.background == "none":
        plan = replace(
            plan, detector=replace(plan.detector, reads="image"), classifier=replace(plan.classifier, reads="image")
        )
    parts = _parts(train, validation, bundle, plan, stages, seed=seed, report=report, keep=keep)
    network: nn.Module
    if "detector" in stages:
        network, figures = fit_detector(
            *parts[plan.detector.reads],
            recipe=plan.detector,
            seed=seed,
            report=report,
            prepare=_prepare("detector", start, dataset),
            keep=keep,
        )
        save_weights(network, out / STAGE_FILES["detector"])
        bundle = _with_stage(bundle, "detector", _stage(plan.detector), figures)
    if "classifier" in stages:
        n_classes = len(dataset.class_names)
        learn: dict[str, Any] = {
            "n_classes": n_classes,
            "recipe": plan.classifier,
            "seed": seed,
            "report": report,
            "prepare": _prepare("classifier", start, dataset),
            "keep": keep,
        }
        pictures = parts[plan.classifier.reads]
        classifier, figures = fit_classifier(*pictures, **learn)
        held_out = hold_out(classifier, *pictures, **learn)
        # Not of those kept aside: they would look more familiar than any new one when the run is measured on them.
        remember(classifier, pictures[0].first_view(), plan.classifier, seed=seed)
        save_weights(classifier, out / STAGE_FILES["classifier"])
        stage = replace(_stage(plan.classifier), arguments={"n_classes": n_classes, **plan.classifier.arguments})
        figures |= {"held_out_accuracy": held_out.right.float().mean().item(), "held_out_n": len(held_out.labels)}
        _with_stage(bundle, "classifier", trusted(stage, held_out), figures)
    return out


def canvas_side(plan: Recipe, stages: Sequence[str], dataset: Dataset) -> int:
    """Side in pixels of the squares in which the pictures are held in memory.

    A classifier of whole pictures needs little more than it sees, and large sets of small photos fit in memory then.
    """
    sees_whole = plan.background == "none" and not any(len(sample.boxes) or sample.mask for sample in dataset.samples)
    most = plan.remover.input_size
    return min(most, 2 * plan.classifier.input_size) if sees_whole and tuple(stages) == ("classifier",) else most


def _read(parts: Sequence[Dataset], side: int, *, report: Report, keep: Keep | None) -> list[Tensors]:
    """The pictures of all parts, in squares of that side."""
    n = sum(len(part.samples) for part in parts)
    read: list[Tensors] = []

    def progress(done: int, _of: int) -> None:
        if keep is not None and keep.should_stop():
            raise Stopped("The run was stopped while its pictures were being read.")
        report(Progress("reading", 1, 1, sum(map(len, read)) + done, n))

    for part in parts:
        read.append(load_tensors(part, side, progress=progress))
    return read


def _parts(
    train: Tensors,
    validation: Tensors,
    bundle: Bundle,
    plan: Recipe,
    stages: Sequence[str],
    *,
    seed: int,
    report: Report,
    keep: Keep | None,
) -> dict[str, tuple[Tensors, Tensors]]:
    """What a stage reads → the pictures or cut-outs it learns from, and those it is validated on."""
    has_boxes = any(map(len, train.boxes))
    has_cutouts, needs_masks = needs_cut_outs(
        plan, stages, bundle.background, has_masks=train.alpha is not None, has_boxes=has_boxes
    )
    if not (has_cutouts or needs_masks):
        return {"image": (train, validation)}
    count, done = len(validation) * has_cutouts + len(train) * needs_masks, 0
    if has_cutouts:
        count += len(train) * (plan.views if train.alpha is not None or needs_masks else 1)

    def made(pictures: int, *, kept: bool = False) -> None:
        nonlocal done
        done += pictures
        if not kept:
            report(Progress("cutouts", 1, 1, done, count))

    remover = bundle.stages.get("background")
    model = bundle.file("background")
    session = open_session(bundle.background, model_path=model, margin=remover.margin if remover else None)
    masks = partial(cut_out, session=session, model=model, made=made, keep=keep)
    if needs_masks:
        train = replace(train, alpha=within_boxes(masks(train.pixels), train.boxes))
    parts = {"image": (train, validation)}
    if has_cutouts:
        cutouts = (
            make_views(train, masks, count=plan.views, seed=seed),
            make_views(validation, masks, count=1, seed=seed),
        )
        parts["cutout"] = cutouts
    return parts


def needs_cut_outs(
    plan: Recipe, stages: Sequence[str], background: str, *, has_masks: bool, has_boxes: bool
) -> tuple[bool, bool]:
    """Whether a stage learns from cut-outs, and whether one that pastes objects needs the remover's masks for it."""
    learning = [getattr(plan, name) for name in stages if name != "remover"] if background != "none" else []
    # Who has boxes and no masks gets the remover's: objects can be put on other backgrounds all the same.
    pastes = has_boxes and not has_masks and any(one.augment.paste for one in learning)
    return any(one.reads == "cutout" for one in learning), pastes


def training_arguments(config: RunConfig) -> dict[str, Any]:
    """What a run was asked to do, as arguments of `train_bundle`."""
    return {
        "stages": config.stages,
        "recipe": config.recipe,
        "epochs": config.epochs,
        "overrides": config.overrides,
        "background": config.background,
        "boxes_from_masks": config.boxes_from_masks,
        "start": Start(config.start_from, config.start_mode) if config.start_from else None,
        "seed": config.seed,
    }


def make_views(tensors: Tensors, masks: Callable[[torch.Tensor], torch.Tensor], *, count: int, seed: int) -> Tensors:
    """Several cut-outs of each picture: the first from the picture as it is, the others from other backgrounds.

    Args:
        tensors: of one view, with true masks if other backgrounds are wanted; without masks one view is made.
        masks: uint8 pictures [n, 3, h, w] → the masks [n, 1, h, w] that they will have in prediction, faults included.
        count: how many views.
    """
    torch.manual_seed(seed)
    pixels = [tensors.pixels]
    if tensors.alpha is not None and count > 1:
        backgrounds = pasting.plates(tensors.pixels, tensors.alpha)
        for _ in range(count - 1):
            pasted = torch.empty_like(tensors.pixels)
            for rows in torch.split(torch.arange(len(pasted)), 64):
                others = pasting.random_backgrounds(len(rows), tensors.side, backgrounds)
                objects, alpha = tensors.pixels[rows].float(), tensors.alpha[rows].float() / 255
                pasted[rows] = pasting.paste(objects, alpha, others, 1.0).to(torch.uint8)
            pixels.append(pasted)
    views = torch.cat(pixels)
    return replace(tensors, pixels=views, alpha=masks(views))


def cut_out(
    pixels: torch.Tensor, *, session: BaseSession, model: Path, made: Callable[..., None], keep: Keep | None
) -> torch.Tensor:
    """A session's masks of uint8 pictures [n, 3, h, w] → uint8 [n, 1, h, w]; with `keep`, made once.

    Args:
        made: called with how many pictures more have their masks, and `kept` for those that an earlier sitting made.
    """
    file = None
    if keep is not None and keep.folder is not None:
        fingerprint = hashlib.blake2b(pixels.numpy().data, digest_size=8)
        fingerprint.update(model.read_bytes() if model.is_file() else session.name().encode())
        file = keep.folder / f"masks_{fingerprint.hexdigest()}.npz"
        if file.is_file():
            made(len(pixels), kept=True)
            with np.load(file) as kept:
                return torch.from_numpy(kept["masks"])
    masks = np.empty((len(pixels), 1, *pixels.shape[2:]), np.uint8)
    for index, picture in enumerate(pixels.permute(0, 2, 3, 1).numpy()):
        if keep is not None and keep.should_stop():
            raise Stopped("The run was stopped while its pictures were being cut out.")
        masks[index, 0] = np.asarray(remove_background(Image.fromarray(picture), session).getchannel("A"))
        made(1)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".tmp")
        with temporary.open("wb") as stream:
            np.savez_compressed(stream, masks=masks)
        temporary.replace(file)
    return torch.from_numpy(masks)


def within_boxes(masks: torch.Tensor, boxes: Sequence[torch.Tensor]) -> torch.Tensor:
    """Masks [n, 1, h, w] without what lies in none of their picture's boxes; without boxes as they are."""
    inside = torch.zeros_like(masks)
    for place, there in zip(inside, boxes, strict=True):
        for x1, y1, x2, y2 in there.round().int().tolist() or [(0, 0, masks.shape[-1], masks.shape[-2])]:
            place[:, y1:y2, x1:x2] = 1
    return masks * inside


def boxed(tensors: Tensors) -> Tensors:
    """Pictures without boxes get the box around their mask."""
    if tensors.alpha is None:
        return tensors
    around = augment.mask_boxes(tensors.alpha.float() / 255)
    boxes = (
        known if len(known) else box[None][(box[2:] > box[:2]).all()[None]]
        for known, box in zip(tensors.boxes, around, strict=True)
    )
    return replace(tensors, boxes=tuple(boxes))


def make_plan(
    recipe: str | Recipe,
    stages: Sequence[str],
    epochs: int | None,
    overrides: Mapping[str, Mapping[str, Any]],
    *,
    background: str | None = None,
    start: Start | None = None,
) -> Recipe:
    """The recipe with the start's networks and the user's own numbers in it, all of them checked."""
    if isinstance(recipe, str):
        if recipe not in RECIPES:
            raise TrainingError(f"Unknown recipe “{recipe}”: choose one of {', '.join(RECIPES)}.")
        recipe = RECIPES[recipe]
    if unknown := [stage for stage in (*stages, *overrides) if stage not in STAGES]:
        raise TrainingError(f"Unknown stage “{unknown[0]}”: choose from {', '.join(STAGES)}.")
    if not stages:
        raise TrainingError(f"There is no stage to train: choose from {', '.join(STAGES)}.")
    if start is not None:
        recipe = started(recipe, start, stages)
        for stage in stages:
            if {"architecture", "arguments"} & overrides.get(stage, {}).keys() and start.has(stage):
                raise TrainingError(
                    f"The {stage} that this training starts from is a {getattr(recipe, stage).architecture} and cannot "
                    "become another network: leave its architecture as it is, or start from scratch."
                )
    if epochs is not None:
        overrides = {stage: {"epochs": epochs} | dict(overrides.get(stage, {})) for stage in STAGES}
    recipe = replace(
        recipe,
        remover=_overridden(recipe.remover, "remover", overrides),
        detector=_overridden(recipe.detector, "detector", overrides),
        classifier=_overridden(recipe.classifier, "classifier", overrides),
    )
    return replace(recipe, background=background) if background is not None else recipe


def _overridden(recipe: StageRecipe, stage: str, overrides: Mapping[str, Mapping[str, Any]]) -> StageRecipe:
    """A stage's recipe with other values in some fields.

    Raises:
        TrainingError: when a field does not exist, or its value is none that training can use.
    """
    changes = overrides.get(stage, {})
    augment_changes = changes.get("augment", {})
    for kind, names in ((StageRecipe, changes), (Augment, augment_changes)):
        known = [field.name for field in fields(kind)]
        if unknown := [name for name in names if name not in known]:
            raise TrainingError(f"The {stage} has no setting “{unknown[0]}”: there are {', '.join(known)}.")
    changed = replace(recipe, **{**changes, "augment": replace(recipe.augment, **augment_changes)})
    for name, least in (("epochs", 1), ("batch_size", 1), ("input_size", 8)):
        value = getattr(changed, name)
        if not isinstance(value, int) or value < least:
            noun = {"epochs": "an epoch", "batch_size": "a picture in a batch", "input_size": "8 pixels a side"}[name]
            raise TrainingError(f"Training needs at least {noun}, got {value} for the {stage}.")
    for name, most in (("degrees", 180.0), ("shift", 1.0), ("scale", 4.0), *SHARES):
        value = getattr(changed.augment, name)
        if not 0 <= value <= most:
            raise TrainingError(f"The {stage}'s “{name}” lies between 0 and {most:g}, got {value:g}.")
    if not 0 < changed.learning_rate < 1:
        raise TrainingError(f"The {stage}'s learning rate lies between 0 and 1, got {changed.learning_rate:g}.")
    if changed.reads not in get_args(Reads):
        raise TrainingError(f"The {stage} reads {' or '.join(get_args(Reads))}, got {changed.reads}.")
    if stage == "remover" and changed.input_size % 32:
        raise TrainingError(f"The remover's input size is divisible by 32, got {changed.input_size}.")
    # What the bundle could not say of its network must not be trained for hours first.
    described = {name: getattr(changed, name) for name in ("architecture", "arguments", "input_size", "margin")}
    if fault := fault_in_stage(described, of=f"The {stage}'s"):
        raise TrainingError(f"{fault}.")
    return changed


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


def take_over(bundle: Bundle, start: Start, stages: Sequence[str]) -> Bundle:
    """The bundle with those stages of the start that are not trained anew and do the same here as there."""
    source = start.bundle
    bundle = replace(
        bundle, card=bundle.card | {"start": f"{source.path.name if source else start.source} ({start.mode})"}
    )
    if source is None or source.background != bundle.background:
        return bundle
    trained = {"background" if stage == "remover" else stage for stage in stages}
    for name, stage in source.stages.items():
        if (
            name in trained
            or name in bundle.stages
            or (name == "classifier" and source.class_names != bundle.class_names)
        ):
            continue
        shutil.copyfile(source.file(name), bundle.file(name))
        figures = {
            key.removeprefix(f"{name} "): value
            for key, value in source.card.get("metrics", {}).items()
            if key.startswith(f"{name} ")
        }
        bundle = _with_stage(bundle, name, stage, figures)
    return bundle


def _prepare(stage: str, start: Start | None, dataset: Dataset) -> Prepare:
    if start is None:
        return leave_as_it_is
    return partial(take_weights, stage=stage, start=start, class_names=dataset.class_names)


def _check_start(start: Start, out: Path) -> None:
    """Say before the first epoch what the last one would say."""
    source = start.bundle
    if source is None:
        imagenet_weights()
    elif source.path.resolve() == out.resolve():
        raise TrainingError(f"{out} would start from itself and be overwritten by it: write to another folder.")


def check_data(dataset: Dataset, stages: Sequence[str], *, boxes_from_masks: bool) -> None:
    """Say before the first epoch what the data lacks.

    Raises:
        TrainingError: when a stage has nothing to learn from.
    """
    samples = dataset.samples
    if "remover" in stages and any(sample.mask is None for sample in samples):
        raise TrainingError(
            "The remover learns from masks, and not every picture here has one: "
            "choose the other stages, with `none` or a rembg model as the background."
        )
    has_boxes = any(len(sample.boxes) or (boxes_from_masks and sample.mask) for sample in samples)
    if "detector" in stages and not has_boxes:
        raise TrainingError("The detector learns from boxes and this data has none: choose the other stages.")
    if "classifier" in stages and (len(dataset.class_names) < 2 or any(sample.label is None for sample in samples)):
        raise TrainingError("The classifier needs at least two classes and a class for every picture.")


def _stage(recipe: StageRecipe) -> Stage:
    return Stage(recipe.architecture, recipe.arguments, recipe.input_size, recipe.reads, recipe.margin)


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
