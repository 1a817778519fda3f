"""What a bundle's classifier makes of a picture before it decides: its embedding, out of the same ONNX file."""

import numpy as np
from numpy.typing import NDArray

from smallimg.bundles.bundle import Bundle
from smallimg.bundles.engines import Floats, NetworkError, open_network
from smallimg.errors import BundleError, called, called_of, first_line

LOGITS = "logits"


class Embedder:
    """A bundle's classifier, asked for what its last, linear layer decides from.

    The file gives logits only; what goes into the layer that makes them is asked for as well.

    Args:
        bundle: one with a classifier.
        threads: most threads it takes; 0 for one a core.

    Attributes:
        side: of the square in pixels that it takes.
        margin: of the window around an object that it looks at, see `smallimg.boxes.square_window`.

    Raises:
        BundleError: when the bundle has no classifier, or its file is damaged or another network.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 0) -> None:
        if "classifier" not in bundle.stages:
            raise BundleError(f"“{called(bundle.path)}” has no classifier: name a bundle that has one.")
        import onnx
        from google.protobuf.message import DecodeError

        file = bundle.file("classifier")
        try:
            model = onnx.load(file, load_external_data=False)
            (last,) = (node for node in model.graph.node if LOGITS in node.output)
            kept = onnx.helper.make_tensor_value_info(last.input[0], onnx.TensorProto.FLOAT, None)
            del model.graph.output[:]
            model.graph.output.append(kept)
            self._network = open_network(model.SerializeToString(), threads=threads)
        except (OSError, DecodeError, ValueError, NetworkError) as error:
            raise BundleError(
                f"{called_of(file)} is damaged ({first_line(error)}): fetch or train the bundle again."
            ) from error
        self.side = bundle.stages["classifier"].input_size
        self.margin = bundle.stages["classifier"].margin or 0.0

    def __call__(self, pixels: NDArray[np.uint8]) -> Floats:
        """uint8 [n, 3, side, side] → embeddings [n, d]."""
        return self._network.run(pixels.astype(np.float32))[0]
