"""Networks in whole numbers of 8 bits, for processors that multiply and add up those in one step.

After Jacob et al., 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only inference"
(arXiv:1712.05877): the weights of each channel by the largest of them, what flows between the layers by the range that
it had on some pictures. Only convolutions and linear layers are written so; all that decides, such as what is kept of
boxes that overlap, stays as it is.
"""

import tempfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from smallimg.bundles.engines import Floats, session_options
from smallimg.files import whole

LAYERS = ["Conv", "Gemm"]


class _Looks(CalibrationDataReader):  # type: ignore[misc, unused-ignore]
    """The pictures one by one, under the name of the network's input."""

    def __init__(self, name: str, looks: NDArray[np.uint8]) -> None:
        self._rest = iter(looks)
        self._name = name

    def get_next(self) -> dict[str, Floats] | None:
        look = next(self._rest, None)
        return None if look is None else {self._name: np.ascontiguousarray(look[None], np.float32)}


def write_int8(file: Path, out: Path, looks: NDArray[np.uint8]) -> None:
    """Write a network of `smallimg.networks.onnx_files.write_network` once more, quantised.

    What flows is cut off where all but a hundred thousandth of it lies below: one large value would cost all others
    their digits.

    Args:
        file: the network.
        out: where; it gives what the network gives, to some hundredths.
        looks: what it is asked in prediction, uint8 [n, 3, side, side]; all that flows in the network for all of them
            is held in memory.
    """
    with tempfile.TemporaryDirectory() as folder, whole(out) as temporary:
        # Batch norm first becomes part of the convolutions before it.
        simpler = Path(folder) / "simpler.onnx"
        options = session_options()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(simpler)
        session = ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        quantize_static(
            simpler,
            temporary,
            _Looks(session.get_inputs()[0].name, looks),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=LAYERS,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.Percentile,
        )
