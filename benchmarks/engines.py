"""Each network alone: torch eager beside onnxruntime, float32 beside bfloat16, one thread beside two, 1 picture and 8.

    python -m benchmarks.engines [--n 30] [--bundle everyday]

The networks are the bundle's, with random weights where the bundle has only an ONNX file (the remover). All variants
take turns, so that none has the quiet moment for itself. “Differs” is the largest difference of an output from torch's
in float32: opacity for the remover, probability for the classifier, pixels for the detector's best box.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
import typer
from torch import Tensor, nn

from benchmarks.tables import print_table
from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import Bundle, load_bundle, load_weights
from smallimg.bundles.sessions import session_options
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.detectors import build_detector
from smallimg.networks.engine import Found, write_onnx
from smallimg.networks.resnet import fold_batch_norm
from smallimg.networks.unet import SmallUNet
from smallimg.training.loop import has_fast_bfloat16

Run = Callable[[Tensor], Tensor]


class Best(nn.Module):
    """A detector as a function of a picture [1, 3, side, side], 0 … 255: its best box [4], zeros where none."""

    def __init__(self, detector: nn.Module) -> None:
        super().__init__()
        self.found = Found(detector)

    def forward(self, pixels: Tensor) -> Tensor:
        boxes, _ = self.found(pixels)
        return torch.cat([boxes, torch.zeros(1, 4)])[0]


def networks(bundle: Bundle) -> dict[str, tuple[nn.Module, int]]:
    """Stage → (network as prediction uses it, side of its input)."""
    found: dict[str, tuple[nn.Module, int]] = {}
    for stage in ("background", "detector", "classifier"):
        made = bundle.stages[stage]
        if stage == "background":
            torch.manual_seed(0)
            network: nn.Module = SmallUNet(**made.arguments)
        else:
            build = build_detector if stage == "detector" else build_classifier
            network = build(made.architecture, made.arguments)
            load_weights(network, bundle.file(stage))
        fold_batch_norm(network.eval())
        network.to(memory_format=torch.channels_last)
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


def embedded(network: nn.Module, side: int, threads: int, *, is_single: bool) -> Run:
    """The network in onnxruntime."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        write_onnx(network, file, side=side, outputs=("output",), any_number=not is_single)
        options = session_options()
        options.intra_op_num_threads = threads
        session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def run(pixels: Tensor) -> Tensor:
        (output,) = session.run(None, {"pixels": np.ascontiguousarray(pixels.numpy())})
        return torch.from_numpy(output)

    return run


def measure(stage: str, network: nn.Module, side: int, *, n: int, threads: int) -> list[list[str]]:
    """Rows of the table: one a batch size."""
    torch.set_num_threads(threads)
    variants = {"torch fp32": eager(network, torch.float32)}
    if has_fast_bfloat16():
        variants["torch bf16"] = eager(network, torch.bfloat16)
    variants["onnxruntime"] = embedded(network, side, threads, is_single=stage == "detector")
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
        for name in ("torch fp32", "torch bf16", "onnxruntime"):
            cells.append(f"{statistics.median(times[name]):.1f}" if name in times else "—")
        for name in ("torch bf16", "onnxruntime"):
            gap = (answer(stage, outputs[name]) - true).abs().max() if name in outputs else None
            cells.append("—" if gap is None else f"{gap:.1e}")
        rows.append(cells)
    return rows


def main(n: int = 30, bundle: str = DEFAULT_BUNDLE) -> None:
    """Print the table."""
    cores = os.cpu_count() or 1
    rows = [
        row
        for stage, (network, side) in networks(load_bundle(bundle)).items()
        for threads in sorted({1, cores})
        for row in measure(stage, network, side, n=n, threads=threads)
    ]
    head = ["network", "batch", "threads", "torch fp32", "torch bf16", "onnxruntime", "bf16 differs", "onnx differs"]
    print_table(f"Milliseconds a picture, median of {n}, onnxruntime {ort.__version__}", head, rows)


if __name__ == "__main__":
    typer.run(main)
