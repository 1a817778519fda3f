"""A trained network as an ONNX file: it predicts, and training goes on from it.

Every weight lies in the file under its name in the network's state, none folded into another; onnxruntime folds batch
norm and the like when it loads the file. Large weights are stored in half precision, which loses nothing that can be
measured, behind a cast that is folded then, too. What only training needs lies there as well, and nothing asks for it.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor, nn

from smallimg.bundles.sessions import NetworkSession
from smallimg.errors import BundleError, first_line
from smallimg.networks.classifiers.base import ImageClassifier, likeness

#: Weights of fewer numbers stay in full precision: biases, and batch norm's statistics, which can be large.
LARGE = 1024
#: How far what onnxruntime gives may be from what torch does, as a share of the largest number.
CLOSE = 1e-3
#: torch's exporter works on one network at a time: two would find each other's settings.
_EXPORTER = Lock()


class Asked(nn.Module):
    """A network as a bundle's stage asks it: pixels 0 … 255, float32 [n, 3, side, side] → the stage's outputs.

    Attributes:
        outputs: their names.
        any_number: whether n is free; otherwise it is 1.
    """

    outputs: tuple[str, ...]
    any_number: bool = True

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network


class AskedRemover(Asked):
    """Foreground logits [n, 1, side, side]."""

    outputs = ("logits",)

    def forward(self, pixels: Tensor) -> Tensor:
        """See `Asked`."""
        logits: Tensor = self.network(pixels)
        return logits


class AskedDetector(Asked):
    """A torchvision detector's boxes [k, 4] and scores [k] for one picture, best first."""

    outputs = ("boxes", "scores")
    any_number = False

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """See `Asked`."""
        (found,) = self.network([pixels[0] / 255])
        return found["boxes"], found["scores"]


class AskedClassifier(Asked):
    """Logits [n, classes], and how much each picture is like those seen [n], where the network keeps them."""

    network: ImageClassifier

    def __init__(self, network: ImageClassifier) -> None:
        super().__init__(network)
        self.outputs = ("logits",) if network.seen is None else ("logits", "likeness")

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """See `Asked`."""
        embeddings = self.network.embed(pixels)
        logits = self.network.head[-1](embeddings)
        seen = self.network.seen
        return (logits,) if seen is None else (logits, likeness(embeddings, seen))


#: Stage of a bundle → how it asks its network.
ASKED: dict[str, Callable[..., Asked]] = {
    "background": AskedRemover,
    "detector": AskedDetector,
    "classifier": AskedClassifier,
}


def write_network(network: nn.Module, file: Path, *, stage: str, side: int, half: bool = True) -> None:
    """Write a trained network for a stage of a bundle; under a temporary name first, so that it is never half there.

    Args:
        network: on the CPU; its large weights are rounded to half precision here too, and it is left in eval mode.
        file: where.
        stage: one of `ASKED`.
        side: of the square that it sees.
        half: whether large weights are stored in half precision.

    Raises:
        BundleError: when onnxruntime gives something else for that file than torch for the network.
    """
    network.eval()
    if half:
        _round(network)
    asked = ASKED[stage](network).eval()
    temporary = file.with_suffix(".tmp")
    _export(asked, temporary, side)
    model = onnx.load(temporary)
    _rename(model.graph, "network.", "")
    _forget_momentum(model.graph)
    there = {weight.name for weight in model.graph.initializer}
    for name, value in network.state_dict().items():
        if name not in there and value.is_floating_point():
            model.graph.initializer.append(numpy_helper.from_array(value.numpy(), name))
    if half:
        _halve(model.graph)
    onnx.save(model, temporary)
    try:
        _check(asked, temporary, side)
    except BundleError:
        temporary.unlink()
        raise
    temporary.replace(file)


def read_weights(file: Path) -> dict[str, Tensor]:
    """The weights in a file of `write_network`, float32, by their names in the network's state.

    Raises:
        BundleError: when the file is damaged.
    """
    try:
        model = onnx.load(file, load_external_data=False)
        arrays = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    except (OSError, DecodeError, ValueError, TypeError, onnx.checker.ValidationError) as error:
        raise BundleError(
            f"{file} is damaged ({first_line(error)}): fetch the bundle again, or train that stage anew."
        ) from error
    return {
        name: torch.from_numpy(np.array(value, np.float32))
        for name, value in arrays.items()
        if value.dtype in (np.float16, np.float32)
    }


def load_weights(network: nn.Module, file: Path) -> None:
    """Fill a network from a file of `write_network`, and check that every weight fits.

    Raises:
        BundleError: when the file is damaged or belongs to another network.
    """
    weights = read_weights(file)
    try:
        missing, unexpected = network.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        missing, unexpected = [first_line(error)], []
    # How many batches its averages are of is not written down: nothing here goes by it.
    if wrong := [*unexpected, *(name for name in missing if not name.endswith("num_batches_tracked"))]:
        raise BundleError(f"{file} does not hold the weights its bundle describes ({wrong[0]}).")


def _export(asked: Asked, file: Path, side: int) -> None:
    pixels = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)) * 255
    axes = {name: {0: "n"} for name in ("pixels", *asked.outputs)} if asked.any_number else None
    # Of a module that trains, the exporter keeps weights apart that are equal; the network in it does not train.
    asked.training = True

    def export() -> None:
        with warnings.catch_warnings():
            # torch's newer exporter needs one more package, and the older one, which writes these as well, says that it
            # is old; tracing warns of each step whose shape is only known at run time, as that of the boxes is.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                asked, (pixels,), str(file), dynamo=False, opset_version=17, input_names=["pixels"],
                output_names=list(asked.outputs), dynamic_axes=axes, do_constant_folding=False,
                training=torch.onnx.TrainingMode.PRESERVE,
            )  # fmt: skip

    # A thread for each: what tracing a network that fails leaves behind stays in its thread, where no later one works.
    with _EXPORTER, ThreadPoolExecutor(1) as thread:
        thread.submit(export).result()
    asked.training = False


def _round(network: nn.Module) -> None:
    with torch.no_grad():
        for value in (*network.parameters(), *network.buffers()):
            if value.is_floating_point() and value.numel() >= LARGE:
                value.copy_(value.half())


def _halve(graph: onnx.GraphProto) -> None:
    """Store large weights in half precision, each behind a cast to full."""
    casts = []
    for weight in graph.initializer:
        if weight.data_type == onnx.TensorProto.FLOAT and int(np.prod(weight.dims)) >= LARGE:
            wide = f"{weight.name}.float32"
            _rename(graph, weight.name, wide, whole=True)
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), weight.name))
            casts.append(onnx.helper.make_node("Cast", [weight.name], [wide], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _rename(graph: onnx.GraphProto, old: str, new: str, *, whole: bool = False) -> None:
    """Change what weights are called where they are used: a beginning of the name, or (`whole`) all of it.

    A beginning is changed where they lie, too.
    """

    def renamed(name: str) -> str:
        if whole:
            return new if name == old else name
        return new + name.removeprefix(old) if name.startswith(old) else name

    for node in _nodes(graph):
        node.input[:] = [renamed(name) for name in node.input]
    if not whole:
        for weight in graph.initializer:
            weight.name = renamed(weight.name)


def _forget_momentum(graph: onnx.GraphProto) -> None:
    """How fast batch norm's averages moved last is no part of a network: the same weights are the same file."""
    for node in _nodes(graph):
        if node.op_type == "BatchNormalization":
            kept = [attribute for attribute in node.attribute if attribute.name != "momentum"]
            del node.attribute[:]
            node.attribute.extend(kept)


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """All nodes, those within branches too."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g)


def _check(asked: Asked, file: Path, side: int) -> None:
    noise = torch.randint(0, 256, (1, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        true = asked(noise.float())
    found = NetworkSession(file, outputs=asked.outputs).run(noise.numpy())
    for name, theirs, ours in zip(asked.outputs, found, _tensors(true), strict=True):
        gap = np.abs(theirs - ours.numpy()).max(initial=0) if theirs.shape == tuple(ours.shape) else np.inf
        if not gap <= CLOSE * max(1.0, float(ours.abs().max()) if ours.numel() else 0.0):
            raise BundleError(f"{file.name}: the exported network's {name} differ from the trained one's by {gap:.4f}.")


def _tensors(outputs: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [outputs] if isinstance(outputs, Tensor) else list(outputs)
