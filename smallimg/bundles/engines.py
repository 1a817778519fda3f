"""What networks run in: onnxruntime, or OpenVINO where that is installed and the processor has matrix units.

On units for bfloat16 (Intel's AMX) OpenVINO computes in bfloat16 and takes a fraction of onnxruntime's time; without
them the two are alike, so onnxruntime stays. Where the processor multiplies whole numbers of 8 bits in one step, that
runs networks which were quantised (`smallimg.networks.int8`) where a bundle has them, and takes half the time and less.
The setting `SMALLIMG_ENGINE` names one of the three.
"""

import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, local
from typing import Any, Literal, Protocol, cast, get_args

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

from smallimg.errors import BundleError, first_line

Floats = NDArray[np.float32]
#: A length that is not known before the network has run is None.
Shape = tuple[int | None, ...]
EngineName = Literal["onnxruntime", "onnxruntime-int8", "openvino"]
SETTING = "SMALLIMG_ENGINE"
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


def engine_in_use() -> EngineName:
    """The engine that networks run in here.

    Raises:
        BundleError: when the setting names one that there is not.
    """
    asked = os.environ.get(SETTING, "")
    if asked not in ("", *get_args(EngineName)):
        known = ", ".join(get_args(EngineName))
        raise BundleError(f"The setting {SETTING} is “{asked}”: it can be one of {known}, or left out.")
    if asked == "openvino" and not _has_openvino():
        raise BundleError(
            f"The setting {SETTING} asks for openvino, which is not installed: "
            '`pip install "smallimg[openvino]"`, or leave the setting out.'
        )
    if asked:
        return cast(EngineName, asked)
    if _has_openvino() and has_bf16_tiles():
        return "openvino"
    return "onnxruntime-int8" if has_int8_steps() else "onnxruntime"


def open_network(content: bytes, *, threads: int = 0) -> Engine:
    """A network in the engine that is in use.

    Args:
        content: an ONNX file's, with all weights inside.
        threads: most threads it takes; 0 for one a core.

    Raises:
        NetworkError: when there is no network in it.
        BundleError: see `engine_in_use`.
    """
    return (_OpenVino if engine_in_use() == "openvino" else _OnnxRuntime)(content, threads=threads)


def has_bf16_tiles() -> bool:
    """Whether the processor multiplies matrices of bfloat16 in units of their own; no where nobody can tell."""
    return {"amx_tile", "amx_bf16"} <= _flags()


def has_int8_steps() -> bool:
    """Whether the processor multiplies whole numbers of 8 bits and adds them up in one step, exactly.

    Where it has to add in 16 bits, sums that do not fit are cut off, and other answers come out.
    """
    return not {"avx512_vnni", "avx_vnni"}.isdisjoint(_flags())


@cache
def _flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """What the processor can do; nothing where nobody can tell."""
    try:
        flags = cpuinfo.read_text(encoding="utf-8").partition("flags")[2].partition("\n")[0]
    except OSError:
        return frozenset()
    return frozenset(flags.split())


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
        import openvino

        np.asarray(openvino.Tensor(np.zeros(1, np.float32)).data)
    return openvino


@cache
def _has_openvino() -> bool:
    return find_spec("openvino") is not None


def _shape(lengths: Sequence[int | str | None]) -> Shape:
    return tuple(one if isinstance(one, int) else None for one in lengths)


def _known(port: Any) -> Shape:
    return tuple(one.get_length() if one.is_static else None for one in port.partial_shape)
