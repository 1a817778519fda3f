"""A bundle's networks written anew: `python -m smallimg.networks.anew FOLDER`.

An ONNX file is a program: it can go round for ever, or take all memory for one picture in a thousand. Of a bundle that
somebody sent nothing is kept but numbers. Each network is built from what bundle.json says, filled with the weights,
and written by our own exporter. The file that came is never run; what it would have computed is compared with ours, and
where it is something else, that is said. So are the numbers that may lie beside the networks, see `others`.

It runs in a process of its own with limits on time and memory (see `smallimg.bundles.bundle.write_anew`): it needs
torch, predicting does not, and whatever a bundle describes that somebody made up is built there. One of format 1 is
converted.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from smallimg.bundles.bundle import Bundle, load_bundle, save_bundle, with_quantised
from smallimg.bundles.sessions import DetectorSession, Floats, NetworkSession
from smallimg.errors import BundleError, SmallimgError, first_line
from smallimg.networks.convert import convert
from smallimg.networks.onnx_files import load_weights, nodes_of, open_model, write_network
from smallimg.networks.others import write_others_anew
from smallimg.networks.stages import build_stage

#: What the process may take: bytes of memory of its own, seconds of all its threads, bytes of a file.
MOST_MEMORY = 6 << 30
MOST_SECONDS = 600
LARGEST_FILE = 200 << 20
#: Seconds of all threads for one picture; torchvision's Faster R-CNN at 800 pixels takes four.
LOOKS_WITHIN_S = 30.0
#: Steps that the exporters of other versions of torch write for the same network; none of them goes round.
ALSO_WRITTEN = frozenset(
    {"Cast", "Clip", "Concat", "Constant", "Expand", "Gather", "Identity", "Mod", "Reshape", "Shape", "Slice",
     "Squeeze", "Tile", "Transpose", "Unsqueeze", "Where"}
)  # fmt: skip
#: How many times as many steps as ours a file of another version may have.
LONGER = 2
#: Whatever building a network and writing it can raise where somebody made up its description.
NETWORK_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, MemoryError,
)  # fmt: skip


def write_networks_anew(folder: Path) -> None:
    """Write a bundle's networks anew from their weights, then its description and card; all of it or nothing.

    Raises:
        BundleError: when its description, a weight or a file is not as smallimg writes them.
        TrainingError: when this version does not know a network that it describes.
    """
    content = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    if isinstance(content, dict) and content.get("format") == 1:
        convert(folder)
        bundle = load_bundle(folder)
        for name in bundle.stages:
            _look(bundle.file(name), name, bundle.stages[name].input_size)
        write_others_anew(bundle)
        return
    bundle = load_bundle(folder)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        for name in bundle.stages:
            _write(bundle, name, Path(made) / bundle.file(name).name)
        write_others_anew(bundle)
        for file in Path(made).iterdir():
            file.replace(folder / file.name)
    for name in bundle.stages:
        bundle.int8_file(name).unlink(missing_ok=True)  # those are of what was there before
    save_bundle(with_quantised(bundle))


def _write(bundle: Bundle, name: str, out: Path) -> None:
    stage, file = bundle.stages[name], bundle.file(name)
    model = open_model(file)
    network = build_stage(name, stage.architecture, stage.arguments, most=file.stat().st_size)
    load_weights(network, file)
    for weight, value in network.state_dict().items():
        if not value.isfinite().all():
            raise BundleError(f"{file.name} has a weight that is no number ({weight}): train the bundle again.")
    is_half = any(one.data_type == onnx.TensorProto.FLOAT16 for one in model.graph.initializer)
    write_network(network, out, stage=name, side=stage.input_size, half=is_half)
    _compare(model, open_model(out), file.name, stage.architecture)
    _look(out, name, stage.input_size)


def _compare(theirs: onnx.ModelProto, ours: onnx.ModelProto, file: str, architecture: str) -> None:
    """Say where a file computes something else than what we write for the same network.

    Raises:
        BundleError: when it does.
    """
    steps = [node.op_type for node in nodes_of(theirs.graph)]
    known = {node.op_type for node in nodes_of(ours.graph)}
    domains = {one.domain for one in theirs.opset_import} | {node.domain for node in nodes_of(theirs.graph)}
    strange = sorted(set(steps) - known - ALSO_WRITTEN) or sorted(domains - {"", "ai.onnx"})
    strange += ["functions of its own"] if theirs.functions else []
    if strange:
        raise BundleError(
            f"{file} has steps that no {architecture} has ({', '.join(strange)[:200]}): somebody changed it, or made "
            "it otherwise. Download it again where it was trained."
        )
    if len(steps) > LONGER * sum(1 for _ in nodes_of(ours.graph)):
        raise BundleError(
            f"{file} has {len(steps):,} steps, many more than a {architecture}: somebody changed it, or made it "
            "otherwise. Download it again where it was trained."
        )


def _looker(file: Path, name: str, side: int) -> Callable[[NDArray[np.uint8]], Sequence[Floats]]:
    """A network as a function of a picture [1, 3, side, side], as prediction asks it."""
    if name == "detector":
        detector = DetectorSession(file, side=side)
        return lambda pixels: detector(pixels[0])
    return NetworkSession(file, outputs=("logits",), more=("likeness",), side=side).run


def _look(file: Path, name: str, side: int) -> None:
    """Let a network that we wrote look at noise and at white.

    Raises:
        BundleError: when that takes very long, or gives what is no number.
    """
    noise = np.random.default_rng(0).integers(0, 256, (1, 3, side, side), np.uint8)
    look = _looker(file, name, side)
    for pixels in (noise, np.full_like(noise, 255)):
        started = time.process_time()
        found = look(pixels)
        if (taken := time.process_time() - started) > LOOKS_WITHIN_S:
            raise BundleError(
                f"its {name} takes {taken:.0f} s of the processor for one picture, and the limit is "
                f"{LOOKS_WITHIN_S:.0f}: train a smaller one."
            )
        if not all(np.isfinite(one).all() for one in found):
            raise BundleError(f"its {name} gives what is no number: train the bundle again.")


def main(folder: str) -> int:
    """Write anew, or say in a sentence why not."""
    for limit, most in (
        (resource.RLIMIT_DATA, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
    ):
        _, hardest = resource.getrlimit(limit)
        resource.setrlimit(limit, (most if hardest == resource.RLIM_INFINITY else min(most, hardest), hardest))
    try:
        write_networks_anew(Path(folder))
    except SmallimgError as error:
        reason = str(error)
    except NETWORK_ERRORS as error:
        reason = f"its networks do not fit what its bundle.json says ({type(error).__name__}: {first_line(error)})."
    except OSError as error:
        reason = f"{error.filename} could not be written ({error.strerror})."
    else:
        return 0
    sys.stdout.write(reason)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
