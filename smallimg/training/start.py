"""Where a training starts: from scratch, or from weights somebody trained before (transfer learning).

Early layers see edges and textures, whatever the classes are; keeping them saves most of the time and of the pictures.
What is done to a network's weights then is in `smallimg.training.transfer`; here nothing needs torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import Bundle, load_bundle
from smallimg.data.dataset import Dataset
from smallimg.data.formats import OWN_LIMITS, read_dataset
from smallimg.errors import DataError, TrainingError, called
from smallimg.training.recipes import Recipe, StageRecipe

IMAGENET = "imagenet"
SCRATCH = "scratch"
#: Start where it suits the pictures, see `suited_start`.
SUITED = "suited"
MODES = ("features", "last", "all")
#: Up to so many pictures a class, names are learned on `everyday`'s features where nobody chose otherwise. With 12 of
#: three classes or more, and with 45, features of another bundle named more rightly than a network of its own, with 450
#: less (benchmarks/README.md, “Small sets” and “Transfer learning”); it is faster, and tells better what it never met.
FEW_A_CLASS = 100
#: What a fine-tuned network forgets at the recipe's own rate, it keeps at this share of it.
GENTLE = 0.1
#: What is not "features": the layers that decide.
HEADS = {
    "remover": ("up.0.", "edges."),
    "detector": ("rpn.", "roi_heads.", "head."),
    "classifier": ("head.",),
    "segmenter": ("edges.", "head."),
}
#: Stage of a training → the bundle's stage that becomes of it.
FILED = {"remover": "background", "detector": "detector", "classifier": "classifier", "segmenter": "segmenter"}


@dataclass(frozen=True)
class Start:
    """Where a training starts.

    Attributes:
        source: a bundle's name or path, or "imagenet" for torchvision's weights of a MobileNetV3 classifier.
        mode: what learns: only the head ("features"), the last third of the layers before it too ("last"), or
            everything at a tenth of the recipe's rate ("all").
    """

    source: str
    mode: str = "all"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise TrainingError(f"There is no way to start called “{self.mode}”: choose one of {', '.join(MODES)}.")

    def __str__(self) -> str:
        """As messages name it."""
        return called(Path(self.source))

    @property
    def bundle(self) -> Bundle | None:
        """The bundle to start from; None for ImageNet.

        Raises:
            BundleError: when it is missing or damaged.
        """
        return None if self.source == IMAGENET else load_bundle(self.source)

    def has(self, stage: str) -> bool:
        """Whether that stage of the training starts here, or from scratch.

        Raises:
            BundleError: when the bundle is missing or damaged.
        """
        bundle = self.bundle
        return stage == "classifier" if bundle is None else FILED[stage] in bundle.stages


def suited_start(dataset: Dataset, stages: Sequence[str], *, recipe: str = "fast") -> Start | None:
    """Where a training starts that was not told: at `everyday`'s features, for names of few whole pictures.

    Args:
        dataset: what is learned from.
        stages: those that are to be trained.
        recipe: the paper's is from scratch.

    Returns:
        None for from scratch.
    """
    known = any(len(sample.boxes) or sample.mask for sample in dataset.samples)
    few = len(dataset.samples) <= FEW_A_CLASS * len(dataset.class_names)
    if recipe == "fast" and tuple(stages) == ("classifier",) and few and not known:
        return Start(DEFAULT_BUNDLE, "features")
    return None


def chosen_start(
    start_from: str | None,
    mode: str,
    data: str | Path | Dataset,
    stages: Sequence[str],
    *,
    recipe: str,
    own_network: bool = False,
) -> Start | None:
    """What somebody chose to start from; None for from scratch.

    Args:
        start_from: a `Start`'s source, `SCRATCH`, or `SUITED`; None is that too.
        mode: of a `Start`.
        data: what is learned from, or where it lies where nobody has read it: it is then only where that decides.
        own_network: whether somebody chose an architecture, which what suits may not have.

    Raises:
        TrainingError: when there is no such mode.
    """
    if start_from == SCRATCH:
        return None
    if start_from not in (None, SUITED):
        return Start(start_from, mode)
    if own_network or tuple(stages) != ("classifier",) or recipe != "fast":
        return None
    try:
        dataset = data if isinstance(data, Dataset) else read_dataset(data, split="train", **OWN_LIMITS)
    except DataError:  # whoever trains on it says what is wrong with it
        return None
    return suited_start(dataset, stages, recipe=recipe)


def started(recipe: Recipe, start: Start, stages: Sequence[str]) -> Recipe:
    """The recipe with the networks of the start in place of its own, and the rate they bear.

    Args:
        stages: those that are to be trained.

    Raises:
        BundleError: when the bundle is missing or damaged.
        TrainingError: when the start has nothing that these stages can learn from.
    """
    bundle = start.bundle
    if bundle is None:
        if "classifier" not in stages:
            raise TrainingError("ImageNet's weights are a classifier's: train that stage, or start from a bundle.")
        stage = replace(recipe.classifier, architecture="mobilenet_v3_small", arguments={}, input_size=128)
        return replace(recipe, classifier=_gentle(stage, start.mode))
    for name in stages:
        if there := bundle.stages.get(FILED[name]):
            stage = replace(
                getattr(recipe, name),
                architecture=there.architecture,
                arguments={key: value for key, value in there.arguments.items() if key != "n_classes"},
                input_size=there.input_size,
                reads=there.reads,
                margin=there.margin,
                names_boxes=name == "detector" and "n_classes" in there.arguments,
                whole_too=False,
            )
            changes: dict[str, Any] = {name: _gentle(stage, start.mode)}
            recipe = replace(recipe, **changes)
    return recipe


def _gentle(stage: StageRecipe, mode: str) -> StageRecipe:
    return replace(stage, learning_rate=stage.learning_rate * GENTLE) if mode == "all" else stage
