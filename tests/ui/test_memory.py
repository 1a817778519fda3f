"""What large pictures took is not kept; in a process of its own, as the setting holds for the whole of it."""

import subprocess
import sys

import pytest

#: Four threads, each with large pictures and something small that outlives them; prints what stays, in MB.
CODE = """
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from PIL import Image
from smallimg.ui.memory import give_memory_back
give_memory_back()
kept = []
def look(side):
    large = [Image.new("RGB", (side, side)).resize((side, side + 1)).convert("RGBA") for _ in range(2)]
    kept.append(bytes(20_000))
    return len(large)
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
before = resident()
with ThreadPoolExecutor(4) as pool:
    list(pool.map(look, [700, 1500, 2500, 1200, 2000, 900] * 3))
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's files")
def test_what_large_pictures_took_is_given_back() -> None:
    kept = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout
    assert float(kept) < 30  # 137 without it
