"""Which engine networks run in: onnxruntime, or OpenVINO where that is installed and the processor has matrix units.

On units for bfloat16 (Intel's AMX) OpenVINO computes in bfloat16 and takes a fraction of onnxruntime's time; without
them the two are alike, so onnxruntime stays. Where the processor multiplies whole numbers of 8 bits in one step, that
runs networks which were quantised (`smallimg.networks.int8`) where a bundle has them, and takes half the time and less.
The setting `SMALLIMG_ENGINE` names one of the three. Neither is imported here.
"""

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, cast, get_args

from smallimg.errors import BundleError

EngineName = Literal["onnxruntime", "onnxruntime-int8", "openvino"]
SETTING = "SMALLIMG_ENGINE"


def engine_in_use() -> EngineName:
    """The engine that networks run in here.

    Raises:
        BundleError: when the setting names one that there is not.
    """
    asked = os.environ.get(SETTING, "")
    if asked not in ("", *get_args(EngineName)):
        known = ", ".join(get_args(EngineName))
        raise BundleError(f"The setting {SETTING} is “{asked}”: it can be one of {known}, or left out.")
    if asked == "openvino" and not has_openvino():
        raise BundleError(
            f"The setting {SETTING} asks for openvino, which is not installed: "
            '`pip install "smallimg[openvino]"`, or leave the setting out.'
        )
    if asked:
        return cast(EngineName, asked)
    if has_openvino() and has_bf16_tiles():
        return "openvino"
    return "onnxruntime-int8" if has_int8_steps() else "onnxruntime"


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


@cache
def has_openvino() -> bool:
    return find_spec("openvino") is not None
