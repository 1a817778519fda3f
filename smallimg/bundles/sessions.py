"""A bundle's networks, ready to run: numpy in, numpy out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smallimg.boxes import Boxes
from smallimg.bundles.engines import Floats as Floats  # noqa: PLC0414  # known here to all who take a session
from smallimg.bundles.engines import NetworkError, open_network
from smallimg.errors import BundleError, called_of, first_line


class NetworkSession:
    """A network that takes float32 pixels 0 … 255 [n, 3, side, side].

    Args:
        file: an ONNX file with all its weights inside.
        outputs: what it has to give, by name, first and in this order.
        more: what it may give besides.
        asks: what it may ask for besides the pixels, by name.
        side: what its bundle says of the square that it takes; None takes the file's word.
        threads: most threads it takes; 0 for one a core.
        exact: see `smallimg.bundles.engines.open_network`.

    Attributes:
        side: of the square it takes.
        asks, gives: what it asks for besides the pixels, and what it gives, by name.

    Raises:
        BundleError: when the file holds no such network.
    """

    def __init__(
        self,
        file: Path,
        *,
        outputs: tuple[str, ...],
        more: tuple[str, ...] = (),
        asks: tuple[str, ...] = (),
        side: int | None = None,
        threads: int = 0,
        exact: bool = False,
    ) -> None:
        # A tensor may lie in another file, wherever that is; it is named under this key.
        if b"location" in (content := _content(file)):
            raise BundleError(f"{called_of(file)} refers to other files: export it with its weights inside.")
        try:
            network = open_network(content, threads=threads, exact=exact)
        except NetworkError as error:
            raise BundleError(
                f"{called_of(file)} holds no network ({error}): fetch or train the bundle again."
            ) from error
        taken = network.takes
        there = taken[0][-1] if taken and taken[0] else None
        if (
            there is None
            or taken[0][1:] != (3, there, there)
            or side not in (None, there)
            or not set(network.asks) <= set(asks)
        ):
            raise BundleError(
                f"{called_of(file)} takes {taken}, not square pictures [n, 3, {side or 'side'}, {side or 'side'}]: "
                "fetch or train the bundle again."
            )
        given = list(network.gives)
        if given[: len(outputs)] != list(outputs) or not set(given[len(outputs) :]) <= set(more):
            raise BundleError(f"{called_of(file)} gives {given}, not {list(outputs)}: fetch or train the bundle again.")
        self.side: int = there
        self.asks, self.gives = network.asks, tuple(given)
        self._network, self._file = network, file

    def run(self, pixels: NDArray[np.uint8], *others: Floats) -> list[Floats]:
        """uint8 [n, 3, side, side], and what else it asks for → its outputs.

        Raises:
            BundleError: when it cannot work on that.
        """
        try:
            return self._network.run(np.ascontiguousarray(pixels, np.float32), *others)
        except NetworkError as error:
            raise BundleError(f"{called_of(self._file)} failed ({error}): fetch or train the bundle again.") from error


class ClassifierSession(NetworkSession):
    """A bundle's classifier; one that keeps what it has seen says how much a picture is like that, too.

    Args:
        n_classes: how many classes its bundle has.

    Raises:
        BundleError: when the file holds no such network.
    """

    def __init__(self, file: Path, *, side: int, n_classes: int, threads: int = 0) -> None:
        super().__init__(file, outputs=("logits",), more=("likeness",), side=side, threads=threads)
        if (there := self._network.gives["logits"][-1]) != n_classes:
            raise BundleError(
                f"{called_of(file)} tells {there} classes apart, its bundle has {n_classes}: fetch or train it again."
            )

    def __call__(self, pixels: NDArray[np.uint8]) -> tuple[Floats, Floats | None]:
        """uint8 [n, 3, side, side] → logits [n, classes], and likeness [n] where it has that."""
        logits, *likeness = self.run(pixels)
        return logits, likeness[0] if likeness else None


@dataclass(frozen=True)
class Found:
    """What a detector finds in a square, best first.

    Attributes:
        boxes: float32 [k, 4], xyxy in pixels of that square.
        scores: float32 [k].
        labels: int64 [k], the place of each one's class among the bundle's; None where it names nothing.
        masks: float32 [k, side, side], the probability that a pixel is the object's; None where it draws none.
    """

    boxes: Boxes
    scores: Floats
    labels: NDArray[np.int64] | None = None
    masks: Floats | None = None


class DetectorSession(NetworkSession):
    """A bundle's detector, which looks at one picture at a time, and is told where objects may be if it asks."""

    def __init__(self, file: Path, *, side: int, threads: int = 0) -> None:
        super().__init__(
            file,
            outputs=("boxes", "scores"),
            more=("labels", "masks"),
            asks=("proposals",),
            side=side,
            threads=threads,
        )

    def __call__(self, pixels: NDArray[np.uint8]) -> tuple[Boxes, Floats]:
        """uint8 [3, side, side] → boxes [k, 4] in pixels of that square and scores [k], best first."""
        found = self.look(pixels)
        return found.boxes, found.scores

    def look(self, pixels: NDArray[np.uint8]) -> Found:
        """uint8 [3, side, side] → all that it finds.

        Raises:
            BundleError: when it cannot work on that, or asks for proposals and scikit-image is not there to make them.
        """
        proposals = [_proposals(pixels)] if self.asks else []
        found: dict[str, Any] = dict(zip(self.gives, self.run(pixels[None], *proposals), strict=True))
        if "labels" in found:
            found["labels"] = found["labels"].astype(np.int64)  # one engine gives all it has as floats
        return Found(**found)


def _proposals(pixels: NDArray[np.uint8]) -> Boxes:
    try:
        # Few detectors ask, and scikit-image takes half a second to import.
        from smallimg.pictures.selective_search import selective_search  # noqa: PLC0415
    except ImportError as error:
        raise BundleError(
            f"This detector judges what selective search proposes, which needs scikit-image ({first_line(error)}): "
            "pip install scikit-image, or choose another model."
        ) from error
    return selective_search(np.moveaxis(pixels, 0, 2))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BundleError(
            f"{called_of(file)} could not be read ({error.strerror}): fetch or train the bundle again."
        ) from error
