"""Light stand-ins for what takes seconds of the processor and has tests of its own elsewhere."""

import contextlib
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import helper, numpy_helper
from torch import nn

from smallimg.networks import anew, onnx_files


@contextlib.contextmanager
def detectors_unexported() -> Iterator[None]:
    """Training writes a detector's weights only, which can be read and gone on from, and not the steps that use them.

    To write these takes longer than to train a small one. `networks/test_onnx_files.py` and `networks/detectors` hold
    that a file does what its network does.
    """

    def write_network(network: nn.Module, file: Path, *, stage: str, side: int) -> None:
        if stage != "detector":
            onnx_files.write_network(network, file, stage=stage, side=side)
            return
        onnx_files._round(network.eval())
        values = {name: value for name, value in network.state_dict().items() if value.is_floating_point()}
        weights = [numpy_helper.from_array(value.numpy(), name) for name, value in values.items()]
        onnx.save(helper.make_model(helper.make_graph([], "weights", [], [], weights)), file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("smallimg.training.bundle.write_network", write_network)
        yield


@contextlib.contextmanager
def anew_in_this_process() -> Iterator[None]:
    """Networks are written anew here, without a process and limits of its own, which would import torch once more.

    `networks/test_anew.py` and `networks/test_convert.py` start that process.
    """

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        if command[:3] != [sys.executable, "-m", "smallimg.networks.anew"]:
            return really(command, **options)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            code = anew.main(command[3])
        return subprocess.CompletedProcess(command, code, said.getvalue(), "")

    really = subprocess.run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anew.resource, "setrlimit", lambda *_: None)
        patch.setattr(subprocess, "run", run)
        yield
