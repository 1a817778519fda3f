"""Where networks are trained, and in what precision: on a GPU where there is one."""

from dataclasses import dataclass
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import recursively_apply, send_to_device
from torch import Tensor

from smallimg.training.precision import has_fast_bfloat16
from smallimg.training.processes import keeps_to_processor, processes_here


@dataclass(frozen=True)
class Place:
    """Where a network is trained.

    Attributes:
        kind: of device, as torch calls it: "cpu", "cuda", "mps".
        name: of the GPU; empty on a processor.
        is_bfloat16: whether the network's forward runs in bfloat16; otherwise all is float32.
        processes: how many share the work.
    """

    kind: str
    name: str = ""
    is_bfloat16: bool = False
    processes: int = 1

    @property
    def precision(self) -> str:
        """accelerate's word for it."""
        return "bf16" if self.is_bfloat16 else "no"

    @property
    def pins(self) -> bool:
        """Whether batches are copied from memory that stays in its place, which only CUDA's GPUs read by themselves."""
        return self.kind == "cuda"

    def __str__(self) -> str:
        shared = self.processes > 1
        gpu = f"{f'{self.processes} GPUs' if shared else 'the GPU'}{f' ({self.name})' if self.name else ''}"
        bits = f"in {16 if self.is_bfloat16 else 32}-bit numbers"
        if self.kind != "cpu":
            return f"on {gpu}, {bits}"
        return f"on the processor, {bits}{f', in {self.processes} processes' if shared else ''}"

    def send(self, inputs: Any, device: torch.device) -> Any:
        """A batch, its tensors and lists of them, to the device; a GPU of CUDA's copies while the processor goes on."""
        if self.pins:
            inputs = recursively_apply(Tensor.pin_memory, inputs)
        return send_to_device(inputs, device, non_blocking=self.pins)

    def back(self, outputs: Any) -> Any:
        """What a network said, to the processor's memory."""
        return send_to_device(outputs, "cpu")


def place_here() -> Place:
    """Where a network is trained in this process.

    Raises:
        TrainingError: as `processes_here`.
    """
    here = processes_here()
    device = PartialState(cpu=keeps_to_processor()).device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return place_on(device.type, name=name, fast_bfloat16=has_fast_bfloat16(), processes=here.count)


def place_on(kind: str, *, name: str = "", fast_bfloat16: bool, processes: int = 1) -> Place:
    """What is chosen on a kind of device.

    Args:
        kind: as torch calls it.
        name: of the GPU.
        fast_bfloat16: whether the processor, or CUDA's GPU, computes that faster than float32.
        processes: how many share the work.
    """
    return Place(kind, name, fast_bfloat16 and kind in ("cpu", "cuda"), processes)
