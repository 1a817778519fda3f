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
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.external_data_helper import uses_external_data
from torch import Tensor, nn

from smallimg.bundles.sessions import NetworkSession
from smallimg.errors import BundleError, called_of, first_line
from smallimg.files import whole
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.networks.detectors.kinds import draws_masks, names_boxes, needs_proposals

#: Weights of fewer numbers stay in full precision: biases, and batch norm's statistics, which can be large.
LARGE = 1024
#: How far what onnxruntime gives may be from what torch does, as a share of the largest number.
CLOSE = 1e-3
#: The least share of a detector's boxes that both have, see `same_boxes`.
AGREED = 0.5
#: torch's exporter works on one network at a time: two would find each other's settings.
_EXPORTER = Lock()


class Asked(nn.Module):
    """A network as a bundle's stage asks it: pixels 0 … 255, float32 [n, 3, side, side] → the stage's outputs.

    Attributes:
        outputs: their names.
        asks: what it asks for besides the pixels, by name; each float32 [k, 4].
        any_number: whether n is free; otherwise it is 1.
    """

    outputs: tuple[str, ...]
    asks: tuple[str, ...] = ()
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
    """A detector's boxes [k, 4] and scores [k] for one picture, best first.

    One that names has their classes [k], from 0, one that draws their masks [k, side, side]; one that does not look for
    objects by itself is told where they may be, "proposals" [m, 4].
    """

    any_number = False

    def __init__(self, network: nn.Module) -> None:
        super().__init__(network)
        self.asks = ("proposals",) if needs_proposals(network) else ()
        also = [("labels", names_boxes(network)), ("masks", draws_masks(network))]
        self.outputs = ("boxes", "scores", *(name for name, there in also if there))

    def forward(self, pixels: Tensor, *proposals: Tensor) -> tuple[Tensor, ...]:
        """See `Asked`."""
        told = (None, list(proposals)) if proposals else ()
        (found,) = self.network([pixels[0] / 255], *told)
        given = {"boxes": found["boxes"], "scores": found["scores"], "labels": found["labels"] - 1}
        if "masks" in found:
            given["masks"] = found["masks"][:, 0]
        return tuple(given[name] for name in self.outputs)


class AskedClassifier(Asked):
    """Logits [n, classes], and how much each picture is like those seen [n], where the network keeps them."""

    network: ImageClassifier

    def __init__(self, network: ImageClassifier) -> None:
        super().__init__(network)
        self.outputs = ("logits",) if network.memory is None else ("logits", "likeness")

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """See `Asked`."""
        embeddings = self.network.embed(pixels)
        logits = self.network.head[-1](embeddings)
        memory = self.network.memory
        return (logits,) if memory is None else (logits, memory.likeness(embeddings))


class AskedSegmenter(Asked):
    """Logits of the background and every class, [n, 1 + classes, side, side]."""

    outputs = ("logits",)

    def forward(self, pixels: Tensor) -> Tensor:
        """See `Asked`."""
        logits: Tensor = self.network(pixels)
        return logits


#: Stage of a bundle → how it asks its network.
ASKED: dict[str, Callable[..., Asked]] = {
    "background": AskedRemover,
    "detector": AskedDetector,
    "classifier": AskedClassifier,
    "segmenter": AskedSegmenter,
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
    with whole(file) as temporary:
        _export(asked, temporary, side)
        model = onnx.load(temporary)
        _rename(model.graph, lambda name: name.removeprefix("network."))
        for weight in model.graph.initializer:
            weight.name = weight.name.removeprefix("network.")
        _forget_momentum(model.graph)
        there = {weight.name for weight in model.graph.initializer}
        for name, value in network.state_dict().items():
            if name not in there and value.is_floating_point():
                model.graph.initializer.append(numpy_helper.from_array(value.numpy(), name))
        if half:
            _halve(model.graph)
        onnx.save(model, temporary)
        _check(asked, temporary, side)


def open_model(file: Path) -> onnx.ModelProto:
    """What a file says, all of its weights inside it; nothing of it is computed.

    Raises:
        BundleError: when the file is damaged, or refers to others.
    """
    try:
        model = onnx.load(file, load_external_data=False)
    except (OSError, DecodeError, ValueError, TypeError) as error:
        raise _damaged(file, error) from error
    if any(map(uses_external_data, model.graph.initializer)):
        raise BundleError(f"{called_of(file)} refers to other files: export it with its weights inside.")
    return model


def read_weights(file: Path) -> dict[str, Tensor]:
    """The weights in a file of `write_network`, float32, by their names in the network's state.

    Raises:
        BundleError: when the file is damaged, or refers to others.
    """
    try:
        arrays = {one.name: numpy_helper.to_array(one) for one in open_model(file).graph.initializer}
    except (ValueError, TypeError, onnx.checker.ValidationError) as error:
        raise _damaged(file, error) from error
    return {
        name: torch.from_numpy(np.array(value, np.float32))
        for name, value in arrays.items()
        if value.dtype in (np.float16, np.float32)
    }


def _damaged(file: Path, error: Exception) -> BundleError:
    return BundleError(
        f"{called_of(file)} is damaged ({first_line(error)}): fetch the bundle again, or train that stage anew."
    )


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
        raise BundleError(f"{called_of(file)} does not hold the weights its bundle describes ({wrong[0]}).")


def _export(asked: Asked, file: Path, side: int) -> None:
    pixels = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)) * 255
    axes = {name: {0: "n"} for name in ("pixels", *asked.outputs)} if asked.any_number else {}
    axes |= {name: {0: "k"} for name in asked.asks}
    # Of a module that trains, the exporter keeps weights apart that are equal; the network in it does not train.
    asked.training = True

    def export() -> None:
        with warnings.catch_warnings():
            # torch's newer exporter needs one more package, and the older one, which writes these as well, says that it
            # is old; tracing warns of each step whose shape is only known at run time, as that of the boxes is.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                asked, (pixels, *_boxes(asked, side)), str(file), dynamo=False, opset_version=17,
                input_names=["pixels", *asked.asks], output_names=list(asked.outputs), dynamic_axes=axes,
                do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE,
            )  # fmt: skip

    # A thread for each: what tracing a network that fails leaves behind stays in its thread, where no later one works.
    with _EXPORTER, ThreadPoolExecutor(1) as thread:
        thread.submit(export).result()
    asked.training = False


def _round(network: nn.Module) -> None:
    with torch.no_grad():
        for value in network.state_dict().values():
            if value.is_floating_point() and value.numel() >= LARGE:
                value.copy_(value.half())


def _halve(graph: onnx.GraphProto) -> None:
    """Store large weights in half precision, each behind a cast to full."""
    wide = {}
    for weight in graph.initializer:
        if weight.data_type == onnx.TensorProto.FLOAT and int(np.prod(weight.dims)) >= LARGE:
            wide[weight.name] = f"{weight.name}.float32"
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), weight.name))
    _rename(graph, lambda name: wide.get(name, name))
    casts = [onnx.helper.make_node("Cast", [name], [full], to=onnx.TensorProto.FLOAT) for name, full in wide.items()]
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _rename(graph: onnx.GraphProto, renamed: Callable[[str], str]) -> None:
    """Change what weights are called where they are used."""
    for node in nodes_of(graph):
        names = list(node.input)
        if (new := [renamed(name) for name in names]) != names:
            node.input[:] = new


def _forget_momentum(graph: onnx.GraphProto) -> None:
    """How fast batch norm's averages moved last is no part of a network: the same weights are the same file."""
    for node in nodes_of(graph):
        if node.op_type == "BatchNormalization":
            kept = [attribute for attribute in node.attribute if attribute.name != "momentum"]
            del node.attribute[:]
            node.attribute.extend(kept)


def nodes_of(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """All nodes, those within branches too."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from nodes_of(attribute.g)


def _check(asked: Asked, file: Path, side: int) -> None:
    noise = torch.randint(0, 256, (1, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        true = asked(noise.float(), *_boxes(asked, side))
    told = [boxes.numpy() for boxes in _boxes(asked, side)]
    found = NetworkSession(file, outputs=asked.outputs, asks=asked.asks, exact=True).run(noise.numpy(), *told)
    if isinstance(asked, AskedDetector):
        boxes = [np.column_stack(some[:2]) for some in (found, [one.numpy() for one in _tensors(true)])]
        if (share := same_boxes(*boxes)) < AGREED:
            raise BundleError(f"{file.name}: of the exported network's boxes only {share:.0%} are the trained one's.")
        return
    for name, theirs, ours in zip(asked.outputs, found, _tensors(true), strict=True):
        gap = np.abs(theirs - ours.numpy()).max(initial=0) if theirs.shape == tuple(ours.shape) else np.inf
        if not gap <= CLOSE * max(1.0, float(ours.abs().max()) if ours.numel() else 0.0):
            raise BundleError(f"{file.name}: the exported network's {name} differ from the trained one's by {gap:.4f}.")


def same_boxes(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The share of boxes with their scores [k, 5] and [m, 5] that have their like on the other side; 1 of none.

    Two engines add in another order. Of two boxes that score the same to the sixth digit either may come first, or
    put the other aside: where a network wavers, a few boxes are others, and no export is wrong for that.
    """
    if not len(one) + len(other):
        return 1.0
    near = np.abs(one[:, None] - other[None]) <= CLOSE * np.maximum(1.0, np.abs(other[None]))
    alike = near.all(axis=2)
    return float(alike.any(axis=1).sum() + alike.any(axis=0).sum()) / (len(one) + len(other))


def _boxes(asked: Asked, side: int) -> list[Tensor]:
    """Some boxes [k, 4] for each thing that it asks for."""
    corners = torch.rand(8, 4, generator=torch.Generator().manual_seed(2)) * side / 2
    corners[:, 2:] += corners[:, :2] + 1
    return [corners for _ in asked.asks]


def _tensors(outputs: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [outputs] if isinstance(outputs, Tensor) else list(outputs)
