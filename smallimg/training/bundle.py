"""From a data set to a bundle: plan, read, train the stages in order, each on what the one before it leaves, save."""

import importlib.metadata
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from smallimg.bundles.bundle import OTHERS, STAGE_FILES, Bundle, Stage, load_bundle, save_bundle
from smallimg.data.dataset import Dataset, split_train_validation
from smallimg.errors import BundleError, TrainingError, called
from smallimg.networks.onnx_files import write_network
from smallimg.networks.others import read_others
from smallimg.training.classifier import fit_classifier
from smallimg.training.cross_validation import hold_out, remember, see, trusted
from smallimg.training.detector import fit_detector
from smallimg.training.device import place_here
from smallimg.training.found_boxes import learns_where_it_finds, looking_twice, with_found_boxes
from smallimg.training.lessons import for_classifier, for_detector, for_remover
from smallimg.training.loop import Keep, Progress, Report
from smallimg.training.parts import boxed, make_parts, read_parts
from smallimg.training.plan import STAGES, canvas_side, check_remover, plan_for
from smallimg.training.processes import processes_here
from smallimg.training.recipes import Recipe, StageRecipe
from smallimg.training.remover import fit_remover
from smallimg.training.segmenter import fit_segmenter
from smallimg.training.start import Start
from smallimg.training.tensors import Tensors
from smallimg.training.transfer import Prepare, imagenet_weights, leave_as_it_is, take_weights


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
    Of several processes that were started together each calls this with the same arguments; the first reports and
    writes, to a folder that all can read.

    Args:
        stages: some of `smallimg.training.plan.EVERY_STAGE`.
        recipe: a name in `smallimg.training.recipes.RECIPES`, or one of your own.
        epochs: the same number for every stage, instead of the recipe's.
        overrides: stage → fields of its `StageRecipe` with other values; `augment` takes fields of `Augment`.
        background: whose cut-outs the later stages learn from, instead of the recipe's: "own", "none", a rembg name.
        boxes_from_masks: a picture without boxes, but with a mask, gets the box around its object.
        start: what the stages start from instead of from scratch. Stages of that bundle that are not trained are taken
            over.
        command: what was typed, for the model card.
        keep: where the run's state is kept, so that it can be stopped and continued; see `loop.fit`. What is
            finished there is not trained again.

    Returns:
        `out`.

    Raises:
        TrainingError: when the data lacks what a stage learns from, a setting is wrong, or a loss is not finite.
        BackgroundError: when the recipe's background model is not to be had.
        Stopped: when `keep` asked for it.
    """
    here = processes_here()
    report = report if here.is_first else _say_nothing
    plan = plan_for(
        dataset,
        stages,
        recipe=recipe,
        epochs=epochs,
        overrides=overrides,
        background=background,
        boxes_from_masks=boxes_from_masks,
        start=start,
    )
    bundle = _start(dataset, out, plan, seed, command)
    if start is not None:
        _check_start(start, out)
    check_remover(plan, stages, start, has_own="background" in bundle.stages)
    here.wait()  # all have read what lay there
    out.mkdir(parents=True, exist_ok=True)
    if start is not None:
        bundle = take_over(bundle, start, stages)
        here.wait()

    if start is not None and learns_where_it_finds(plan, stages, start, dataset):
        plan = looking_twice(plan)
        dataset = with_found_boxes(dataset, start, report=report, keep=keep)
    side = canvas_side(plan, stages, dataset)
    train, validation = read_parts(split_train_validation(dataset, seed=seed), side, report=report, keep=keep)
    if boxes_from_masks:
        train, validation = boxed(train), boxed(validation)
    if "remover" in stages:
        remover, figures = fit_remover(
            *map(for_remover, (train, validation)),
            recipe=plan.remover,
            seed=seed,
            report=report,
            prepare=_prepare("remover", start, dataset),
            keep=keep,
        )
        _write(remover, out, "background", plan.remover)
        bundle = with_stage(bundle, "background", stage_of(plan.remover), figures)
    if plan.background == "own" and "background" not in bundle.stages:
        bundle = replace(bundle, background="none")
    if bundle.background == "none":
        plan = replace(
            plan, detector=replace(plan.detector, reads="image"), classifier=replace(plan.classifier, reads="image")
        )
    parts = make_parts(train, validation, bundle, plan, stages, seed=seed, report=report, keep=keep)
    network: nn.Module
    if "detector" in stages:
        network, figures = fit_detector(
            *map(for_detector, parts[plan.detector.reads]),
            recipe=plan.detector,
            seed=seed,
            report=report,
            prepare=_prepare("detector", start, dataset),
            keep=keep,
        )
        _write(network, out, "detector", plan.detector)
        bundle = with_stage(bundle, "detector", stage_of(plan.detector), figures)
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
        pictures = tuple(map(for_classifier, parts[plan.classifier.reads]))
        others = _take_others(start, out)
        bundle = _train_classifier(bundle, *pictures, others=others, **learn)
    if "segmenter" in stages:
        _train_segmenter(
            bundle, *parts["masked"], recipe=plan.segmenter, seed=seed, report=report,
            prepare=_prepare("segmenter", start, dataset), keep=keep,
        )  # fmt: skip
    return out


def _train_classifier(
    bundle: Bundle, learned: Tensors, kept_aside: Tensors, *, others: Tensor | None, **how: Any
) -> Bundle:
    """The bundle with a classifier, and with what its answers can be trusted by; for `how` see `fit_classifier`."""
    recipe: StageRecipe = how["recipe"]
    classifier, figures = fit_classifier(learned, kept_aside, **how)
    # Not in those kept aside: they would look more familiar than any new one when the run is measured on them.
    seen = see(classifier, learned.first_view(), recipe, seed=how["seed"])
    held_out = hold_out(classifier, learned, kept_aside, **how, others=others, seen=seen)
    remember(classifier, seen, others=others)
    _write(classifier, bundle.path, "classifier", recipe)
    stage = replace(stage_of(recipe), arguments={"n_classes": how["n_classes"], **recipe.arguments})
    figures |= {"held_out_accuracy": held_out.right.float().mean().item(), "held_out_n": len(held_out.labels)}
    return with_stage(bundle, "classifier", trusted(stage, held_out), figures)


def _train_segmenter(
    bundle: Bundle, learned: Tensors, kept_aside: Tensors, *, recipe: StageRecipe, **how: Any
) -> Bundle:
    """The bundle with a segmenter of its classes; for `how` see `fit_segmenter`."""
    n_classes = len(bundle.class_names)
    network, figures = fit_segmenter(learned, kept_aside, n_classes=n_classes, recipe=recipe, **how)
    _write(network, bundle.path, "segmenter", recipe)
    stage = replace(stage_of(recipe), arguments={"n_classes": n_classes, **recipe.arguments})
    return with_stage(bundle, "segmenter", stage, figures)


def _start(dataset: Dataset, out: Path, plan: Recipe, seed: int, command: str) -> Bundle:
    """The bundle to fill: what lies in `out` already if its classes are the same, else an empty one."""
    own = len(dataset.validation)
    kept_aside = f"{own} more as validation" if own else "80/20 by picture"
    card = {
        "data": f"{dataset.root.name}, split “{dataset.split}”, {len(dataset.samples)} pictures, {kept_aside}",
        "recipe": plan.name,
        "seed": seed,
        "command": command,
        "device": str(place_here()),
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
            or (name in {"classifier", "segmenter"} and source.class_names != bundle.class_names)
        ):
            continue
        if processes_here().is_first:
            shutil.copyfile(source.file(name), bundle.file(name))
            if stage.quantised and source.int8_file(name).is_file():
                shutil.copyfile(source.int8_file(name), bundle.int8_file(name))
        figures = {
            key.removeprefix(f"{name} "): value
            for key, value in source.card.get("metrics", {}).items()
            if key.startswith(f"{name} ")
        }
        bundle = with_stage(bundle, name, stage, figures)
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
        raise TrainingError(
            f"“{called(out)}” would start from itself and be overwritten by it: write to another folder."
        )


def _take_others(start: Start | None, out: Path) -> Tensor | None:
    """What the start knows of other things, which comes along for whoever starts from the new bundle's features."""
    source = start.bundle if start is not None and start.mode == "features" else None
    others = read_others(source.path) if source is not None else None
    if source is not None and others is not None and processes_here().is_first:
        shutil.copyfile(source.path / OTHERS, out / OTHERS)
    return others


def _write(network: nn.Module, out: Path, stage: str, recipe: StageRecipe) -> None:
    """Write a network where all find it from here on."""
    here = processes_here()
    if here.is_first:
        write_network(network, out / STAGE_FILES[stage], stage=stage, side=recipe.input_size)
    here.wait()


def _say_nothing(_: Progress) -> None:
    """The `report` of all processes but the first."""


def stage_of(recipe: StageRecipe) -> Stage:
    """What a bundle says of a network that was trained by a recipe."""
    return Stage(
        recipe.architecture,
        recipe.arguments,
        recipe.input_size,
        recipe.reads,
        recipe.margin,
        whole_too=recipe.whole_too,
    )


def with_stage(bundle: Bundle, name: str, stage: Stage, figures: dict[str, float]) -> Bundle:
    """The bundle with one more stage, on disk too."""
    metrics = {f"{name} {figure}": round(value, 4) for figure, value in figures.items()}
    bundle = replace(
        bundle,
        stages=dict(bundle.stages) | {name: stage},
        card=bundle.card | {"metrics": bundle.card["metrics"] | metrics},
    )
    if processes_here().is_first:
        save_bundle(bundle)
    return bundle
