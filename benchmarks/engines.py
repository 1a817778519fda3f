"""Each network alone: torch, onnxruntime and OpenVINO; float32, bfloat16, whole numbers; one thread, two; 1 picture, 8.

    python -m benchmarks.engines [--n 30] [--bundle everyday]

The networks are the bundle's. All variants take turns, so that none has the quiet moment for itself. “Differs” is the
largest difference of an output from torch's in float32: opacity for the remover, probability for the classifier, pixels
for the detector's best box.
"""

import os
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import onnxruntime as ort
import torch
import typer
from torch import Tensor, nn

from benchmarks.tables import print_table
from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import Bundle, load_bundle
from smallimg.bundles.engine_choice import SETTING
from smallimg.bundles.engines import open_network
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.detectors import build_detector
from smallimg.networks.onnx_files import AskedDetector, load_weights
from smallimg.networks.unet import SmallUNet
from smallimg.training.precision import has_fast_bfloat16

Run = Callable[[Tensor], Tensor]
ENGINES = ("onnxruntime", "onnxruntime-int8", "openvino")


class Best(nn.Module):
    """A detector as a function of a picture [1, 3, side, side], 0 … 255: its best box [4], zeros where none."""

    def __init__(self, detector: nn.Module) -> None:
        super().__init__()
        self.found = AskedDetector(detector)

    def forward(self, pixels: Tensor) -> Tensor:
        boxes, _ = self.found(pixels)
        return torch.cat([boxes, torch.zeros(1, 4)])[0]


def networks(bundle: Bundle) -> dict[str, tuple[nn.Module, int]]:
    """Stage → (network as prediction uses it, side of its input)."""
    found: dict[str, tuple[nn.Module, int]] = {}
    for stage in ("background", "detector", "classifier"):
        made = bundle.stages[stage]
        network: nn.Module
        if stage == "background":
            network = SmallUNet(**made.arguments)
        else:
            build = build_detector if stage == "detector" else build_classifier
            network = build(made.architecture, made.arguments)
        load_weights(network, bundle.file(stage))
        network.eval().to(memory_format=torch.channels_last)
        found[stage] = (Best(network).eval() if stage == "detector" else network, made.input_size)
    return found


def answer(stage: str, output: Tensor) -> Tensor:
    """What of a network's output counts."""
    return {"background": torch.sigmoid, "detector": torch.Tensor.float, "classifier": _softmax}[stage](output)


def _softmax(logits: Tensor) -> Tensor:
    return logits.softmax(dim=1)


def eager(network: nn.Module, dtype: torch.dtype) -> Run:
    def run(pixels: Tensor) -> Tensor:
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            output: Tensor = network(pixels).float()
        return output

    return run


def embedded(bundle: Bundle, stage: str, engine: str, threads: int) -> Run:
    """The bundle's file in an engine, in the precision that it has on this processor."""
    os.environ[SETTING] = engine
    network = open_network(bundle.file_to_run(stage).read_bytes(), threads=threads)

    def run(pixels: Tensor) -> Tensor:
        output, *_ = network.run(np.ascontiguousarray(pixels.numpy()))
        found = torch.from_numpy(output)
        return torch.cat([found, torch.zeros(1, 4)])[0] if stage == "detector" else found

    return run


def measure(bundle: Bundle, stage: str, network: nn.Module, side: int, *, n: int, threads: int) -> list[list[str]]:
    """Rows of the table: one a batch size."""
    torch.set_num_threads(threads)
    variants = {"torch fp32": eager(network, torch.float32)}
    if has_fast_bfloat16():
        variants["torch bf16"] = eager(network, torch.bfloat16)
    for engine in ENGINES:
        if engine != "openvino" or find_spec("openvino"):
            variants[engine] = embedded(bundle, stage, engine, threads)
    rows = []
    for batch in (1,) if stage == "detector" else (1, 8):
        torch.manual_seed(1)
        pixels = torch.nn.functional.interpolate(torch.rand(batch, 3, 8, 8) * 255, (side, side), mode="bicubic")
        times: dict[str, list[float]] = {name: [] for name in variants}
        outputs: dict[str, Tensor] = {}
        for turn in range(n + 3):
            for name, run in variants.items():
                started = time.perf_counter()
                outputs[name] = run(pixels)
                if turn >= 3:
                    times[name].append((time.perf_counter() - started) * 1000 / batch)
        true = answer(stage, outputs["torch fp32"])
        cells = [stage, str(batch), str(threads)]
        for name in ("torch fp32", "torch bf16", *ENGINES):
            cells.append(f"{statistics.median(times[name]):.1f}" if name in times else "—")
        for name in ("torch bf16", *ENGINES):
            gap = (answer(stage, outputs[name]) - true).abs().max() if name in outputs else None
            cells.append("—" if gap is None else f"{gap:.1e}")
        rows.append(cells)
    return rows


def main(n: int = 30, bundle: str = DEFAULT_BUNDLE) -> None:
    """Print the table."""
    cores, opened = os.cpu_count() or 1, load_bundle(bundle)
    rows = [
        row
        for stage, (network, side) in networks(opened).items()
        for threads in sorted({1, cores})
        for row in measure(opened, stage, network, side, n=n, threads=threads)
    ]
    head = ["network", "batch", "threads", "torch fp32", "torch bf16", *ENGINES]
    head += [f"{name} differs" for name in ("bf16", *ENGINES)]
    print_table(f"Milliseconds a picture, median of {n}, onnxruntime {ort.__version__}", head, rows)


if __name__ == "__main__":
    typer.run(main)
