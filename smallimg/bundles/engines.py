"""A network in the engine that is in use: how it is opened, and asked."""

import sys
from collections.abc import Sequence
from threading import Lock, local
from typing import Any, Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoModel,
    NotImplemented,
    RuntimeException,
)

from smallimg.bundles.engine_choice import engine_in_use, has_bf16_tiles
from smallimg.errors import first_line

Floats = NDArray[np.float32]
#: A length that is not known before the network has run is None.
Shape = tuple[int | None, ...]
#: What ONNX Runtime raises of a file that holds no network, or one that cannot run. They have no base of their own.
ONNX_ERRORS = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoModel, NotImplemented, RuntimeException)
ERRORS_ONLY = 3
_FIRST_USE = Lock()


class NetworkError(Exception):
    """The engine cannot read a network, or not run it; its text is the engine's own, in one line."""


class Engine(Protocol):
    """A network, ready to run; several threads may.

    Attributes:
        takes: the shapes of its inputs, the pixels first.
        asks: the names of its other inputs.
        gives: its outputs' shapes by name, in order.
        mirrors: whether a second look, at the mirror image, costs next to nothing.
    """

    takes: list[Shape]
    asks: tuple[str, ...]
    gives: dict[str, Shape]
    mirrors: bool

    def run(self, pixels: Floats, *others: Floats) -> list[Floats]:
        """Its outputs for the pixels, and what else it asks for.

        Raises:
            NetworkError: when it cannot work on that.
        """
        ...


def open_network(content: bytes, *, threads: int = 0, exact: bool = False) -> Engine:
    """A network in the engine that is in use.

    Args:
        content: an ONNX file's, with all weights inside.
        threads: most threads it takes; 0 for one a core.
        exact: whether to compute in float32, whatever engine is in use: some of them round to bfloat16.

    Raises:
        NetworkError: when there is no network in it.
        BundleError: see `engine_in_use`.
    """
    return (_OpenVino if not exact and engine_in_use() == "openvino" else _OnnxRuntime)(content, threads=threads)


def session_options(*, threads: int = 0) -> ort.SessionOptions:
    """How every session of onnxruntime's runs: its threads sleep between two pictures.

    Several networks take turns on few cores, and threads that wait awake take the cores from the next one.

    Args:
        threads: most threads a network takes; 0 for one a core.
    """
    options = ort.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = threads
    options.log_severity_level = ERRORS_ONLY  # what training alone needs lies in the file too, and is warned of
    return options


class _OnnxRuntime:
    mirrors = False

    def __init__(self, content: bytes, *, threads: int) -> None:
        try:
            session = ort.InferenceSession(
                content, session_options(threads=threads), providers=["CPUExecutionProvider"]
            )
        except ONNX_ERRORS as error:
            raise NetworkError(first_line(error)) from error
        self.takes = [_shape(one.shape) for one in session.get_inputs()]
        self.asks = tuple(one.name for one in session.get_inputs()[1:])
        self.gives = {one.name: _shape(one.shape) for one in session.get_outputs()}
        self._session = session

    def run(self, pixels: Floats, *others: Floats) -> list[Floats]:
        fed = zip((one.name for one in self._session.get_inputs()), (pixels, *others), strict=True)
        try:
            found: list[Floats] = self._session.run(None, dict(fed))
        except ONNX_ERRORS as error:
            raise NetworkError(first_line(error)) from error
        return found


class _OpenVino:
    def __init__(self, content: bytes, *, threads: int) -> None:
        openvino = _openvino()
        self.mirrors = has_bf16_tiles()
        # The precision is said, not left to it: where it chooses, other numbers come out than were measured.
        how: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if self.mirrors else "f32",
            "INFERENCE_NUM_THREADS": threads,
        }
        core = openvino.Core()
        try:
            network = core.read_model(content)
            self._network = core.compile_model(network, "CPU", how)
        except RuntimeError as error:
            raise NetworkError(first_line(error)) from error
        self.takes = [_known(one) for one in network.inputs]
        self.asks = tuple(one.get_any_name() for one in network.inputs[1:])
        self.gives = {one.get_any_name(): _known(one) for one in network.outputs}
        self._of_thread = local()

    def run(self, pixels: Floats, *others: Floats) -> list[Floats]:
        if not hasattr(self._of_thread, "request"):  # each thread its own: one serves one picture at a time
            self._of_thread.request = self._network.create_infer_request()
        try:
            found = self._of_thread.request.infer([pixels, *others])
        except RuntimeError as error:
            raise NetworkError(first_line(error)) from error
        return [np.asarray(one, np.float32) for one in found.values()]


def _openvino() -> Any:
    """The package, set up by one thread: where two meet numpy through it for the first time at once, each waits for
    what the other holds, for ever (openvino 2026.4)."""
    with _FIRST_USE:
        # It tells others of its use where it may, and asks for a home to know whether; without that part it does, too.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino

        np.asarray(openvino.Tensor(np.zeros(1, np.float32)).data)
    return openvino


def _shape(lengths: Sequence[int | str | None]) -> Shape:
    return tuple(one if isinstance(one, int) else None for one in lengths)


def _known(port: Any) -> Shape:
    return tuple(one.get_length() if one.is_static else None for one in port.partial_shape)
