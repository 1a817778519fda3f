"""What a training is to do: the recipe with the start's networks and the user's numbers in it, all of them checked.

Nothing here needs torch: the page asks it before anything is trained.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, get_args

from smallimg.bundles.fields import fault_in_stage
from smallimg.data.dataset import Dataset, classes_in
from smallimg.errors import TrainingError
from smallimg.pictures.class_maps import MOST_CLASSES
from smallimg.pictures.preprocess import Reads
from smallimg.training.architectures import ARCHITECTURES
from smallimg.training.recipes import RECIPES, Augment, Recipe, StageRecipe
from smallimg.training.start import Start, started
from smallimg.visitors.limits import limits_here

#: The stages in the order in which they are trained; the remover becomes the bundle's `background`.
STAGES = ("remover", "detector", "classifier")
#: All that can be trained: a segmenter is, where it is asked for by name.
EVERY_STAGE = (*STAGES, "segmenter")

#: Nobody means more; a visitor of an open page may ask for less, see `smallimg.visitors.limits`.
MOST_EPOCHS, MOST_IN_BATCH = 100_000, 4096
#: Fields of `Augment` that are shares, and the most each may be.
SHARES = (("paste", 1.0), ("erase", 1.0), ("mix", 1.0), ("brightness", 1.0), ("contrast", 1.0), ("colour", 1.0))


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
    if unknown := [stage for stage in (*stages, *overrides) if stage not in EVERY_STAGE]:
        raise TrainingError(f"Unknown stage “{unknown[0]}”: choose from {', '.join(EVERY_STAGE)}.")
    if not stages:
        raise TrainingError(f"There is no stage to train: choose from {', '.join(EVERY_STAGE)}.")
    if start is not None:
        recipe = started(recipe, start, stages)
        for stage in stages:
            if {"architecture", "arguments"} & overrides.get(stage, {}).keys() and start.has(stage):
                raise TrainingError(
                    f"The {stage} that this training starts from is a {getattr(recipe, stage).architecture} and cannot "
                    "become another network: leave its architecture as it is, or start from scratch."
                )
    if epochs is not None:
        overrides = {stage: {"epochs": epochs} | dict(overrides.get(stage, {})) for stage in EVERY_STAGE}
    recipe = replace(
        recipe,
        remover=_overridden(recipe.remover, "remover", overrides),
        detector=_overridden(recipe.detector, "detector", overrides),
        classifier=_overridden(recipe.classifier, "classifier", overrides),
        segmenter=_overridden(recipe.segmenter, "segmenter", overrides),
    )
    return replace(recipe, background=background) if background is not None else recipe


def _overridden(recipe: StageRecipe, stage: str, overrides: Mapping[str, Mapping[str, Any]]) -> StageRecipe:
    """A stage's recipe with other values in some fields.

    Raises:
        TrainingError: when a field does not exist, or its value is none that training can use.
    """
    changes = _with_own_settings(stage, recipe.architecture, overrides.get(stage, {}))
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
    limits = limits_here()
    for name, highest, words in (
        ("epochs", limits.epochs if limits else MOST_EPOCHS, "epochs at most"),
        ("batch_size", limits.batch if limits else MOST_IN_BATCH, "pictures at most in a batch"),
    ):
        if (value := getattr(changed, name)) > highest:
            raise TrainingError(f"Training takes {highest:,} {words} here, got {value:,} for the {stage}.")
    for name, most in (("degrees", 180.0), ("shift", 1.0), ("scale", 4.0), *SHARES):
        value = getattr(changed.augment, name)
        if not 0 <= value <= most:
            raise TrainingError(f"The {stage}'s “{name}” lies between 0 and {most:g}, got {value:g}.")
    if not 0 < changed.learning_rate < 1:
        raise TrainingError(f"The {stage}'s learning rate lies between 0 and 1, got {changed.learning_rate:g}.")
    if changed.reads not in get_args(Reads):
        raise TrainingError(f"The {stage} reads {' or '.join(get_args(Reads))}, got {changed.reads}.")
    if stage in {"remover", "segmenter"}:
        _check_unet(changed, stage)
    # What the bundle could not say of its network must not be trained for hours first.
    described = {name: getattr(changed, name) for name in ("architecture", "arguments", "input_size", "margin")}
    if fault := fault_in_stage(described, of=f"The {stage}'s"):
        raise TrainingError(f"{fault}.")
    return changed


def _check_unet(recipe: StageRecipe, stage: str) -> None:
    """A U-Net halves its side five times, and tells things from their background itself."""
    if recipe.input_size % 32:
        raise TrainingError(f"The {stage}'s input size is divisible by 32, got {recipe.input_size}.")
    if stage == "segmenter" and recipe.reads != "image":
        raise TrainingError("The segmenter finds the background itself and reads the picture, not its cut-out.")


def _with_own_settings(stage: str, architecture: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes of a stage's recipe that put another network in the place of this one, with what that network needs."""
    changes = dict(changes)
    chosen = changes.get("architecture", architecture)
    if chosen == architecture:
        return changes
    own = ARCHITECTURES.get(stage, {}).get(chosen)
    settings = own.settings if own else {}
    augment = settings.get("augment", {}) | changes.get("augment", {})
    no_arguments: dict[str, Any] = {"arguments": {}}  # those of the recipe are another network's
    return no_arguments | settings | changes | ({"augment": augment} if augment else {})


def with_names(plan: Recipe, class_names: Sequence[str]) -> Recipe:
    """The plan for these classes: a detector that is to name its boxes tells them apart."""
    if not plan.detector.names_boxes:
        return plan
    arguments = {**plan.detector.arguments, "n_classes": len(class_names)}
    return replace(plan, detector=replace(plan.detector, arguments=arguments))


def _check_data(
    dataset: Dataset,
    stages: Sequence[str],
    *,
    boxes_from_masks: bool,
    names_boxes: bool,
    background: str,
) -> None:
    """Say before the first epoch what the data lacks.

    Args:
        background: whose cut-outs there are; a segmenter takes them for masks where there are none.

    Raises:
        TrainingError: when a stage has nothing to learn from.
    """
    samples = (*dataset.samples, *dataset.validation)
    if "remover" in stages and not has_masks(dataset):
        raise TrainingError(
            "The remover learns from masks, and not every picture here has one: "
            "choose the other stages, with `none` or a rembg model as the background."
        )
    has_boxes = any(len(sample.boxes) or (boxes_from_masks and sample.mask) for sample in samples)
    if "detector" in stages and not has_boxes:
        raise TrainingError("The detector learns from boxes and this data has none: choose the other stages.")
    if "detector" in stages and names_boxes:
        _check_names(dataset)
    if "segmenter" in stages:
        _check_pixels(dataset, background)
    if "classifier" not in stages:
        return
    nameless = [one for one in samples if one.label is None and not one.box_labels and not one.is_negative]
    if nameless and dataset.class_names:
        raise TrainingError(
            f"{len(nameless):,} of {len(samples):,} pictures in {dataset.origin} have no class, and the classifier"
            f" needs one for each ({nameless[0].path.name}): name them, leave them out, or choose the other stages."
        )
    shown = sorted({label for one in dataset.samples for label in classes_in(one)})
    if len(shown) < 2:
        there = f"one class only, {dataset.class_names[shown[0]]}" if shown else "no classes"
        raise TrainingError(
            f"{dataset.origin} has {there}, and the classifier tells classes apart: "
            "bring pictures of another kind of thing too, or choose the other stages."
        )


def plan_for(
    dataset: Dataset,
    stages: Sequence[str],
    *,
    recipe: str | Recipe,
    epochs: int | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    background: str | None = None,
    boxes_from_masks: bool = False,
    start: Start | None = None,
) -> Recipe:
    """`make_plan` for a data set, which has what its stages learn from.

    Raises:
        TrainingError: when it has not, or a setting is wrong.
        BundleError: when the start is missing or damaged.
    """
    plan = make_plan(recipe, stages, epochs, overrides or {}, background=background, start=start)
    _check_data(
        dataset,
        stages,
        boxes_from_masks=boxes_from_masks,
        names_boxes=plan.detector.names_boxes,
        background=plan.background,
    )
    return with_names(plan, dataset.class_names)


def check_remover(plan: Recipe, stages: Sequence[str], start: Start | None, *, has_own: bool) -> None:
    """Say before anything is read that there are no cut-outs to be had.

    Args:
        has_own: whether the bundle that is to be filled has a remover already.

    Raises:
        TrainingError: when the cut-outs are to be the bundle's own, and nothing will make them.
        BundleError: when the start is missing or damaged.
    """
    source = start.bundle if start is not None else None
    has_remover = has_own or (source is not None and "background" in source.stages)
    if plan.background == "own" and "remover" not in stages and not has_remover:
        raise TrainingError(
            "The recipe's cut-outs come from the bundle's own remover, and there is none yet: "
            "train the stage “remover” too, or choose `none` or a rembg model as the background."
        )


def _check_pixels(dataset: Dataset, background: str) -> None:
    """A segmenter needs a class for every picture, and a mask, or somebody who makes one."""
    samples = (*dataset.samples, *dataset.validation)
    unknown = [one for one in samples if not classes_in(one) and not one.is_negative]
    if unknown or not dataset.class_names:
        which = f"one for each, {unknown[0].path.name} among them" if dataset.class_names else "names of what they show"
        raise TrainingError(
            f"The segmenter learns which class every pixel shows, and the pictures in {dataset.origin} lack "
            f"{which}: name them, leave out those without a class, or choose the other stages."
        )
    if len(dataset.class_names) > MOST_CLASSES:
        raise TrainingError(
            f"The segmenter tells {MOST_CLASSES} classes apart at most, and {dataset.origin} has "
            f"{len(dataset.class_names):,}: train it on some of them."
        )
    if background == "none" and not has_masks(dataset):
        raise TrainingError(
            "The segmenter learns from masks, and not every picture here has one: choose a background model, whose "
            "cut-outs stand in for them (`own` where a remover is there or trained too), or the other stages."
        )


def has_masks(dataset: Dataset) -> bool:
    """Whether every picture has a mask, but for those that are known to show nothing."""
    samples = (*dataset.samples, *dataset.validation)
    return any(one.mask for one in samples) and all(one.mask or one.is_negative for one in samples)


def _check_names(dataset: Dataset) -> None:
    """A detector that is to name its boxes needs two names or more, and one for every box."""
    if len(dataset.class_names) < 2:
        raise TrainingError(
            f"{dataset.origin} has no two classes to name boxes by: let the detector find objects only."
        )
    for sample in (*dataset.samples, *dataset.validation):
        of_boxes = sample.box_labels or (sample.label,) * len(sample.boxes)
        if any(label is None or label < 0 for label in of_boxes):
            raise TrainingError(
                f"The detector is to name its boxes, and one in {sample.path.name} has no class: name it, leave the "
                "picture out, or let the detector find objects only."
            )


def canvas_side(plan: Recipe, stages: Sequence[str], dataset: Dataset) -> int:
    """Side in pixels of the squares in which the pictures are held in memory.

    A classifier of whole pictures needs little more than it sees, and large sets of small photos fit in memory then.
    """
    sees_whole = plan.background == "none" and not any(len(sample.boxes) or sample.mask for sample in dataset.samples)
    most = plan.remover.input_size
    return min(most, 2 * plan.classifier.input_size) if sees_whole and tuple(stages) == ("classifier",) else most


def needs_cut_outs(
    plan: Recipe, stages: Sequence[str], background: str, *, has_masks: bool, has_boxes: bool
) -> tuple[bool, bool]:
    """Whether a stage learns from cut-outs, and whether one that pastes objects needs the remover's masks for it."""
    learning = [getattr(plan, name) for name in stages if name not in {"remover", "segmenter"}]
    learning = learning if background != "none" else []
    # Who has boxes and no masks gets the remover's: objects can be put on other backgrounds all the same.
    pastes = has_boxes and not has_masks and any(one.augment.paste for one in learning)
    return any(one.reads == "cutout" for one in learning), pastes
