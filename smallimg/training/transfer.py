"""Transfer learning: weights that another network learned, and what is kept from learning on."""

from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from pickle import UnpicklingError
from urllib.error import URLError

import torch
from torch import Tensor, nn
from torchvision.models import MobileNet_V3_Small_Weights, WeightsEnum

from smallimg.errors import TrainingError
from smallimg.networks.classifiers.base import Memory
from smallimg.networks.onnx_files import read_weights
from smallimg.pictures.fetching import why_not_fetched
from smallimg.training.start import FILED, HEADS, Start

#: What is done to a new network before it is trained: weights to start from, layers that are not to learn. It gives the
#: start in words, by which a kept state tells its run from others; "" from scratch.
Prepare = Callable[[nn.Module], str]


def leave_as_it_is(_network: nn.Module) -> str:
    """Start from scratch."""
    return ""


def take_weights(network: nn.Module, stage: str, start: Start, class_names: tuple[str, ...]) -> str:
    """Fill a new network with the start's weights and freeze what is not to learn; without such a stage, do nothing.

    The head of a classifier, or a segmenter, starts anew where the classes are others.

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
        weights: Mapping[str, Tensor] = {
            name: value for name, value in read_weights(bundle.file(FILED[stage])).items() if name not in Memory._fields
        }
        keeps_head = stage not in {"classifier", "segmenter"} or bundle.class_names == class_names
    else:
        weights, keeps_head = imagenet_weights(), False
    if not keeps_head:
        weights = {name: value for name, value in weights.items() if not name.startswith(HEADS[stage])}
    if stage == "detector":  # one that names its boxes, or names others, decides anew
        there = network.state_dict()
        weights = {
            name: value
            for name, value in weights.items()
            if not (name.startswith(HEADS[stage]) and name in there and there[name].shape != value.shape)
        }
    try:
        missing, unexpected = network.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise TrainingError(
            f"The {stage} of {start} does not fit the network to be trained: start from another or from scratch."
        ) from error
    if unexpected or any(
        not name.startswith(HEADS[stage]) and not name.endswith("num_batches_tracked") for name in missing
    ):
        raise TrainingError(f"The {stage} of {start} is another network than the one to be trained.")
    freeze(network, stage, start.mode)
    return f"{start.mode} from {start.source}"


def freeze(network: nn.Module, stage: str, mode: str) -> None:
    """Exclude parameters from learning; their batch norm keeps its statistics, see `smallimg.training.loop.fit`."""
    if mode == "all":
        return
    body = [parameter for name, parameter in network.named_parameters() if not name.startswith(HEADS[stage])]
    layers = [index for index, parameter in enumerate(body) if parameter.ndim > 1]
    frozen = len(body) if mode == "features" else layers[len(layers) * 2 // 3]
    for parameter in body[:frozen]:
        parameter.requires_grad_(False)


def imagenet_weights() -> dict[str, Tensor]:
    """The body of `imagenet_state`, under the names of `MobileNet`; the same errors."""
    return {name: value for name, value in imagenet_state().items() if name.startswith("features.")}


def imagenet_state(
    or_else: str = "or start from scratch or from a model that is here, which need no network",
    *,
    of: WeightsEnum = MobileNet_V3_Small_Weights.IMAGENET1K_V1,
) -> dict[str, Tensor]:
    """torchvision's ImageNet weights, by default of a MobileNetV3 (small), checked against their hash when fetched.

    Args:
        or_else: what can be done without them, for the error's sentence.
        of: which.

    Raises:
        TrainingError: when the network does not reach them.
    """
    try:
        weights: dict[str, Tensor] = of.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (URLError, HTTPException, OSError, EOFError, RuntimeError, UnpicklingError) as error:
        raise TrainingError(
            f"The ImageNet weights could not be fetched, because {why_not_fetched(error)}: "
            f"see to that and try again, {or_else}."
        ) from error
    return weights


def has_imagenet_weights() -> bool:
    """Whether `imagenet_weights` needs no network: they were fetched before."""
    folder, name = str(torch.hub.get_dir()), MobileNet_V3_Small_Weights.IMAGENET1K_V1.url.rpartition("/")[2]
    return Path(folder, "checkpoints", name).is_file()
