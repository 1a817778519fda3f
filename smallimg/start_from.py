"""Transfer learning: a training that starts from weights somebody trained before, instead of from scratch.

Early layers see edges and textures, whatever the classes are; keeping them saves most of the time and of the pictures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from pickle import UnpicklingError
from urllib.error import URLError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models import MobileNet_V3_Small_Weights

from smallimg import DEFAULT_BUNDLE
from smallimg.checkpoint import Bundle, load_bundle
from smallimg.datasets import Dataset, read_dataset
from smallimg.errors import BundleError, DataError, TrainingError
from smallimg.fetching import why_not_fetched
from smallimg.recipes import Recipe, StageRecipe

IMAGENET = "imagenet"
SCRATCH = "scratch"
#: Start where it suits the pictures, see `suited_start`.
SUITED = "suited"
MODES = ("features", "last", "all")
#: Up to so many pictures a class, names are learned on `everyday`'s features where nobody chose otherwise. With 12 of
#: three classes or more, and with 45, that named more rightly than a network of its own, with 450 less
#: (benchmarks/README.md, “Small sets” and “Transfer learning”); it is faster, and tells better what it never met.
FEW_A_CLASS = 100
#: What a fine-tuned network forgets at the recipe's own rate, it keeps at this share of it.
GENTLE = 0.1
#: What is not "features": the layers that decide.
HEADS = {"detector": ("rpn.", "roi_heads."), "classifier": ("head.",)}


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
        return stage == "classifier" if bundle is None else stage in HEADS and stage in bundle.stages


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
    start_from: str | None, mode: str, data: str | Path, stages: Sequence[str], *, recipe: str
) -> Start | None:
    """What somebody chose to start from, for a data set that has not been read; None for from scratch.

    Args:
        start_from: a `Start`'s source, `SCRATCH`, or `SUITED`; None is that too.
        mode: of a `Start`.

    Raises:
        TrainingError: when there is no such mode.
    """
    if start_from == SCRATCH:
        return None
    if start_from not in (None, SUITED):
        return Start(start_from, mode)
    if tuple(stages) != ("classifier",) or recipe != "fast":
        return None
    try:
        dataset = read_dataset(data, max_files=200_000, max_bytes=10_000_000_000)
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
    if "remover" in stages and "background" in bundle.stages:
        # Its batch norm is folded into the convolutions, which have lost their names with it.
        raise TrainingError(
            f"The remover of {start.source} is a finished ONNX file and cannot be trained on: leave out the stage "
            "“remover” and choose the background “own”, then it is taken over; or start from scratch."
        )
    for name in HEADS:
        if there := bundle.stages.get(name):
            arguments = {key: value for key, value in there.arguments.items() if key != "n_classes"}
            stage = replace(
                getattr(recipe, name),
                architecture=there.architecture,
                arguments=arguments,
                input_size=there.input_size,
                reads=there.reads,
                margin=there.margin,
            )
            stage = _gentle(stage, start.mode)
            recipe = replace(recipe, detector=stage) if name == "detector" else replace(recipe, classifier=stage)
    return recipe


def take_weights(network: nn.Module, stage: str, start: Start, class_names: tuple[str, ...]) -> str:
    """Fill a new network with the start's weights and freeze what is not to learn; without such a stage, do nothing.

    The head of a classifier starts anew where the classes are others.

    Returns:
        The start in words, by which a kept state tells its run from others; "" from scratch.

    Raises:
        BundleError: when the bundle is missing or damaged.
        TrainingError: when the weights are not to be had, or are of another network.
    """
    if not start.has(stage):
        return ""
    bundle = start.bundle
    if bundle is not None:
        weights: Mapping[str, Tensor] = {name: value for name, value in _read(bundle, stage).items() if name != "seen"}
        keeps_head = stage == "detector" or bundle.class_names == class_names
    else:
        weights, keeps_head = imagenet_weights(), False
    if not keeps_head:
        weights = {name: value for name, value in weights.items() if not name.startswith(HEADS[stage])}
    try:
        missing, unexpected = network.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise TrainingError(
            f"The {stage} of {start.source} does not fit the network to be trained: start from another or from scratch."
        ) from error
    if unexpected or any(not name.startswith(HEADS[stage]) for name in missing):
        raise TrainingError(f"The {stage} of {start.source} is another network than the one to be trained.")
    freeze(network, stage, start.mode)
    return f"{start.mode} from {start.source}"


def freeze(network: nn.Module, stage: str, mode: str) -> None:
    """Exclude parameters from learning; their batch norm keeps its statistics, see `smallimg.loop.fit`."""
    if mode == "all":
        return
    body = [parameter for name, parameter in network.named_parameters() if not name.startswith(HEADS[stage])]
    layers = [index for index, parameter in enumerate(body) if parameter.ndim > 1]
    frozen = len(body) if mode == "features" else layers[len(layers) * 2 // 3]
    for parameter in body[:frozen]:
        parameter.requires_grad_(False)


def imagenet_weights() -> dict[str, Tensor]:
    """torchvision's ImageNet weights, under the names of `smallimg.classifier.MobileNet`; checked against their hash.

    Raises:
        TrainingError: when the network does not reach them.
    """
    try:
        weights = MobileNet_V3_Small_Weights.IMAGENET1K_V1.get_state_dict(
            progress=False, check_hash=True, weights_only=True
        )
    except (URLError, HTTPException, OSError, EOFError, RuntimeError, UnpicklingError) as error:
        raise TrainingError(
            f"The ImageNet weights could not be fetched, because {why_not_fetched(error)}: see to that and try again, "
            "or start from scratch or from a model that is here, which need no network."
        ) from error
    return {name: value for name, value in weights.items() if name.startswith("features.")}


def has_imagenet_weights() -> bool:
    """Whether `imagenet_weights` needs no network: they were fetched before."""
    folder, name = str(torch.hub.get_dir()), MobileNet_V3_Small_Weights.IMAGENET1K_V1.url.rpartition("/")[2]
    return Path(folder, "checkpoints", name).is_file()


def _read(bundle: Bundle, stage: str) -> dict[str, Tensor]:
    try:
        return load_file(bundle.file(stage))
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{bundle.file(stage)} is damaged: fetch or train the bundle again.") from error


def _gentle(stage: StageRecipe, mode: str) -> StageRecipe:
    return replace(stage, learning_rate=stage.learning_rate * GENTLE) if mode == "all" else stage
