"""Trained networks in onnxruntime, which on a CPU runs them faster than torch and gives the same outputs.

benchmarks/README.md, “Engines”, has both side by side.
"""

import tempfile
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import onnxruntime as ort
import torch
from torch import Tensor, nn

from smallimg.bundles.sessions import ONNX_ERRORS, session_options

#: Whatever building a network and writing it for the engine can raise where somebody made up its description.
NETWORK_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    *ONNX_ERRORS,
)
#: torch's exporter works on one network at a time: two would find each other's settings.
_EXPORTER = Lock()


def write_onnx(network: nn.Module, file: Path, *, side: int, outputs: Sequence[str], any_number: bool) -> None:
    """Write a network as ONNX.

    Args:
        network: in eval mode; takes float32 pixels [n, 3, side, side] of 0 … 255.
        file: where.
        outputs: names of what it gives.
        any_number: whether n is free; otherwise it is 1.
    """
    pixels = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)) * 255
    axes = {name: {0: "n"} for name in ("pixels", *outputs)} if any_number else None

    def export() -> None:
        with warnings.catch_warnings():
            # torch's newer exporter needs one more package, and the older one, which writes these as well, says that it
            # is old; tracing warns of each step whose shape is only known at run time, as that of the boxes is.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network, (pixels,), str(file), dynamo=False, opset_version=17, input_names=["pixels"],
                output_names=list(outputs), dynamic_axes=axes,
            )  # fmt: skip

    # A thread for each: what tracing a network that fails leaves behind stays in its thread, where no later one works.
    with _EXPORTER, ThreadPoolExecutor(1) as thread:
        thread.submit(export).result()


class EmbeddedClassifier:
    """A classifier in onnxruntime, called as the torch network is.

    Args:
        network: in eval mode; gives logits, or a tuple of `outputs`.
        side: of its square input.
        outputs: what it gives: "logits", and perhaps "likeness", see `smallimg.networks.classifiers.base.Recogniser`.
    """

    def __init__(self, network: nn.Module, *, side: int, outputs: Sequence[str] = ("logits",)) -> None:
        self._session = _embed(network, side, outputs)

    def __call__(self, pixels: Tensor) -> Tensor:
        """Pixels 0 … 255, float32 [n, 3, side, side] → logits [n, n_classes]."""
        return self.recognise(pixels)[0]

    def recognise(self, pixels: Tensor) -> tuple[Tensor, Tensor | None]:
        """The same → logits, and likeness to what was learned from [n] where the network keeps that."""
        logits, *likeness = self._session.run(None, {"pixels": pixels.contiguous().numpy()})
        return torch.from_numpy(logits), torch.from_numpy(likeness[0]) if likeness else None


class EmbeddedDetector:
    """A torchvision detector in onnxruntime, called as the torch network is.

    Args:
        network: in eval mode, made for pictures of this size.
        side: of its square input.
    """

    def __init__(self, network: nn.Module, *, side: int) -> None:
        self._session = _embed(Found(network), side, ("boxes", "scores"), any_number=False)

    def __call__(self, pictures: Sequence[Tensor]) -> list[dict[str, Tensor]]:
        """Pictures of 0 … 1, float32 [3, side, side] each → for each its boxes [k, 4] and scores [k], best first."""
        found = []
        for picture in pictures:
            boxes, scores = self._session.run(None, {"pixels": (picture[None] * 255).numpy()})
            found.append({"boxes": torch.from_numpy(boxes), "scores": torch.from_numpy(scores)})
        return found


class Found(nn.Module):
    """A detector as a function of one picture [1, 3, side, side] of 0 … 255: boxes [k, 4] and scores [k]."""

    def __init__(self, detector: nn.Module) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        (found,) = self.detector([pixels[0] / 255])
        return found["boxes"], found["scores"]


def _embed(network: nn.Module, side: int, outputs: Sequence[str], *, any_number: bool = True) -> ort.InferenceSession:
    with tempfile.TemporaryDirectory() as folder:  # in memory, the network would be there four times over
        file = Path(folder) / "network.onnx"
        write_onnx(network.eval(), file, side=side, outputs=outputs, any_number=any_number)
        return ort.InferenceSession(file, session_options(), providers=["CPUExecutionProvider"])
