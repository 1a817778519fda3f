"""How networks run in onnxruntime."""

import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoModel,
    NotImplemented,
    RuntimeException,
)

#: What ONNX Runtime raises of a file that holds no network, or one that cannot run. They have no base of their own.
ONNX_ERRORS = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoModel, NotImplemented, RuntimeException)


def session_options() -> ort.SessionOptions:
    """How every session of ours runs: threads sleep between two pictures.

    Several networks take turns on few cores, and threads that wait awake take the cores from the next one.
    """
    options = ort.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
