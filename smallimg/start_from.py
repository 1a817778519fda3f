"""Transfer learning: a training that starts from weights somebody trained before, instead of from scratch.

Early layers see edges and textures, whatever the classes are; keeping them saves most of the time and of the pictures.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.error import URLError

from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models import MobileNet_V3_Small_Weights

from smallimg.checkpoint import Bundle, load_bundle
from smallimg.errors import TrainingError
from smallimg.recipes import Recipe, StageRecipe

IMAGENET = "imagenet"
MODES = ("features", "last", "all")
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


def started(recipe: Recipe, start: Start) -> Recipe:
    """The recipe with the networks of the start in place of its own, and the rate they bear.

    Raises:
        BundleError: when the bundle is missing or damaged.
    """
    bundle = start.bundle
    if bundle is None:
        stage = replace(recipe.classifier, architecture="mobilenet_v3_small", arguments={}, input_size=128)
        return replace(recipe, classifier=_gentle(stage, start.mode))
    for name in HEADS:
        if there := bundle.stages.get(name):
            arguments = {key: value for key, value in there.arguments.items() if key != "n_classes"}
            stage = replace(
                getattr(recipe, name),
                architecture=there.architecture,
                arguments=arguments,
                input_size=there.input_size,
                margin=there.margin,
            )
            stage = _gentle(stage, start.mode)
            recipe = replace(recipe, detector=stage) if name == "detector" else replace(recipe, classifier=stage)
    return recipe


def take_weights(network: nn.Module, stage: str, start: Start, class_names: tuple[str, ...]) -> None:
    """Fill a new network with the start's weights and freeze what is not to learn; without such a stage, do nothing.

    The head of a classifier starts anew where the classes are others.

    Raises:
        BundleError: when the bundle is missing or damaged.
        TrainingError: when the weights are not to be had, or are of another network.
    """
    bundle = start.bundle
    if bundle is not None:
        if stage not in bundle.stages:
            return
        weights: Mapping[str, Tensor] = load_file(bundle.file(stage))
        keeps_head = stage == "detector" or bundle.class_names == class_names
    elif stage == "classifier":
        weights, keeps_head = imagenet_weights(), False
    else:
        return
    if not keeps_head:
        weights = {name: value for name, value in weights.items() if not name.startswith(HEADS[stage])}
    try:
        missing, unexpected = network.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise TrainingError(
            f"The {stage} of {start.source} does not fit: {str(error).splitlines()[-1].strip()}"
        ) from error
    if unexpected or any(not name.startswith(HEADS[stage]) for name in missing):
        raise TrainingError(f"The {stage} of {start.source} is another network than the one to be trained.")
    freeze(network, stage, start.mode)


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
        weights = MobileNet_V3_Small_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
    except (URLError, OSError, RuntimeError) as error:
        raise TrainingError(
            f"The ImageNet weights could not be fetched ({str(error).splitlines()[0][:120]}): check the network, or "
            "start from scratch or from a bundle, which need none."
        ) from error
    return {name: value for name, value in weights.items() if name.startswith("features.")}


def _gentle(stage: StageRecipe, mode: str) -> StageRecipe:
    return replace(stage, learning_rate=stage.learning_rate * GENTLE) if mode == "all" else stage
