"""Bundles of format 1 become bundles of format 2.

Their detectors and classifiers were safetensors, and their removers were ONNX with batch norm folded into convolutions.
`smallimg.networks.anew` calls it in a process of its own.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import torch
from onnx import numpy_helper
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from smallimg.bundles.bundle import FORMAT
from smallimg.bundles.fields import fault_in
from smallimg.errors import BundleError, called_of, first_line
from smallimg.files import write_json
from smallimg.networks.onnx_files import open_model, write_network
from smallimg.networks.stages import build_stage
from smallimg.networks.unet import SmallUNet


def convert(folder: Path) -> None:
    """Write a bundle's networks anew, then its description, then take the old files away.

    Raises:
        BundleError: when its description or its weights are damaged.
        TrainingError: when this version does not know a network that it describes.
    """
    content = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    if fault := fault_in(content):
        raise BundleError(f"{called_of(folder / 'bundle.json')} is damaged: {fault}.")
    with tempfile.TemporaryDirectory(dir=folder) as made:  # all of it or nothing
        for name, stage in content["stages"].items():
            old = folder / ("background.onnx" if name == "background" else f"{name}.safetensors")
            if not old.is_file():
                raise BundleError(f"{called_of(old)} is missing: fetch or train the bundle again.")
            network = _unfolded(old, stage) if name == "background" else _filled(name, stage, old)
            file = Path(made) / f"{name}.onnx"
            write_network(network, file, stage=name, side=stage["input_size"], half=name != "background")
        for file in Path(made).iterdir():
            file.replace(folder / file.name)
    write_json(folder / "bundle.json", content | {"format": FORMAT})
    for name in ("detector", "classifier"):
        (folder / f"{name}.safetensors").unlink(missing_ok=True)


def _filled(name: str, stage: dict[str, Any], file: Path) -> nn.Module:
    """The network that a stage describes, with its weights."""
    network = build_stage(name, stage["architecture"], stage["arguments"], most=file.stat().st_size)
    try:
        network.load_state_dict(load_file(file))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise BundleError(
            f"{file.name} does not hold the weights its bundle describes ({first_line(error)})."
        ) from error
    return network


def _unfolded(file: Path, stage: dict[str, Any]) -> SmallUNet:
    """A remover whose weights have their names again: each batch norm hands on what its convolution took from it."""
    model = open_model(file)
    arrays = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in model.graph.initializer}
    network = build_stage("background", "small_unet", stage["arguments"], most=file.stat().st_size).eval()
    assert isinstance(network, SmallUNet)
    norms = {
        pair[0]: pair[1]
        for pair in network.modules()
        if isinstance(pair, nn.Sequential) and len(pair) == 2 and isinstance(pair[1], nn.BatchNorm2d)
    }
    nodes = [node for node in model.graph.node if node.op_type == "Conv"]
    with torch.no_grad():
        for convolution, node in zip(_in_order(network), nodes, strict=True):
            weight, bias = (arrays[name] for name in node.input[1:])
            convolution.weight.copy_(weight)
            if convolution.bias is not None:
                convolution.bias.copy_(bias)
            else:
                _pass_on(norms[convolution], bias)
    return network


def _in_order(network: SmallUNet) -> list[nn.Conv2d]:
    """Its convolutions, in the order in which a picture meets them."""
    met: list[nn.Conv2d] = []
    convolutions = [one for one in network.modules() if isinstance(one, nn.Conv2d)]
    hooks = [one.register_forward_hook(lambda module, _inputs, _outputs: met.append(module)) for one in convolutions]
    with torch.inference_mode():
        network(torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    return met


def _pass_on(norm: nn.Module, bias: Tensor) -> None:
    """A batch norm that does nothing but add a bias."""
    assert isinstance(norm, nn.BatchNorm2d)
    norm.running_mean = torch.zeros_like(bias)
    norm.running_var = torch.full_like(bias, 1 - norm.eps)
    norm.weight.copy_(torch.ones_like(bias))
    norm.bias.copy_(bias)
