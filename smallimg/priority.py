"""A long process that leaves the processor to others."""

import contextlib
import os
from pathlib import Path


def step_back() -> None:
    """From now on the page, and whatever else runs here, gets the processor before this process."""
    os.nice(10)
    # Where Linux groups processes by session, niceness counts inside a session only; this is the group's own.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("10", encoding="ascii")
