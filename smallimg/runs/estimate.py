"""How long a run will take, from a little of everything it does: its own pictures, networks, batches and cut-outs.

What is measured: this process's start stands for the run's own, some pictures are opened and read, each network trains
for a few epochs of a few batches (`smallimg.runs.stopwatch`), some pictures are cut out, and a bundle of untrained
networks is loaded and predicts some of the pictures that the finished one is measured on.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from smallimg.bundles.background import is_downloaded, open_remover
from smallimg.bundles.bundle import Bundle, Stage, save_bundle
from smallimg.bundles.calibration import FEWEST
from smallimg.data.dataset import Dataset, only_classes, skip_unreadable, split_train_validation, trainable
from smallimg.data.formats import OWN_LIMITS, read_dataset
from smallimg.errors import DataError, SmallimgError
from smallimg.networks.onnx_files import write_network
from smallimg.networks.stages import BUILD
from smallimg.pipeline import Pipeline
from smallimg.runs.arguments import training_arguments
from smallimg.runs.forecast import PARTS, Forecast, Part
from smallimg.runs.measure import measured_part
from smallimg.runs.priority import step_back
from smallimg.runs.run import RunConfig
from smallimg.runs.stopwatch import BATCHES, EXACT, LOOK, time_network
from smallimg.study.evaluation import evaluate
from smallimg.study.looking import Setting, boxes_are_given
from smallimg.training.bundle import take_over
from smallimg.training.classifier import LOOKS, fit_classifier
from smallimg.training.cross_validation import CHECK, FOLDS, MOST_EPOCHS, MOST_SEEN
from smallimg.training.detector import fit_detector
from smallimg.training.found_boxes import best_box, learns_where_it_finds, looking_twice
from smallimg.training.lessons import for_classifier, for_detector, for_remover
from smallimg.training.loop import Keep, Report
from smallimg.training.parts import boxed, cut_out, make_views
from smallimg.training.plan import EVERY_STAGE, canvas_side, needs_cut_outs, plan_for
from smallimg.training.recipes import Recipe, StageRecipe
from smallimg.training.remover import fit_remover
from smallimg.training.segmenter import fit_segmenter
from smallimg.training.start import IMAGENET, Start
from smallimg.training.tensors import Tensors, load_tensors
from smallimg.training.transfer import Prepare, freeze, has_imagenet_weights, leave_as_it_is

#: Pictures of the training and of the validation part that are opened; more are made of them by repeating.
OPENED = (16, 8)
#: Pictures that are predicted, after one that warms up, and the most that are cut out.
PREDICTED, CUT_OUT = 4, 6
#: A class-folder set of any size is listed, within these limits.


def forecast_run(
    config: RunConfig, *, start_s: float = 0.0, limit_s: float = 1.5, between: Callable[[], None] = lambda: None
) -> Forecast:
    """The parts of a run that is not started yet, from its first second to its last.

    Args:
        start_s: what it takes a process like this one to start.
        limit_s: see `forecast_bundle`.
        between: called every few seconds; whatever it raises ends the measuring.

    Raises:
        TrainingError: when a setting is wrong, or the data lacks what a stage learns from.
        DataError: when there is no data, or its pictures cannot be opened or split.
        BundleError: when the bundle that it starts from is missing or damaged.
    """
    began = time.perf_counter()
    dataset = trainable(read_dataset(config.data, split=config.split, **OWN_LIMITS), opened=False)
    listed_s = time.perf_counter() - began
    measured = measured_part(config, dataset)
    found_s = time.perf_counter() - began - listed_s
    forecast = forecast_bundle(dataset, measured, **training_arguments(config), limit_s=limit_s, between=between)
    parts = {"start": Part(setup=start_s), **forecast.parts}
    parts["checking"] = replace(parts["checking"], setup=listed_s)
    parts["measuring"] = replace(parts["measuring"], setup=parts["measuring"].setup + found_s)
    return replace(forecast, parts=parts)


def forecast_bundle(
    dataset: Dataset,
    measured: Dataset,
    *,
    stages: Sequence[str],
    recipe: str | Recipe = "fast",
    epochs: int | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    background: str | None = None,
    boxes_from_masks: bool = False,
    start: Start | None = None,
    seed: int = 42,
    limit_s: float = 1.5,
    between: Callable[[], None] = lambda: None,
) -> Forecast:
    """The parts of a training, from its first picture on, for the arguments of `train_bundle`.

    Args:
        measured: what the finished bundle will be measured on.
        limit_s: seconds for which each network's steps are timed, see `smallimg.runs.stopwatch`.
        between: see `forecast_run`.

    Raises:
        As `forecast_run`.
    """
    plan = plan_for(
        dataset, stages, recipe=recipe, epochs=epochs, overrides=overrides, background=background,
        boxes_from_masks=boxes_from_masks, start=start,
    )  # fmt: skip
    chosen = [stage for stage in EVERY_STAGE if stage in stages]
    parts = split_train_validation(dataset, seed=seed)
    finds = learns_where_it_finds(plan, chosen, start, dataset)
    plan = looking_twice(plan) if finds else plan
    checking, reading, tensors = _time_reading(dataset, parts, canvas_side(plan, stages, dataset))
    if boxes_from_masks:
        tensors = [boxed(part) for part in tensors]
    found = {"checking": checking, "reading": reading}
    if start is not None and finds:
        found["cutouts"] = _time_finding(start, dataset)
    wanted = plan.background
    with tempfile.TemporaryDirectory() as folder:
        bundle, plan, written = _untrained(dataset, plan, chosen, start, Path(folder))
        sizes = [len(part.samples) for part in parts]
        has_masks, has_boxes = tensors[0].alpha is not None, any(len(sample.boxes) for sample in parts[0].samples)
        has_cutouts, needs_masks = needs_cut_outs(
            plan, chosen, bundle.background, has_masks=has_masks, has_boxes=has_boxes
        )
        lacks_masks = "segmenter" in chosen and not has_masks
        if has_cutouts or needs_masks or lacks_masks:
            between()
            views = plan.views if has_masks or needs_masks else 1
            count = (sizes[0] * views + sizes[1]) * has_cutouts + sizes[0] * (needs_masks or lacks_masks)
            count += sizes[1] * lacks_masks
            found["cutouts"] = _time_cutouts(bundle, tensors[0], views=views, count=count)
        if needs_masks:
            tensors[0] = replace(tensors[0], alpha=_any_masks(tensors[0].pixels))
        for stage in chosen:
            between()
            part = _time_stage(
                stage, getattr(plan, stage), tensors, sizes, dataset, start=start, folder=Path(folder) / stage,
                limit_s=limit_s,
            )  # fmt: skip
            found[stage] = replace(part, end=part.end + written[stage])
            if stage == "classifier" and sizes[1] < FEWEST:
                found[CHECK] = _check(part, sizes, plan.classifier.epochs)
        between()
        found["measuring"] = _time_measuring(bundle, only_classes(measured, dataset.class_names))
    return Forecast({name: found[name] for name in PARTS if name in found}, _download(wanted, start))


def _time_reading(dataset: Dataset, parts: Sequence[Dataset], side: int) -> tuple[Part, Part, list[Tensors]]:
    """What it takes to open every picture, what to read them all, and those that were read."""
    began = time.perf_counter()
    some = [skip_unreadable(_spread(part, most)) for part, most in zip(parts, OPENED, strict=True)]
    opened = time.perf_counter()
    if not all(part.samples for part in some):
        raise DataError(
            f"{dataset.origin}: none of the pictures that were tried can be opened; the preview names them."
        )
    tensors = [load_tensors(part, side) for part in some]
    read = time.perf_counter()
    tried, sound = (sum(len(part.samples) for part in which) for which in (map(_spread, parts, OPENED), some))
    if any(sample.mask is None and not sample.is_negative for sample in dataset.samples):
        tensors = [replace(part, alpha=None) for part in tensors]
    n = len(dataset.samples)
    return Part(work=(opened - began) / tried * n), Part(work=(read - opened) / sound * n), tensors


def _untrained(
    dataset: Dataset, plan: Recipe, stages: Sequence[str], start: Start | None, folder: Path
) -> tuple[Bundle, Recipe, dict[str, float]]:
    """A bundle of the networks that will be trained, the recipe as it is with it, and by stage the seconds to write it.

    A background model that is not on this machine is left out: an estimate fetches nothing.
    """
    background = plan.background if is_downloaded(plan.background) else "none"
    bundle = Bundle(folder / "bundle", dataset.class_names, background, {}, {"metrics": {}})
    bundle.path.mkdir()
    save_bundle(bundle)
    if start is not None:
        bundle = take_over(bundle, start, stages)
    if background == "own" and "remover" not in stages and "background" not in bundle.stages:
        bundle = replace(bundle, background="none")
    if bundle.background == "none":
        plan = replace(
            plan, detector=replace(plan.detector, reads="image"), classifier=replace(plan.classifier, reads="image")
        )
    written = {}
    for stage in stages:
        recipe: StageRecipe = getattr(plan, stage)
        name, arguments = ("background" if stage == "remover" else stage), dict(recipe.arguments)
        began = time.perf_counter()
        if stage in {"classifier", "segmenter"}:
            arguments |= {"n_classes": len(dataset.class_names)}
        network = BUILD[name](recipe.architecture, arguments)
        write_network(network, bundle.file(name), stage=name, side=recipe.input_size)
        written[stage] = time.perf_counter() - began
        made = Stage(recipe.architecture, arguments, recipe.input_size, recipe.reads, recipe.margin)
        bundle = replace(bundle, stages=dict(bundle.stages) | {name: made})
    save_bundle(bundle)
    return bundle, plan, written


def _time_cutouts(bundle: Bundle, tensors: Tensors, *, views: int, count: int) -> Part:
    """The cutting out of `count` pictures, from a few of them."""
    began = time.perf_counter()
    model = bundle.file("background")
    remover = open_remover(bundle.background, file=model, stage=bundle.stages.get("background"))
    masks = partial(cut_out, remover=remover, model=model, made=lambda _: None, keep=None)
    masks(tensors.pixels[:1])
    warm = time.perf_counter()
    some = tensors.take(torch.arange(min(len(tensors), max(1, CUT_OUT // views))))
    if views > 1 and some.alpha is None:
        some = replace(some, alpha=_any_masks(some.pixels))
    made = make_views(some, masks, count=views, seed=0)
    return Part(setup=warm - began, work=(time.perf_counter() - warm) / len(made.pixels) * count)


def _time_finding(start: Start, dataset: Dataset) -> Part:
    """The finding of a box in every picture, from a few of them."""
    began = time.perf_counter()
    pipeline = Pipeline.load(start.source)
    some = [sample.path for sample in _spread(dataset, PREDICTED + 1).samples]
    best_box(pipeline, some[0])
    warm = time.perf_counter()
    for path in some[1:]:
        best_box(pipeline, path)
    seconds = (time.perf_counter() - warm) / max(1, len(some) - 1)
    return Part(setup=warm - began, work=seconds * (len(dataset.samples) + len(dataset.validation)))


def _time_stage(
    stage: str,
    recipe: StageRecipe,
    tensors: Sequence[Tensors],
    sizes: Sequence[int],
    dataset: Dataset,
    *,
    start: Start | None,
    folder: Path,
    limit_s: float,
) -> Part:
    """A network's training, without the writing of it.

    Args:
        tensors: some pictures to learn from and to validate on.
        sizes: how many of each there are in the run.
    """
    n, n_validation = sizes
    known = {"remover": for_remover, "detector": for_detector, "classifier": for_classifier}
    tensors = [known[stage](part) if stage in known else part for part in tensors]
    counts = min(n, BATCHES * recipe.batch_size), min(n_validation, recipe.batch_size)
    train, validation = (_repeated(part, count) for part, count in zip(tensors, counts, strict=True))
    if stage != "remover" and recipe.reads == "cutout":
        train, validation = (make_views(part, _any_masks, count=1, seed=0) for part in (train, validation))
    if stage == "segmenter":
        train, validation = (replace(part, alpha=_any_masks(part.pixels)) for part in (train, validation))
    prepare = _frozen(stage, start)

    def fit(short: StageRecipe, report: Report, keep: Keep) -> None:
        if stage == "remover":
            fit_remover(train, validation, recipe=short, seed=0, report=report, keep=keep)
        elif stage == "detector":
            fit_detector(train, validation, recipe=short, seed=0, report=report, keep=keep, prepare=prepare)
        else:
            n_classes, fit_named = len(dataset.class_names), fit_segmenter if stage == "segmenter" else fit_classifier
            fit_named(
                train, validation, n_classes=n_classes, recipe=short, seed=0, report=report, keep=keep, prepare=prepare
            )

    # Where only a classifier's head learns, its body looks at all pictures before the first step.
    is_head = stage == "classifier" and start is not None and start.has(stage) and start.mode == "features"
    part = time_network(
        fit, recipe, n=n, n_validation=n_validation, timed=counts[0], timed_validation=counts[1], folder=folder,
        limit_s=limit_s, looks_first=is_head,
    )  # fmt: skip
    if stage != "classifier":
        return part
    # It looks at all that it can be trusted by, as exactly as in prediction.
    looks = min(n, MOST_SEEN) + (n_validation if n_validation >= FEWEST else 0)
    if is_head:
        setup, each = part.setup * n / counts[0], (1 + recipe.whole_too) * (1 + bool(recipe.arguments.get("mirrored")))
        return replace(part, setup=setup, end=part.end + setup * each * looks / (LOOKS * n + each * n_validation))
    return replace(part, end=part.end + EXACT * LOOK * part.work / recipe.epochs * looks / n)


def _check(part: Part, sizes: Sequence[int], epochs: int) -> Part:
    """The training of networks like a classifier, each on the pictures of all folds but one.

    Args:
        part: the classifier's training.
        sizes: how many pictures it learns from, and is validated on.
        epochs: how often.
    """
    pictures, often = (1 - 1 / FOLDS) * sum(sizes) / sizes[0], min(1.0, MOST_EPOCHS / epochs)
    return Part(work=FOLDS * ((part.setup + part.work * often) * pictures + part.end))


def _time_measuring(bundle: Bundle, dataset: Dataset) -> Part:
    """The measuring of the finished bundle, from a few predictions of the untrained one."""
    began = time.perf_counter()
    pipeline = Pipeline.load(bundle.path)
    some = skip_unreadable(_spread(dataset, PREDICTED + 1))
    if not some.samples:
        return Part(setup=time.perf_counter() - began)
    setting = Setting(given_boxes=boxes_are_given(pipeline.bundle, dataset))
    evaluate(pipeline, replace(some, samples=some.samples[:1] * 2), setting=setting)  # of several, as they come
    warm = time.perf_counter()
    rest = replace(some, samples=some.samples[1:] or some.samples)
    evaluate(pipeline, rest, setting=setting)
    seconds = (time.perf_counter() - warm) / len(rest.samples)
    return Part(setup=warm - began, work=seconds * len(dataset.samples))


def _download(background: str, start: Start | None) -> str:
    """What has to be fetched before such a run can begin, in words; "" for nothing."""
    wanted = [f"the background model “{background}”"] if not is_downloaded(background) else []
    wanted += ["ImageNet's weights"] if start and start.source == IMAGENET and not has_imagenet_weights() else []
    return " and ".join(wanted)


def _frozen(stage: str, start: Start | None) -> Prepare:
    """Freezes what the start freezes, which saves time; its weights, which may have to be fetched, don't matter."""
    if start is None or not start.has(stage):
        return leave_as_it_is
    mode = start.mode

    def prepare(network: nn.Module) -> str:
        freeze(network, stage, mode)
        return ""

    return prepare


def _any_masks(pixels: Tensor) -> Tensor:
    """Masks [n, 1, h, w] of pictures [n, 3, h, w]: a step costs the same whatever they show."""
    return torch.full_like(pixels[:, :1], 255)


def _spread(dataset: Dataset, most: int) -> Dataset:
    """Some of the samples, from all over the data set."""
    n = len(dataset.samples)
    count = min(n, most)
    return replace(dataset, samples=tuple(dataset.samples[index * n // count] for index in range(count)))


def _repeated(tensors: Tensors, count: int) -> Tensors:
    """The first `count` pictures, from the beginning again when there are fewer."""
    return tensors.take(torch.arange(count) % len(tensors))


def main(asked: str) -> str:
    """What the page asks for → a forecast as `Forecast.as_dict` gives it, or the `error`; both as JSON.

    Args:
        asked: a `RunConfig` as `config`; when it was asked, in seconds since 1970, as `at`; whether other processes
            come first, as they do for a run, as `steps_back`.
    """
    now = time.time()
    content = json.loads(asked)
    if content["steps_back"]:
        step_back()
    config = RunConfig(**content["config"] | {"stages": tuple(content["config"]["stages"])})
    try:
        return json.dumps(forecast_run(config, start_s=max(0.0, now - content["at"])).as_dict())
    except SmallimgError as error:
        return json.dumps({"error": str(error)})


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1]) + "\n")
