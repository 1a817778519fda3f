"""A bundle's networks in onnxruntime: numpy in, numpy out."""

from pathlib import Path

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

from smallimg.boxes import Boxes
from smallimg.errors import BundleError, first_line

Floats = NDArray[np.float32]
#: What ONNX Runtime raises of a file that holds no network, or one that cannot run. They have no base of their own.
ONNX_ERRORS = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoModel, NotImplemented, RuntimeException)
ERRORS_ONLY = 3


def session_options(*, threads: int = 0) -> ort.SessionOptions:
    """How every session of ours runs: its threads sleep between two pictures.

    Several networks take turns on few cores, and threads that wait awake take the cores from the next one.

    Args:
        threads: most threads a network takes; 0 for one a core.
    """
    options = ort.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = threads
    options.log_severity_level = ERRORS_ONLY  # what training alone needs lies in the file too, and is warned of
    return options


class NetworkSession:
    """A network that takes float32 pixels 0 … 255 [n, 3, side, side].

    Args:
        file: an ONNX file with all its weights inside.
        outputs: what it has to give, by name, in this order; the last may be missing where `optional`.
        side: what its bundle says of the square that it takes; None takes the file's word.
        threads: see `session_options`.

    Attributes:
        side: of the square it takes.

    Raises:
        BundleError: when the file holds no such network.
    """

    def __init__(
        self,
        file: Path,
        *,
        outputs: tuple[str, ...],
        optional: bool = False,
        side: int | None = None,
        threads: int = 0,
    ) -> None:
        # A tensor may lie in another file, wherever that is; it is named under this key.
        if b"location" in (content := _content(file)):
            raise BundleError(f"{file} refers to other files: export it with its weights inside.")
        try:
            session = ort.InferenceSession(
                content, session_options(threads=threads), providers=["CPUExecutionProvider"]
            )
        except ONNX_ERRORS as error:
            raise BundleError(
                f"{file} holds no network ({first_line(error)}): fetch or train the bundle again."
            ) from error
        taken = [one.shape for one in session.get_inputs()]
        there = taken[0][-1] if taken and taken[0] else None
        if (
            not isinstance(there, int)
            or [shape[1:] for shape in taken] != [[3, there, there]]
            or side not in (None, there)
        ):
            raise BundleError(
                f"{file} takes {taken}, not square pictures [n, 3, {side or 'side'}, {side or 'side'}]: "
                "fetch or train the bundle again."
            )
        given = [one.name for one in session.get_outputs()]
        if given != list(outputs) and not (optional and given == list(outputs[:-1])):
            raise BundleError(f"{file} gives {given}, not {list(outputs)}: fetch or train the bundle again.")
        self.side: int = there
        self._session, self._name, self._file = session, session.get_inputs()[0].name, file

    def run(self, pixels: NDArray[np.uint8]) -> list[Floats]:
        """uint8 [n, 3, side, side] → its outputs.

        Raises:
            BundleError: when it cannot work on that.
        """
        try:
            found: list[Floats] = self._session.run(None, {self._name: np.ascontiguousarray(pixels, np.float32)})
        except ONNX_ERRORS as error:
            raise BundleError(f"{self._file} failed ({first_line(error)}): fetch or train the bundle again.") from error
        return found


class ClassifierSession(NetworkSession):
    """A bundle's classifier; one that keeps what it has seen says how much a picture is like that, too.

    Args:
        n_classes: how many classes its bundle has.

    Raises:
        BundleError: when the file holds no such network.
    """

    def __init__(self, file: Path, *, side: int, n_classes: int, threads: int = 0) -> None:
        super().__init__(file, outputs=("logits", "likeness"), optional=True, side=side, threads=threads)
        if (there := self._session.get_outputs()[0].shape[-1]) != n_classes:
            raise BundleError(
                f"{file} tells {there} classes apart, its bundle has {n_classes}: fetch or train it again."
            )

    def __call__(self, pixels: NDArray[np.uint8]) -> tuple[Floats, Floats | None]:
        """uint8 [n, 3, side, side] → logits [n, classes], and likeness [n], a cosine, where it has that."""
        logits, *likeness = self.run(pixels)
        return logits, likeness[0] if likeness else None


class DetectorSession(NetworkSession):
    """A bundle's detector, which looks at one picture at a time."""

    def __init__(self, file: Path, *, side: int, threads: int = 0) -> None:
        super().__init__(file, outputs=("boxes", "scores"), side=side, threads=threads)

    def __call__(self, pixels: NDArray[np.uint8]) -> tuple[Boxes, Floats]:
        """uint8 [3, side, side] → boxes [k, 4] in pixels of that square and scores [k], best first."""
        boxes, scores = self.run(pixels[None])
        return boxes, scores


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BundleError(f"{file} could not be read ({error.strerror}): fetch or train the bundle again.") from error
