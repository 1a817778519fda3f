"""What a bundle's classifier makes of a picture before it decides: its embedding, out of the same ONNX file."""

import numpy as np
import onnx
import onnxruntime as ort
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from smallimg.bundles.bundle import Bundle
from smallimg.bundles.sessions import ONNX_ERRORS, Floats, session_options
from smallimg.errors import BundleError, first_line

LOGITS = "logits"


class Embedder:
    """A bundle's classifier, asked for what its last, linear layer decides from.

    The file gives logits only; what goes into the layer that makes them is asked for as well.

    Args:
        bundle: one with a classifier.
        threads: see `smallimg.bundles.sessions.session_options`.

    Attributes:
        side: of the square in pixels that it takes.
        margin: of the window around an object that it looks at, see `smallimg.boxes.square_window`.

    Raises:
        BundleError: when the bundle has no classifier, or its file is damaged or another network.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 0) -> None:
        if "classifier" not in bundle.stages:
            raise BundleError(f"{bundle.path} has no classifier: name a bundle that has one.")
        file = bundle.file("classifier")
        try:
            model = onnx.load(file, load_external_data=False)
            (last,) = (node for node in model.graph.node if LOGITS in node.output)
            (taken,) = (one.name for one in model.graph.input)
            self._embedding = last.input[0]
            model.graph.output.append(onnx.helper.make_tensor_value_info(self._embedding, onnx.TensorProto.FLOAT, None))
            self._session = ort.InferenceSession(
                model.SerializeToString(), session_options(threads=threads), providers=["CPUExecutionProvider"]
            )
        except (OSError, DecodeError, ValueError, *ONNX_ERRORS) as error:
            raise BundleError(f"{file} is damaged ({first_line(error)}): fetch or train the bundle again.") from error
        self._taken = taken
        self.side = bundle.stages["classifier"].input_size
        self.margin = bundle.stages["classifier"].margin or 0.0

    def __call__(self, pixels: NDArray[np.uint8]) -> Floats:
        """uint8 [n, 3, side, side] → embeddings [n, d]."""
        found: Floats = self._session.run([self._embedding], {self._taken: pixels.astype(np.float32)})[0]
        return found
