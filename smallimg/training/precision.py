"""What this machine computes fast in."""

from functools import cache

import torch


@cache  # it stays as it is, and an optimiser asks for every kernel of every step
def has_fast_bfloat16() -> bool:
    """Whether this machine computes bfloat16 faster than float32: a CUDA GPU, or a CPU with instructions for it."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
